import assert from "node:assert/strict";
import { test } from "node:test";
import type { QueryEvent, ResultSeries } from "./query-result.ts";
import { GATHERED_ROWS_MAX, RowReader, collectedSeries, rowsOf } from "./series-rows.ts";

const piece: ResultSeries = {
  name: "m",
  tags: [["host", "a"]],
  columns: ["time", "v"],
  types: ["time", "float"],
  rows: [[1_000_000n, 1]],
  isPartial: false,
};
const end: QueryEvent = { kind: "end", statementId: 0, messages: [], error: undefined };

async function* events(...all: readonly QueryEvent[]): AsyncGenerator<QueryEvent> {
  yield* all;
}

function rows(series: ResultSeries): QueryEvent {
  return { kind: "series", statementId: 0, series };
}

test("RowReader tells times in ms, or exactly", () => {
  const times = [1_700_000_000_123_000_000n, -1_500_000n, 1n];
  const series = { ...piece, columns: ["time"], rows: times.map((time) => [time]) };
  assert.deepEqual(new RowReader().read(series), [
    { time: 1_700_000_000_123 },
    { time: -1.5 },
    { time: 1e-6 },
  ]);
  assert.deepEqual(new RowReader("ns").read(series), times.map((time) => ({ time })));
  assert.throws(() => new RowReader(JSON.parse('"s"')), /Invalid times "s": expected "ms" or "ns"/);
});

test("RowReader makes members of columns of any name; a bigint that is no time stays", () => {
  const series = { ...piece, columns: ["__proto__", "n"], types: ["float", "integer"] as const };
  const [row] = new RowReader<object>().read({ ...series, rows: [[1, 2n ** 60n]] });
  assert.deepEqual(Object.entries(row ?? {}), [["__proto__", 1], ["n", 2n ** 60n]]);
});

test("collectedSeries puts the pieces of a series together", async () => {
  const other = { ...piece, tags: [["host", "b"]] as const };
  const pieces = [rows({ ...piece, isPartial: true }), rows(piece), rows(other), end];
  const found = await collectedSeries(events(...pieces));
  assert.deepEqual(found.map(({ tags, rows: all }) => [tags["host"], all.length]), [
    ["a", 2],
    ["b", 1],
  ]);
});

test("collectedSeries refuses more rows than it may gather", async () => {
  const half = { ...piece, rows: Array.from({ length: GATHERED_ROWS_MAX / 2 }, () => [0n, 1]) };
  const wide = rows({ ...half, columns: [], types: [], isPartial: true });
  await assert.rejects(collectedSeries(events(wide, wide, rows(piece), end)), {
    code: "TOO_LARGE",
    message: /more than 1000000 rows: take them one by one with rows\(\)/,
  });
});

test("rowsOf throws the error of a statement behind its rows", async () => {
  const failed: QueryEvent = { ...end, statementId: 1, error: "no", code: "TIMEOUT" };
  const found = rowsOf(events(rows(piece), end, failed));
  assert.deepEqual((await found.next()).value, { time: 1, v: 1 });
  await assert.rejects(found.next(), {
    code: "TIMEOUT",
    message: "no",
    details: { statement: 1 },
  });
});
