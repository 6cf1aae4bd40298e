/** SELECT over what is stored, and over some written points alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seriesBatch } from "../../../test/support/series-batch.ts";
import { openSeriesFixture } from "../../../test/support/series-fixture.ts";
import { parseQuery } from "../../influxql/parse.ts";
import type { SeriesChunk } from "../../influxql/result.ts";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { SimulatedClock } from "../../ports/simulated-clock.ts";
import { SelectRunner } from "./select-runner.ts";
import { withinSpan } from "./statement-span.ts";

async function rowsOf(chunks: AsyncIterable<SeriesChunk>): Promise<string[]> {
  const rows: string[] = [];
  for await (const chunk of chunks) rows.push(...chunk.rows.map((row) => row.join(" ")));
  return rows;
}

test("SelectRunner reads everything in a span, or a write alone", async () => {
  const { shard, models, a, b, write } = await openSeriesFixture();
  for (const time of [1n, 5n, 9n]) await write(a, time);
  await write(b, 5n);
  const clock = new SimulatedClock();
  const runner = new SelectRunner({ shard, clock, random: new SeededRandom(1), models });
  const [statement] = parseQuery("SELECT v, host FROM cpu WHERE host = 'a' OR v > 7");
  assert.ok(statement?.kind === "select");
  const place = { database: "db", policy: "" };
  const within = withinSpan(statement, { from: 2n, to: 9n });
  assert.deepEqual(await rowsOf(runner.stored(within, place)), ["5 1 a"]);
  const { policyId } = a;
  const points = [
    { ...a, time: 7n, fields: { 0: 3 } },
    { ...b, time: 8n, fields: { 0: 8 } },
    { ...b, time: 9n, fields: { 0: 1 } },
  ];
  const batches = [seriesBatch(points, { policyId })];
  const expected = ["7 3 a", "8 8 b"];
  assert.deepEqual(await rowsOf(runner.batches(statement, place, batches)), expected);
});
