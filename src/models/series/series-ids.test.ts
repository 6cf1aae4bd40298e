import assert from "node:assert/strict";
import { test } from "node:test";
import { intersectIds, placeOf, subtractIds, uniteIds } from "./series-ids.ts";

function ids(...values: readonly number[]): Uint32Array {
  return Uint32Array.from(values);
}

test("uniteIds() sorts and leaves out repeats, of few ids, many and far apart", () => {
  for (const [count, step] of [[10, 3], [10_000, 3], [10_000, 400_000]] as const) {
    const all = Array.from({ length: count }, (_, i) => 5 + i * step);
    const odd = all.filter((_, i) => i % 2 === 1);
    const sets = [ids(...odd), ids(...all.slice(count / 2)), ids(...all.slice(0, count / 2))];
    assert.deepEqual([...uniteIds(sets)], all);
  }
  assert.equal(uniteIds([]).length, 0);
  assert.deepEqual([...uniteIds([ids(1, 2), ids(3)])], [1, 2, 3]);
});

test("intersectIds(), subtractIds() and placeOf() go by ids", () => {
  const many = Uint32Array.from({ length: 100 }, (_, i) => i * 2);
  assert.deepEqual([...intersectIds(many, ids(3, 4, 198))], [4, 198]);
  assert.deepEqual([...intersectIds(ids(1, 2, 3), ids(2, 3, 4))], [2, 3]);
  assert.deepEqual([...subtractIds(ids(1, 2, 3), ids(2, 9))], [1, 3]);
  assert.deepEqual([placeOf(many, 5), placeOf(many, 6), placeOf(many, 999)], [3, 3, 100]);
});
