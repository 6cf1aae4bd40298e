import assert from "node:assert/strict";
import { test } from "node:test";
import { seriesBatch } from "../../../test/support/series-batch.ts";
import type { TestPoint } from "../../../test/support/series-batch.ts";
import { Head } from "./head.ts";
import { HeadSource } from "./head-source.ts";
import { MergedSource } from "./merged-source.ts";
import type { PointSource } from "./point-source.ts";

type Fields = TestPoint["fields"];

function source(sequence: number, points: readonly (readonly [bigint, Fields])[]): PointSource {
  const head = new Head(sequence);
  head.append(seriesBatch(points.map(([time, fields]) => ({ seriesId: 1, time, fields }))));
  const window = head.window(1, 0);
  assert.ok(window !== undefined);
  const made = HeadSource.of(head, window, { seriesId: 1, end: head.rowCount });
  assert.ok(made !== undefined);
  return made;
}

test("MergedSource lets the larger sequence win, field by field", () => {
  const old = source(1, [
    [1n, { 1: 1, 2: 1 }],
    [2n, { 1: 2 }],
  ]);
  const young = source(2, [
    [0n, { 1: 10 }],
    [1n, { 1: 11 }],
  ]);
  for (const order of [
    [old, young],
    [young, old],
  ]) {
    const merged = new MergedSource(order);
    assert.deepEqual([...merged.offsets()], [0, 1, 2]);
    assert.deepEqual([...(merged.column(1)?.values ?? [])], [10, 11, 2]);
    assert.deepEqual(merged.column(2)?.present, Uint8Array.of(0, 1, 0));
    assert.deepEqual([merged.sequence, merged.count, merged.lastOffset], [2, 3, 2]);
  }
});

test("MergedSource lets the later of equal times inside a source win", () => {
  const merged = new MergedSource([
    source(1, [
      [1n, { 1: 1, 2: 5 }],
      [1n, { 1: 2 }],
    ]),
  ]);
  assert.equal(merged.count, 1);
  assert.deepEqual([...(merged.column(1)?.values ?? [])], [2]);
  assert.deepEqual([...(merged.column(2)?.values ?? [])], [5]);
});

test("MergedSource does not show values of another type than the newest", () => {
  const merged = new MergedSource([source(1, [[1n, { 1: 1.5 }]]), source(2, [[2n, { 1: "x" }]])]);
  assert.deepEqual(merged.column(1), { type: 3, values: ["", "x"], present: Uint8Array.of(0, 1) });
});
