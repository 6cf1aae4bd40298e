import assert from "node:assert/strict";
import { test } from "node:test";
import { seriesBatch } from "../../../test/support/series-batch.ts";
import type { TestPoint } from "../../../test/support/series-batch.ts";
import { Head } from "./head.ts";

function rowsOf(head: Head, seriesId: number, end = head.rowCount): number[] {
  const window = head.window(1, 0);
  return window === undefined ? [] : [...head.rowsOf(window, seriesId, { end })];
}

test("Head.rowsOf() gives a series' rows in the order they came, up to a row", () => {
  const head = new Head(1);
  const points = [1, 2, 1, 1, 2].map((seriesId, i): TestPoint => {
    return { seriesId, time: BigInt(i), fields: { 1: i } };
  });
  head.append(seriesBatch(points));
  assert.deepEqual(rowsOf(head, 1), [0, 2, 3]);
  assert.deepEqual(rowsOf(head, 2), [1, 4]);
  assert.deepEqual(rowsOf(head, 1, 3), [0, 2]);
  assert.deepEqual(rowsOf(head, 3), []);
});

test("Head.takeBack() leaves what was there before", () => {
  const head = new Head(1);
  head.append(seriesBatch([{ seriesId: 1, time: 0n, fields: { 1: "kept" } }]));
  const mark = head.mark();
  const batch = seriesBatch([
    { seriesId: 1, time: 1n, fields: { 1: "gone" } },
    { seriesId: 2, time: 1n, fields: { 1: "gone" } },
  ]);
  head.append(batch);
  head.takeBack(batch, mark);
  assert.deepEqual([rowsOf(head, 1), rowsOf(head, 2)], [[0], []]);
  head.append(seriesBatch([{ seriesId: 2, time: 2n, fields: { 1: "new" } }]));
  assert.deepEqual([rowsOf(head, 1), rowsOf(head, 2)], [[0], [1]]);
  assert.deepEqual([0, 1].map((row) => head.text(head.valueOf(row, 0))), ["kept", "new"]);
});

test("Head keeps the values of a row in one segment, however many there are", () => {
  const head = new Head(1);
  const wide = Object.fromEntries(Array.from({ length: 40_000 }, (_, id) => [id, id]));
  const points = [0n, 1n, 2n].map((time): TestPoint => ({ seriesId: 1, time, fields: wide }));
  head.append(seriesBatch(points));
  for (const row of [0, 1, 2]) assert.equal(head.value(head.valueOf(row, 39_999)), 39_999);
});
