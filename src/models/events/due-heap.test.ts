import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { DueHeap } from "./due-heap.ts";
import type { HeapEntry } from "./due-heap.ts";

test("DueHeap gives entries in order, whichever are removed from the middle", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.boolean()), { maxLength: 60 }),
      (specs) => {
        const heap = new DueHeap<HeapEntry>();
        const entries = specs.map(([at]) => ({ at, index: -1 }));
        for (const entry of entries) heap.push(entry);
        for (const [at, entry] of entries.entries()) if (specs[at]?.[1]) heap.remove(entry);
        const kept = specs.filter(([, isRemoved]) => !isRemoved).map(([at]) => at);
        assert.equal(heap.size, kept.length);
        const taken: number[] = [];
        for (let top = heap.peek(); top !== undefined; top = heap.peek()) {
          heap.remove(top);
          taken.push(top.at);
        }
        assert.deepEqual(taken, kept.sort((a, b) => a - b));
      },
    ),
  );
});

test("DueHeap.remove() of an entry that is not in it is an assertion", () => {
  const heap = new DueHeap<HeapEntry>();
  heap.push({ at: 1, index: -1 });
  assert.throws(() => heap.remove({ at: 1, index: 0 }), /Heap entry must be where it says/);
});
