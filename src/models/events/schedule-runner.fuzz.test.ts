/**
 * Schedules under kills, clock steps, pauses and failures: no instant is published twice, none
 * early, and with fire-all none is missing.
 */
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { SimulatedSchedules } from "../../../test/support/simulated-schedules.ts";
import { CronosError } from "../../base/errors.ts";
import { previewInstants } from "./cron.ts";
import type { MissedPolicy, ScheduleInput } from "./schedule.ts";

type Step =
  | { readonly kind: "advance" | "jump"; readonly ms: number }
  | { readonly kind: "kill" | "fail" | "put" };

const cronLines = ["* * * * *", "*/20 * * * * *", "*/5 * * * *", "30 12 * * *"];
const forward = fc.oneof(
  fc.integer({ min: 0, max: 3000 }),
  fc.integer({ min: 0, max: 600_000 }),
  fc.constantFrom(1000, 20_000, 60_000),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("advance"), ms: forward }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("jump"), ms: forward }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("jump"), ms: forward.map((ms) => -ms) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("kill", "fail", "put") }) },
);

async function play(simulated: SimulatedSchedules, each: Step, input: ScheduleInput) {
  if (each.kind === "advance") await simulated.advance(each.ms);
  else if (each.kind === "put") await simulated.put(input);
  else if (each.kind === "fail") {
    simulated.failure = new CronosError("DISK_FULL", "Disk is full");
    await simulated.advance(0);
    simulated.failure = undefined;
  } else if (each.kind === "jump") {
    simulated.now += each.ms;
    simulated.ring();
  } else {
    simulated.kill();
    simulated.restart();
  }
}

/** The instants that were published, in order. */
function instantsOf(simulated: SimulatedSchedules): number[] {
  return simulated.published().map((id) => Number(id.slice(id.indexOf("@") + 1)));
}

function property(missed: MissedPolicy) {
  const steps = fc.array(step, { maxLength: 25 });
  return fc.asyncProperty(fc.constantFrom(...cronLines), steps, async (cron, played) => {
    const simulated = new SimulatedSchedules();
    const input = { topic: "t", name: "n", cron, payload: "x", missed };
    let latest = simulated.now;
    await simulated.put(input);
    for (const each of played) {
      await play(simulated, each, input);
      latest = Math.max(latest, simulated.now);
      assert.ok((instantsOf(simulated).at(-1) ?? 0) <= latest);
    }
    simulated.now = latest;
    await simulated.advance(3_600_000);
    assert.equal(simulated.repeated, 0);
    const found = instantsOf(simulated);
    assert.equal(simulated.read("n")?.runs, found.length);
    const rule = { cron, timeZone: "UTC" };
    const all = previewInstants(rule, { count: 1000, from: simulated.start });
    const passed = all.filter((instant) => instant <= simulated.now);
    assert.ok(passed.length < all.length);
    if (missed === "fire-all") assert.deepEqual(found, passed);
    else assert.ok(found.every((instant) => passed.includes(instant)));
    if (missed === "fire-once") assert.equal(found.at(-1), passed.at(-1));
  });
}

for (const missed of ["skip", "fire-once", "fire-all"] as const) {
  test(`ScheduleRunner with ${missed} publishes no instant twice or early`, async () => {
    await fc.assert(property(missed), { numRuns: 40 });
  });
}
