import assert from "node:assert/strict";
import { test } from "node:test";
import type { PointSource } from "./point-source.ts";
import { batchesOf, clustersOf, sliceColumn } from "./scan.ts";

/** A source of the points first, first + 1 … that tells when it is decoded. */
function source(first: number, count: number, decoded: string[] = []): PointSource {
  const offsets = Float64Array.from({ length: count }, (_, i) => first + i);
  const summary = { count, min: first, max: first + count - 1, sum: undefined };
  return {
    sequence: 1,
    count,
    firstOffset: first,
    lastOffset: first + count - 1,
    hasRepeats: false,
    offsets: () => offsets,
    fieldIds: () => [1],
    column: (id) => {
      decoded.push(`${first}/${id}`);
      return id === 1 ? { type: 1, values: offsets, present: undefined } : undefined;
    },
    summary: (id) => (id === 1 ? summary : "absent"),
  };
}

const part = { startHour: 0, from: 0, to: 1e9, descending: false, fieldIds: [1, 2] };

test("clustersOf() puts together what overlaps, over others too", () => {
  const clusters = clustersOf([source(20, 5), source(0, 5), source(4, 8), source(11, 1)]);
  assert.deepEqual(
    clusters.map((cluster) => cluster.map(({ firstOffset }) => firstOffset)),
    [[0, 4, 11], [20]],
  );
});

test("batchesOf() tells summaries of whole sources and decodes only what is asked for", () => {
  const decoded: string[] = [];
  const sources = [source(0, 10, decoded), source(50, 10, decoded), source(100, 10, decoded)];
  const batches = [...batchesOf(sources, { ...part, from: 5, to: 80 })];
  assert.deepEqual(
    batches.map((batch) => [batch.firstOffset, batch.lastOffset, batch.count]),
    [
      [5, 9, 5],
      [50, 59, 10],
    ],
  );
  const [cut, whole] = batches;
  assert.equal(cut?.summary(0), undefined);
  assert.equal(cut?.summary(1), "absent");
  assert.deepEqual(whole?.summary(0), { count: 10, min: 50, max: 59, sum: undefined });
  assert.deepEqual(decoded, []);
  assert.deepEqual([...(cut?.column(0)?.values ?? [])], [5, 6, 7, 8, 9]);
  assert.deepEqual(decoded, ["0/1"]);
});

test("batchesOf() gives large sources in parts, the last first when descending", () => {
  const batches = [...batchesOf([source(0, 20_000)], { ...part, descending: true })];
  assert.deepEqual(
    batches.map((batch) => [batch.firstOffset, batch.lastOffset]),
    [
      [16_384, 19_999],
      [8192, 16_383],
      [0, 8191],
    ],
  );
});

test("sliceColumn() is undefined when no point of the part has a value", () => {
  const present = Uint8Array.of(1, 0, 0, 1);
  const column = { type: 3, values: ["a", "", "", "b"], present } as const;
  assert.equal(sliceColumn(column, 1, 3), undefined);
  assert.deepEqual(sliceColumn(column, 2, 4)?.values, ["", "b"]);
});
