import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { OffsetSet } from "./offset-set.ts";

test("OffsetSet.next() gives what was added, in order, once", () => {
  const run = fc.record({
    first: fc.oneof(fc.nat(20_000), fc.integer({ min: 2 ** 40, max: 2 ** 40 + 9000 })),
    count: fc.integer({ min: 1, max: 5000 }),
  });
  fc.assert(
    fc.property(fc.array(run, { maxLength: 6 }), (runs) => {
      const set = new OffsetSet();
      const model = new Set<number>();
      for (const { first, count } of runs) {
        set.add(first, count);
        for (let k = 0; k < count; k++) model.add(first + k);
      }
      const found: number[] = [];
      for (let at = set.next(0); at >= 0; at = set.next(at + 1)) found.push(at);
      assert.deepEqual(found, [...model].sort((a, b) => a - b));
    }),
    { numRuns: 50 },
  );
});

test("OffsetSet is full before it needs much memory", () => {
  const set = new OffsetSet();
  for (let chunk = 0; !set.isFull; chunk++) set.add(chunk * 10_000, 1);
  let count = 0;
  for (let at = set.next(0); at >= 0; at = set.next(at + 1)) count++;
  assert.equal(count, 65_536);
});
