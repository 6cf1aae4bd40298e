import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { NumberedRun } from "./run-set.ts";
import { isBefore, RunSet } from "./run-set.ts";

const run: fc.Arbitrary<NumberedRun> = fc
  .tuple(fc.nat(20), fc.nat(3), fc.nat(1000))
  .map(([due, partition, offset]) => ({ due, partition, offset, count: 1 }));

function sorted(runs: readonly NumberedRun[]): NumberedRun[] {
  return runs.toSorted((a, b) => (isBefore(a, b) ? -1 : 1));
}

function takeAll(set: RunSet): NumberedRun[] {
  const taken: NumberedRun[] = [];
  for (let next = set.pop(); next !== undefined; next = set.pop()) taken.push(next);
  return taken;
}

test("RunSet keeps the nearest runs, knows up to where, and gives them in order", () => {
  const runs = fc.uniqueArray(run, { maxLength: 3000, selector: (each) => JSON.stringify(each) });
  fc.assert(
    fc.property(runs, fc.integer({ min: 1, max: 1500 }), fc.nat(20), (all, keptMax, due) => {
      const set = new RunSet(keptMax);
      for (const each of all) set.add(each);
      const { bound } = set;
      const expected = sorted(all);
      const complete =
        bound === undefined ? expected : expected.filter((each) => !isBefore(bound, each));
      assert.ok(set.size <= 2 * keptMax);
      assert.ok(bound === undefined || complete.length >= keptMax);
      assert.equal(set.countBefore(due), complete.filter((each) => each.due < due).length);
      const next = { due, partition: 1, offset: 500 };
      set.order(next);
      assert.deepEqual(
        takeAll(set),
        complete.filter((each) => !isBefore({ ...next, count: 1 }, each)),
      );
    }),
    { numRuns: 50 },
  );
});
