import assert from "node:assert/strict";
import { test } from "node:test";
import { SparseIndex } from "./sparse-index.ts";

function start(offset: number) {
  return { offset, index: offset / 10, chain: 0 };
}

test("note() keeps entries an interval apart, in any order of adding", () => {
  const index = new SparseIndex(100);
  const offsets = [1000, 1050, 1100, 200, 250, 150, 600, 1200, 1199];
  for (const offset of offsets) index.note(start(offset));
  assert.equal(index.size, 5);
  assert.deepEqual(index.around(61), { before: start(600), after: start(1000) });
});

test("around() gives the entries on both sides of the write that holds a record", () => {
  const index = new SparseIndex(100);
  assert.deepEqual(index.around(5), {});
  for (const offset of [100, 200, 300]) index.note(start(offset));
  assert.deepEqual(index.around(10), { after: start(100) });
  assert.deepEqual(index.around(11), { before: start(100), after: start(200) });
  assert.deepEqual(index.around(20), { before: start(100), after: start(200) });
  assert.deepEqual(index.around(21), { before: start(200), after: start(300) });
  assert.deepEqual(index.around(999), { before: start(300) });
  index.clear();
  assert.equal(index.size, 0);
});
