/**
 * A group's place in a partition against a list of flags: whatever fires, is handed out, given back
 * and settled, the stored position leads a fresh place to exactly what is not settled.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { rounds } from "../../../test/support/torture.ts";
import { GroupFixture } from "../../../test/support/group-fixture.ts";

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("fire" as const), runs: runs() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("fill" as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("take" as const),
      count: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(5000)),
      keep: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant(5000)),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("giveBack" as const), nth: fc.nat(20) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("settle" as const),
      nths: fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }),
      isUndone: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("trim" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reload" as const) }) },
);

function runs(): fc.Arbitrary<{ count: number; due: number }[]> {
  const run = fc.record({
    count: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constant(3000)),
    due: fc.integer({ min: 1, max: 9 }),
  });
  return fc.array(run, { minLength: 1, maxLength: 4 });
}

test("GroupPartition: a stored position leads to what is not settled, and to nothing else", () => {
  const start = fc.record({ offsetMin: fc.nat(12), dueMin: fc.nat(4) });
  fc.assert(
    fc.property(start, fc.array(step, { maxLength: 60, size: "max" }), (from, steps) => {
      const group = new GroupFixture(from);
      for (const each of steps) {
        switch (each.kind) {
          case "fire":
            group.fire(each.runs);
            break;
          case "fill":
            group.fill();
            break;
          case "take":
            group.take(each.count, each.keep);
            break;
          case "giveBack":
            group.giveBack(each.nth);
            break;
          case "settle":
            group.settle(each.nths, each.isUndone);
            break;
          case "trim":
            group.trim();
            break;
          case "reload":
            group.reload();
            break;
        }
        group.check();
      }
      assert.deepEqual(group.drainFresh(), group.unsettled());
      assert.deepEqual(group.drain(), group.notOut());
    }),
    { numRuns: rounds(60, 1500) },
  );
});
