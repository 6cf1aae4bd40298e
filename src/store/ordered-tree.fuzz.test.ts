import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { OrderedTree, TreeCursor, treeFloor, treeGet } from "./ordered-tree.ts";
import type { TreeNode } from "./ordered-tree.ts";

const key = fc.integer({ min: 0, max: 3000 }).map((n) => String(n).padStart(4, "0"));
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("set"), key, count: fc.nat(120) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove"), key, count: fc.nat(900) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("capture"), key, count: fc.nat(1) }) },
);

function rowsForward(root: TreeNode<number>, start: string): [string, number][] {
  const rows: [string, number][] = [];
  const cursor = new TreeCursor(root);
  for (cursor.seek(start); cursor.key !== undefined; cursor.next()) {
    rows.push([cursor.key, cursor.value as number]);
  }
  return rows;
}

function rowsBackward(root: TreeNode<number>, end: string | undefined): [string, number][] {
  const rows: [string, number][] = [];
  const cursor = new TreeCursor(root);
  for (cursor.seekBefore(end); cursor.key !== undefined; cursor.previous()) {
    rows.push([cursor.key, cursor.value as number]);
  }
  return rows.toReversed();
}

function sorted(model: Map<string, number>): [string, number][] {
  return [...model].sort(([a], [b]) => (a < b ? -1 : 1));
}

function checkSame(root: TreeNode<number>, model: Map<string, number>, probe: string): void {
  const rows = sorted(model);
  const from = rows.filter(([k]) => k >= probe);
  const before = rows.filter(([k]) => k < probe);
  assert.deepEqual(rowsForward(root, ""), rows);
  assert.deepEqual(rowsBackward(root, undefined), rows);
  assert.deepEqual(rowsForward(root, probe), from);
  assert.deepEqual(rowsBackward(root, probe), before);
  assert.equal(treeGet(root, probe), model.get(probe));
  assert.equal(treeFloor(root, probe), model.get(probe) ?? before.at(-1)?.[1]);
}

test("OrderedTree agrees with a sorted map and its captures never change", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), key, (steps, probe) => {
      const tree = new OrderedTree<number>();
      const model = new Map<string, number>();
      const captures: { root: TreeNode<number>; model: Map<string, number> }[] = [];
      let value = 0;
      for (const { kind, key: start, count } of steps) {
        if (kind === "capture") {
          captures.push({ root: tree.capture(), model: new Map(model) });
          continue;
        }
        if (kind === "set") {
          // A stride of 1 gives ordered runs, 7 gives scattered keys.
          for (let i = 0; i < count; i++) {
            const number = Number(start) + i * (count % 2 === 0 ? 1 : 7);
            const at = String(number % 9999).padStart(4, "0");
            assert.equal(tree.set(at, ++value), model.get(at));
            model.set(at, value);
          }
          continue;
        }
        const end = count > 800 ? undefined : String(Number(start) + count).padStart(4, "0");
        const expected = sorted(model).filter(([k]) => {
          return k >= start && (end === undefined || k < end);
        });
        const removed: [string, number][] = [];
        tree.deleteRange(start, end, (k, v) => removed.push([k, v]));
        assert.deepEqual(removed, expected);
        for (const [k] of expected) model.delete(k);
      }
      assert.equal(tree.size, model.size);
      captures.push({ root: tree.capture(), model });
      for (const capture of captures) checkSame(capture.root, capture.model, probe);
    }),
    { numRuns: 150 },
  );
});
