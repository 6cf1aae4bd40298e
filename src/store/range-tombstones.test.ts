import assert from "node:assert/strict";
import { test } from "node:test";
import type { Key } from "../base/key.ts";
import { OrderedTree, TreeCursor } from "./ordered-tree.ts";
import { firstVisible, hideRange, hides, lastVisible } from "./range-tombstones.ts";

type Range = readonly [start: Key, end: Key | undefined];

function hiddenRanges(ranges: readonly Range[]): OrderedTree<Key | null> {
  const tree = new OrderedTree<Key | null>();
  for (const [start, end] of ranges) hideRange(tree, start, end);
  return tree;
}

function rangesOf(tree: OrderedTree<Key | null>): Range[] {
  const ranges: Range[] = [];
  const cursor = new TreeCursor(tree.capture());
  for (cursor.seek(""); cursor.key !== undefined; cursor.next()) {
    ranges.push([cursor.key, cursor.value ?? undefined]);
  }
  return ranges;
}

test("hideRange() keeps ranges disjoint and merges those that overlap or touch", () => {
  const cases: readonly { readonly add: readonly Range[]; readonly result: readonly Range[] }[] = [
    { add: [["b", "c"], ["e", "f"]], result: [["b", "c"], ["e", "f"]] },
    { add: [["b", "c"], ["c", "d"]], result: [["b", "d"]] },
    { add: [["c", "d"], ["b", "c"]], result: [["b", "d"]] },
    { add: [["b", "c"], ["e", "f"], ["a", "g"]], result: [["a", "g"]] },
    { add: [["b", "f"], ["c", "d"]], result: [["b", "f"]] },
    { add: [["b", "d"], ["e", "g"], ["c", "f"]], result: [["b", "g"]] },
    { add: [["b", "c"], ["a", undefined]], result: [["a", undefined]] },
    { add: [["b", undefined], ["a", "c"]], result: [["a", undefined]] },
    { add: [["b", undefined], ["c", "d"]], result: [["b", undefined]] },
    { add: [["b", "c"], ["b", "d"]], result: [["b", "d"]] },
  ];
  for (const { add, result } of cases) assert.deepEqual(rangesOf(hiddenRanges(add)), result);
});

test("hides() includes the start of a range and excludes its end", () => {
  const tree = hiddenRanges([["b", "d"], ["f", undefined]]);
  const hidden = ["a", "b", "c", "d", "e", "f", "z"].filter((k) => hides(tree.floor(k), k));
  assert.deepEqual(hidden, ["b", "c", "f", "z"]);
});

test("firstVisible() and lastVisible() find the gaps that several sets leave", () => {
  const sets = [
    hiddenRanges([["b", "d"], ["h", "k"]]).capture(),
    hiddenRanges([["d", "f"], ["k", "m"]]).capture(),
  ];
  assert.deepEqual(firstVisible(sets, { start: "c", end: "z" }), { start: "f", end: "h" });
  assert.deepEqual(firstVisible(sets, { start: "a", end: "z" }), { start: "a", end: "b" });
  assert.deepEqual(firstVisible(sets, { start: "m", end: undefined }), {
    start: "m",
    end: undefined,
  });
  assert.equal(firstVisible(sets, { start: "b", end: "f" }), undefined);
  assert.deepEqual(lastVisible(sets, { start: "a", end: "l" }), { start: "f", end: "h" });
  assert.deepEqual(lastVisible(sets, { start: "a", end: undefined }), {
    start: "m",
    end: undefined,
  });
  assert.deepEqual(lastVisible(sets, { start: "a", end: "e" }), { start: "a", end: "b" });
  assert.equal(lastVisible(sets, { start: "b", end: "f" }), undefined);
});
