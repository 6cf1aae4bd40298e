import assert from "node:assert/strict";
import { test } from "node:test";
import { SimulatedSchedules } from "../../../test/support/simulated-schedules.ts";
import { CronosError } from "../../base/errors.ts";

const minute = 60_000;
const input = { topic: "t", name: "n", cron: "* * * * *", payload: "hello" };

test("ScheduleRunner publishes each instant when it comes, once", async () => {
  const simulated = new SimulatedSchedules();
  const { start } = simulated;
  await simulated.put(input);
  await simulated.advance(minute - 1);
  assert.deepEqual(simulated.published(), []);
  await simulated.advance(1);
  assert.deepEqual(simulated.published(), [`n@${start + minute}`]);
  for (let each = 0; each < 3; each++) await simulated.advance(minute);
  assert.equal(simulated.published().length, 4);
  assert.equal(simulated.runs, 4);
  assert.equal(simulated.repeated, 0);
  assert.equal(simulated.read("n")?.runs, 4);
});

test("ScheduleRunner.load() goes on with what was missed, by each schedule's policy", async () => {
  const simulated = new SimulatedSchedules();
  for (const missed of ["skip", "fire-once", "fire-all"] as const) {
    await simulated.put({ ...input, name: missed, missed });
  }
  simulated.kill();
  simulated.now += 10 * minute + 5000;
  simulated.restart();
  await simulated.settle();
  const count = (name: string): number => {
    return simulated.published().filter((id) => id.startsWith(`${name}@`)).length;
  };
  assert.deepEqual(["skip", "fire-once", "fire-all"].map(count), [0, 1, 10]);
  await simulated.advance(minute - 5000);
  assert.deepEqual(["skip", "fire-once", "fire-all"].map(count), [1, 2, 11]);
});

test("ScheduleRunner catches up in steps, each durable before the next", async () => {
  const simulated = new SimulatedSchedules();
  await simulated.put({ ...input, cron: "* * * * * *", missed: "fire-all" });
  simulated.kill();
  simulated.now += 250_000;
  simulated.restart();
  simulated.ring();
  simulated.ring();
  assert.equal(simulated.published("tip").length, 100);
  await simulated.settle();
  assert.equal(simulated.published().length, 250);
  assert.equal(simulated.repeated, 0);
});

test("ScheduleRunner publishes again what a kill took back, and nothing else", async () => {
  const simulated = new SimulatedSchedules();
  await simulated.put(input);
  await simulated.advance(minute);
  simulated.now += minute;
  simulated.ring();
  assert.equal(simulated.published("tip").length, 2);
  simulated.kill();
  assert.equal(simulated.published().length, 1);
  simulated.restart();
  await simulated.settle();
  assert.equal(simulated.published().length, 2);
  assert.equal(simulated.repeated, 0);
});

test("ScheduleRunner tries again a second after nothing could be written", async () => {
  const simulated = new SimulatedSchedules();
  await simulated.put(input);
  simulated.failure = new CronosError("DISK_FULL", "Disk is full");
  await simulated.advance(minute);
  assert.deepEqual(simulated.errors, []);
  simulated.failure = undefined;
  await simulated.advance(999);
  assert.deepEqual(simulated.published(), []);
  await simulated.advance(1);
  assert.deepEqual(simulated.published(), [`n@${simulated.start + minute}`]);
});

test("ScheduleRunner reports a fault and tries again a minute later", async () => {
  const simulated = new SimulatedSchedules();
  await simulated.put(input);
  simulated.failure = new Error("a bug");
  await simulated.advance(minute);
  assert.deepEqual(simulated.errors.map(String), ["Error: a bug"]);
  simulated.failure = undefined;
  await simulated.advance(minute - 1);
  assert.deepEqual(simulated.published(), []);
  await simulated.advance(1);
  assert.deepEqual(simulated.published(), [`n@${simulated.start + 2 * minute}`]);
});

test("ScheduleRunner heeds a change that comes while a run is under way", async () => {
  const simulated = new SimulatedSchedules();
  await simulated.put({ ...input, cron: "0 * * * *" });
  simulated.now += 60 * minute;
  simulated.ring();
  const put = simulated.put(input);
  await simulated.settle();
  await put;
  await simulated.advance(minute);
  const ids = [60, 61].map((each) => `n@${simulated.start + each * minute}`);
  assert.deepEqual(simulated.published(), ids);
});

test("ScheduleRunner neither runs what is paused nor what is deleted", async () => {
  const simulated = new SimulatedSchedules();
  await simulated.put(input);
  await simulated.put({ ...input, name: "gone" });
  await simulated.pause("n", true);
  assert.equal(await simulated.delete("gone"), true);
  assert.equal(await simulated.delete("gone"), false);
  await simulated.advance(10 * minute);
  assert.deepEqual(simulated.published(), []);
  await simulated.pause("n", false);
  await simulated.advance(minute);
  assert.deepEqual(simulated.published(), [`n@${simulated.start + 11 * minute}`]);
  assert.equal(simulated.runner.size, 1);
  simulated.runner.forgetTopic(simulated.topicId);
  assert.equal(simulated.runner.size, 0);
});

test("ScheduleRunner neither fires early nor loses a run when the clock is set back", async () => {
  const simulated = new SimulatedSchedules();
  await simulated.put(input);
  await simulated.advance(2 * minute);
  assert.equal(simulated.published().length, 1);
  await simulated.advance(-60 * minute);
  await simulated.advance(60 * minute);
  assert.equal(simulated.published().length, 1);
  await simulated.advance(minute);
  assert.equal(simulated.published().length, 2);
});

test("ScheduleRunner runs many schedules that are due together, a few at once", async () => {
  const simulated = new SimulatedSchedules();
  const count = 200;
  for (let each = 0; each < count; each++) {
    await simulated.put({ ...input, name: `n${each}`, missed: "skip" });
  }
  simulated.now += minute;
  simulated.ring();
  assert.equal(simulated.published("tip").length, 32);
  simulated.now += 5000;
  await simulated.settle();
  assert.equal(simulated.published().length, count);
});

test("ScheduleRunner.close() lets nothing run any more", async () => {
  const simulated = new SimulatedSchedules();
  await simulated.put(input);
  simulated.runner.close();
  await simulated.advance(10 * minute);
  assert.deepEqual(simulated.published(), []);
});
