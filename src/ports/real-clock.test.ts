import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { RealClock } from "./real-clock.ts";

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

test("at() follows a wall clock that is stepped forward within 250 ms", async (context) => {
  const realNow = Date.now;
  let stepMs = 0;
  context.mock.method(Date, "now", () => realNow() + stepMs);
  const clock = new RealClock();
  const start = performance.now();
  const fired = new Promise<number>((resolve) => {
    clock.at(clock.now() + 3_600_000, () => resolve(performance.now()));
  });
  stepMs = 3_600_000;
  await pause(1);
  const tookMs = (await Promise.race([fired, pause(1000).then(() => Infinity)])) - start;
  assert.ok(tookMs < 270, `took ${tookMs} ms`);
});

test("at() waits when the wall clock is stepped back", async (context) => {
  const realNow = Date.now;
  let stepMs = 0;
  context.mock.method(Date, "now", () => realNow() + stepMs);
  const clock = new RealClock();
  let fired = false;
  clock.at(clock.now() + 10, () => {
    fired = true;
  });
  stepMs = -60_000;
  await pause(40);
  assert.equal(fired, false);
});

// In a process of its own, because the test runner takes every uncaught exception as a failure.
test("at() keeps the other timers when one throws, and none keeps the process alive", () => {
  const script = `
    const { RealClock } = await import(${JSON.stringify(import.meta.resolve("./real-clock.js"))});
    process.on("uncaughtException", (error) => console.log(error.message));
    const clock = new RealClock();
    clock.at(clock.now() + 1, () => { throw new Error("boom"); });
    clock.at(clock.now() + 1, () => console.log("other"));
    clock.at(clock.now() + 60_000, () => console.log("too late"));
    clock.after(60_000, () => console.log("too late"));
    setTimeout(() => {}, 50);
  `;
  const arguments_ = ["--input-type=module", "--eval", script];
  const { stdout } = spawnSync(process.execPath, arguments_, { encoding: "utf8", timeout: 10_000 });
  assert.equal(stdout, "boom\nother\n");
});
