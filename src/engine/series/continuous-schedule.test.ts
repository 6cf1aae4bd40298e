/** When continuous queries run and what they compute; examples of the documentation of 1.x. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContinuousIntervals } from "./continuous-schedule.ts";
import { groupsTouched, mergeSpans, nextRun, spanOfRun } from "./continuous-schedule.ts";

const minute = 60_000_000_000n;
const at = (hours: bigint, minutes: bigint): bigint => (hours * 60n + minutes) * minute;

function intervals(interval: bigint, every = 0n, window = 0n, offset = 0n): ContinuousIntervals {
  return {
    interval: interval * minute,
    offset: offset * minute,
    every: every * minute,
    for: window * minute,
  };
}

test("spanOfRun computes the group that just ended", () => {
  assert.deepEqual(spanOfRun(intervals(60n), at(8n, 0n)), { from: at(7n, 0n), to: at(8n, 0n) });
});

test("spanOfRun computes the running group when it runs more often than groups end", () => {
  const often = intervals(60n, 30n);
  assert.deepEqual(spanOfRun(often, at(8n, 0n)), { from: at(7n, 0n), to: at(8n, 0n) });
  assert.deepEqual(spanOfRun(often, at(8n, 30n)), { from: at(8n, 0n), to: at(9n, 0n) });
});

test("spanOfRun goes back as far as FOR says", () => {
  const hour = intervals(30n, 0n, 60n);
  assert.deepEqual(spanOfRun(hour, at(8n, 30n)), { from: at(7n, 30n), to: at(8n, 30n) });
  const both = intervals(30n, 60n, 90n);
  assert.deepEqual(spanOfRun(both, at(9n, 0n)), { from: at(7n, 30n), to: at(9n, 0n) });
});

test("spanOfRun computes all groups since the run before when it runs less often", () => {
  const rarely = intervals(30n, 60n);
  assert.deepEqual(spanOfRun(rarely, at(9n, 0n)), { from: at(8n, 0n), to: at(9n, 0n) });
});

test("spanOfRun shifts groups by the offset", () => {
  const shifted = intervals(60n, 0n, 0n, 15n);
  assert.equal(nextRun(shifted, at(8n, 0n)), at(8n, 15n));
  assert.deepEqual(spanOfRun(shifted, at(8n, 15n)), { from: at(7n, 15n), to: at(8n, 15n) });
});

test("nextRun is after the time, before 1970 too", () => {
  assert.equal(nextRun(intervals(60n), at(8n, 0n)), at(9n, 0n));
  assert.equal(nextRun(intervals(60n), -1n), 0n);
});

test("groupsTouched gives whole groups, mergeSpans as few spans as there can be", () => {
  const touched = groupsTouched(intervals(60n), { from: at(7n, 59n), to: at(8n, 1n) });
  assert.deepEqual(touched, { from: at(7n, 0n), to: at(9n, 0n) });
  const later = { from: at(9n, 0n), to: at(10n, 0n) };
  const alone = { from: at(12n, 0n), to: at(13n, 0n) };
  const all = mergeSpans([alone, touched, later]);
  assert.deepEqual(all, [{ from: at(7n, 0n), to: at(10n, 0n) }, alone]);
});
