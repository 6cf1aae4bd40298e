import assert from "node:assert/strict";
import { test } from "node:test";
import { seriesBatch } from "../../../test/support/series-batch.ts";
import type { TestPoint } from "../../../test/support/series-batch.ts";
import { Head } from "./head.ts";
import { HeadSource } from "./head-source.ts";

function sourceOf(points: readonly Omit<TestPoint, "seriesId">[]): HeadSource {
  const head = new Head(3);
  head.append(seriesBatch(points.map((point) => ({ ...point, seriesId: 1 }))));
  const window = head.window(1, 0);
  assert.ok(window !== undefined);
  const source = HeadSource.of(head, window, { seriesId: 1, end: head.rowCount });
  assert.ok(source !== undefined);
  return source;
}

test("HeadSource sorts points by time, equal times in the order they came", () => {
  const source = sourceOf([
    { time: 5n, fields: { 1: 1 } },
    { time: 3n, fields: { 1: 2 } },
    { time: 5n, fields: { 1: 3 } },
  ]);
  assert.deepEqual([...source.offsets()], [3, 5, 5]);
  assert.deepEqual([...(source.column(1)?.values ?? [])], [2, 1, 3]);
  assert.ok(source.hasRepeats);
  assert.equal(source.sequence, 3);
});

test("HeadSource.column() has the type of the newest value and is absent for other fields", () => {
  const source = sourceOf([
    { time: 1n, fields: { 1: 1.5, 2: true } },
    { time: 2n, fields: { 1: 7n } },
  ]);
  const column = source.column(1);
  assert.equal(column?.type, 2);
  assert.deepEqual(column?.present, Uint8Array.of(0, 1));
  assert.equal(source.column(9), undefined);
  assert.deepEqual(source.fieldIds(), [1, 2]);
});

test("HeadSource.column() holds 64-bit integers when one of them is not safe", () => {
  const source = sourceOf([
    { time: 1n, fields: { 1: 1n } },
    { time: 2n, fields: { 1: 2n ** 62n } },
  ]);
  assert.deepEqual(source.column(1)?.values, BigInt64Array.of(1n, 2n ** 62n));
});
