import assert from "node:assert/strict";
import { test } from "node:test";
import { SimulatedClock } from "../../ports/simulated-clock.ts";
import { Alarm, elapsedTime } from "./alarm.ts";
import type { AlarmTime, Sleeper } from "./alarm.ts";

const wheel = { tickMs: 1, slots: 8 };

function setUp(timeOf: (clock: SimulatedClock) => AlarmTime = (clock) => clock) {
  const clock = new SimulatedClock(1_000_000);
  const alarm = new Alarm(timeOf(clock), wheel);
  const woken: (readonly [string, number])[] = [];
  const sleeper = (name: string, then?: () => void): Sleeper => ({
    wake: (now) => {
      woken.push([name, now]);
      then?.();
    },
  });
  return { clock, alarm, woken, sleeper };
}

test("Alarm wakes each sleeper at its time, in order", async () => {
  const { clock, alarm, woken, sleeper } = setUp();
  alarm.set(sleeper("later"), 1_000_500);
  alarm.set(sleeper("soon"), 1_000_003);
  alarm.set(sleeper("year"), 1_000_000 + 365 * 86_400_000);
  await clock.advance(500);
  assert.deepEqual(woken, [
    ["soon", 1_000_003],
    ["later", 1_000_500],
  ]);
  await clock.advance(365 * 86_400_000);
  assert.deepEqual(woken[2], ["year", 1_000_000 + 365 * 86_400_000]);
});

test("Alarm.set() moves the alarm a sleeper has, cancel() takes it", async () => {
  const { clock, alarm, woken, sleeper } = setUp();
  const moved = sleeper("moved");
  const cancelled = sleeper("cancelled");
  alarm.set(moved, 1_000_010);
  alarm.set(cancelled, 1_000_010);
  alarm.set(moved, 1_000_020);
  alarm.cancel(cancelled);
  await clock.advance(100);
  assert.deepEqual(woken, [["moved", 1_000_020]]);
});

test("Alarm: who is woken may set alarms, also ones that are due", async () => {
  const { clock, alarm, woken, sleeper } = setUp();
  let left = 3;
  const again: Sleeper = sleeper("again", () => {
    if (--left > 0) alarm.set(again, clock.now() - 5);
  });
  alarm.set(again, 1_000_010);
  await clock.advance(10);
  assert.equal(woken.length, 3);
});

test("Alarm on the wall clock follows its steps", async () => {
  const { clock, alarm, woken, sleeper } = setUp();
  alarm.set(sleeper("a"), 1_003_000);
  clock.step(-10_000);
  await clock.advance(12_999);
  assert.deepEqual(woken, []);
  await clock.advance(1);
  assert.deepEqual(woken, [["a", 1_003_000]]);
  alarm.set(sleeper("b"), 2_000_000);
  clock.step(5_000_000);
  await clock.advance(0);
  assert.equal(woken.length, 2);
});

test("Alarm on elapsed time does not", async () => {
  const { clock, alarm, woken, sleeper } = setUp(elapsedTime);
  alarm.setAfter(sleeper("a"), 1000);
  clock.step(3_600_000);
  await clock.advance(999);
  assert.deepEqual(woken, []);
  clock.step(-7_200_000);
  await clock.advance(1);
  assert.deepEqual(woken, [["a", 1000]]);
});

test("Alarm.close() wakes nobody any more", async () => {
  const { clock, alarm, woken, sleeper } = setUp();
  alarm.set(sleeper("a"), 1_000_010);
  alarm.close();
  alarm.set(sleeper("b"), 1_000_010);
  await clock.advance(100);
  assert.deepEqual(woken, []);
});
