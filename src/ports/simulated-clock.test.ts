import assert from "node:assert/strict";
import { test } from "node:test";
import { SimulatedClock } from "./simulated-clock.ts";

const hourMs = 3_600_000;

test("advance() shows each timer its own time", async () => {
  const clock = new SimulatedClock(1000);
  const seen: number[] = [];
  for (const at of [1500, hourMs, 1001]) clock.at(at, () => seen.push(clock.now()));
  await clock.advance(2 * hourMs);
  assert.deepEqual(seen, [1001, 1500, hourMs]);
  assert.equal(clock.now(), 1000 + 2 * hourMs);
});

test("advance() lets the code that a timer woke run before time goes on", async () => {
  const clock = new SimulatedClock(0);
  const seen: number[] = [];
  clock.at(10, () => {
    void (async () => {
      await Promise.resolve();
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(clock.now());
      clock.after(5, () => seen.push(clock.now()));
    })();
  });
  clock.at(20, () => seen.push(clock.now()));
  await clock.advance(30);
  assert.deepEqual(seen, [10, 15, 20]);
});

test("advance() calls that overlap add up", async () => {
  const clock = new SimulatedClock(0);
  await Promise.all([clock.advance(10), clock.advance(20)]);
  assert.equal(clock.now(), 30);
});

test("step() moves the wall clock and its timers, not monotonic time", async () => {
  const clock = new SimulatedClock(0);
  const fired: string[] = [];
  clock.at(100, () => fired.push(`at ${clock.now()}`));
  clock.after(50, () => fired.push("after"));
  clock.step(-1000);
  assert.equal(clock.now(), -1000);
  assert.equal(clock.monotonic(), 0);
  await clock.advance(200);
  assert.deepEqual(fired, ["after"]);
  clock.step(5000);
  await clock.advance(0);
  assert.deepEqual(fired, ["after", "at 4200"]);
});

test("advance() rejects with what a timer threw, and works again", async () => {
  const clock = new SimulatedClock(0);
  clock.at(10, () => {
    throw new Error("boom");
  });
  await assert.rejects(clock.advance(20), /boom/);
  assert.equal(clock.now(), 10);
  await clock.advance(5);
  assert.equal(clock.now(), 15);
});
