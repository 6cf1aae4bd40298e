import assert from "node:assert/strict";
import { test } from "node:test";
import { logIndex } from "../../base/ids.ts";
import { FencedRuns } from "./fenced-runs.ts";

/** Records 1 to 3, nothing under the fence at 20, 4 and on under the one at 36. */
function threeRuns(): FencedRuns {
  const runs = [
    { sequence: 1, nextIndex: logIndex(1) },
    { sequence: 20, nextIndex: logIndex(4) },
    { sequence: 36, nextIndex: logIndex(4) },
  ];
  return new FencedRuns(runs, logIndex(1));
}

const cases: readonly (readonly [number, number])[] = [
  [1, 17],
  [3, 19],
  [4, 52],
  [10, 58],
];

for (const [index, sequence] of cases) {
  test(`FencedRuns.sequenceOf() of record ${index} is ${sequence}`, () => {
    assert.equal(threeRuns().sequenceOf(logIndex(index)), sequence);
  });
}

test("FencedRuns.lastOf() ends a run before the next one, and not the newest", () => {
  const runs = threeRuns();
  assert.equal(runs.lastOf(runs.runOf(logIndex(2))), 3);
  assert.equal(runs.lastOf(runs.newest), undefined);
});

test("FencedRuns.add() makes the run that new records are in", () => {
  const runs = threeRuns();
  runs.add({ sequence: 100, nextIndex: logIndex(48) });
  assert.equal(runs.sequenceOf(logIndex(47)), 95);
  assert.equal(runs.sequenceOf(logIndex(48)), 116);
});

test("FencedRuns.trim() forgets the runs before, and keeps the places", () => {
  const runs = threeRuns();
  runs.trim(logIndex(2));
  assert.equal(runs.count, 3);
  assert.equal(runs.first, 2);
  assert.equal(runs.sequenceOf(logIndex(2)), 18);
  runs.trim(logIndex(5));
  assert.equal(runs.count, 1);
  assert.equal(runs.sequenceOf(logIndex(5)), 53);
});
