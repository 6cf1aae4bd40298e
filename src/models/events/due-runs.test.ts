import assert from "node:assert/strict";
import { test } from "node:test";
import { RUNS_PER_STEP_MAX, dueRuns } from "./due-runs.ts";
import { scheduleDefinition } from "./schedule.ts";
import type { MissedPolicy, Schedule, ScheduleInput } from "./schedule.ts";

const start = Date.parse("2025-06-01T12:00:00Z");
const minute = 60_000;
const policies: readonly MissedPolicy[] = ["skip", "fire-once", "fire-all"];

function schedule(fields: Partial<ScheduleInput>, nextAt: number | undefined = start): Schedule {
  const input = { topic: "t", name: "n", cron: "* * * * *", payload: "x", ...fields };
  const progress = nextAt === undefined ? { runs: 0 } : { runs: 0, nextAt };
  return { ...scheduleDefinition(input), ...progress };
}

test("dueRuns() is nothing before the next instant, and without one", () => {
  for (const missed of policies) {
    const before = dueRuns(schedule({ missed }), start - 1);
    assert.deepEqual(before, { instants: [], next: start });
    const ended = dueRuns({ ...scheduleDefinition(schedule({ missed })), runs: 3 }, start);
    assert.deepEqual(ended, { instants: [], next: undefined });
  }
});

test("dueRuns() on time is the instant, whatever the policy", () => {
  for (const missed of policies) {
    for (const late of [0, 1, 999]) {
      const due = dueRuns(schedule({ missed }), start + late);
      assert.deepEqual(due, { instants: [start], next: start + minute });
    }
  }
});

test("dueRuns() of one missed instant: skip drops it, the others run it", () => {
  const runs: Readonly<Record<MissedPolicy, readonly number[]>> = {
    skip: [],
    "fire-once": [start],
    "fire-all": [start],
  };
  for (const missed of policies) {
    for (const late of [1000, 30_000]) {
      const due = dueRuns(schedule({ missed }), start + late);
      assert.deepEqual(due, { instants: runs[missed], next: start + minute });
    }
  }
});

test("dueRuns() of many missed instants: none, the newest, all", () => {
  const now = start + 5 * minute + 30_000;
  const all = [0, 1, 2, 3, 4, 5].map((each) => start + each * minute);
  const next = start + 6 * minute;
  assert.deepEqual(dueRuns(schedule({ missed: "skip" }), now), { instants: [], next });
  const newest = [start + 5 * minute];
  assert.deepEqual(dueRuns(schedule({ missed: "fire-once" }), now), { instants: newest, next });
  assert.deepEqual(dueRuns(schedule({ missed: "fire-all" }), now), { instants: all, next });
});

test("dueRuns() runs the instant that comes just when what was missed is looked at", () => {
  const now = start + 5 * minute + 10;
  for (const missed of ["skip", "fire-once"] as const) {
    const due = dueRuns(schedule({ missed }), now);
    assert.deepEqual(due, { instants: [start + 5 * minute], next: start + 6 * minute });
  }
});

test("dueRuns() of fire-all is bounded in count, and goes on where it stopped", () => {
  const now = start + 249 * minute;
  const found: number[] = [];
  let at: number | undefined = start;
  let steps = 0;
  for (; at !== undefined && at <= now; steps++) {
    const due = dueRuns(schedule({ missed: "fire-all" }, at), now);
    assert.ok(due.instants.length <= RUNS_PER_STEP_MAX);
    found.push(...due.instants);
    at = due.next;
  }
  assert.equal(steps, 3);
  assert.deepEqual(
    found,
    Array.from({ length: 250 }, (_, run) => start + run * minute),
  );
});

test("dueRuns() of fire-all is bounded in bytes", () => {
  const payload = new Uint8Array(1.5 * 1024 * 1024).fill(1);
  const due = dueRuns(schedule({ missed: "fire-all", payload }), start + 10 * minute);
  assert.deepEqual(due, { instants: [start, start + minute], next: start + 2 * minute });
});

test("dueRuns() after ten years takes no longer for a line of every second", () => {
  const now = start + 10 * 365 * 24 * 60 * minute + 1;
  const due = dueRuns(schedule({ cron: "* * * * * *", missed: "fire-once" }), now);
  assert.deepEqual(due, { instants: [now - 1], next: now - 1 + 1000 });
});

test("dueRuns() ends with endAt, after the last missed instants", () => {
  const endAt = start + 2 * minute;
  const now = start + 10 * minute;
  const instants = [start, start + minute];
  const all = dueRuns(schedule({ endAt, missed: "fire-all" }), now);
  assert.deepEqual(all, { instants, next: undefined });
  const once = dueRuns(schedule({ endAt, missed: "fire-once" }), now);
  assert.deepEqual(once, { instants: [start + minute], next: undefined });
});

test("dueRuns() runs a stored instant that the time zone's rules do not have any more", () => {
  const stored = start + 30_000;
  const due = dueRuns(schedule({ missed: "fire-once" }, stored), stored);
  assert.deepEqual(due, { instants: [stored], next: start + minute });
});
