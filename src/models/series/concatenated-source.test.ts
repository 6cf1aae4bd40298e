import assert from "node:assert/strict";
import { test } from "node:test";
import type { Column } from "./column.ts";
import { joinSources } from "./concatenated-source.ts";
import { MergedSource } from "./merged-source.ts";
import type { PointSource } from "./point-source.ts";

/** A source of the points first, first + 1 … with one field. */
function source(sequence: number, first: number, column: Column): PointSource {
  const count = column.values.length;
  return {
    sequence,
    count,
    firstOffset: first,
    lastOffset: first + count - 1,
    hasRepeats: false,
    offsets: () => Float64Array.from({ length: count }, (_, i) => first + i),
    fieldIds: () => [sequence],
    column: () => column,
    summary: () => undefined,
  };
}

const whole: Column = { type: 2, values: Float64Array.of(1, 2), present: undefined };
const sparse: Column = { type: 2, values: Float64Array.of(0, 4), present: Uint8Array.of(0, 1) };
const texts: Column = { type: 3, values: ["x"], present: undefined };

test("joinSources() puts sources that are apart one behind the other", () => {
  const joined = joinSources([source(2, 10, whole), source(1, 0, whole)]);
  assert.deepEqual([...joined.offsets()], [0, 1, 10, 11]);
  assert.deepEqual([...(joined.column(1)?.values ?? [])], [1, 2, 1, 2]);
  assert.deepEqual([joined.sequence, joined.count, joined.lastOffset], [2, 4, 11]);
  assert.deepEqual(joined.fieldIds(), [1, 2]);
});

test("joinSources() keeps which points lack a value, and the newest type", () => {
  const joined = joinSources([source(1, 0, whole), source(2, 5, sparse)]);
  assert.deepEqual(joined.column(1)?.present, Uint8Array.of(1, 1, 0, 1));
  const typed = joinSources([source(3, 0, whole), source(2, 5, texts)]);
  assert.equal(typed.column(1)?.type, 2);
  assert.deepEqual(typed.column(1)?.present, Uint8Array.of(1, 1, 0));
});

test("joinSources() merges those that overlap", () => {
  const joined = joinSources([source(1, 0, whole), source(2, 1, whole)]);
  assert.ok(joined instanceof MergedSource);
  assert.deepEqual([...(joined.column(1)?.values ?? [])], [1, 1, 2]);
});
