import assert from "node:assert/strict";
import { test } from "node:test";
import { isCronosError } from "../../base/errors.ts";
import { runEvent, scheduleDefinition } from "./schedule.ts";
import type { ScheduleInput } from "./schedule.ts";

const input: ScheduleInput = { topic: "t", name: "n", cron: "* * * * *", payload: "hello" };

/** Inputs that JavaScript without types may pass. */
type Fields = Readonly<Record<string, unknown>>;

function asInput(fields: Fields): ScheduleInput {
  const given: unknown = { ...input, ...fields };
  return given as ScheduleInput;
}

test("scheduleDefinition() fills in what is not given", () => {
  assert.deepEqual(scheduleDefinition(input), {
    topic: "t",
    name: "n",
    cron: "* * * * *",
    timeZone: "UTC",
    payload: Buffer.from("hello"),
    meta: {},
    jitterMs: 0,
    missed: "fire-once",
    paused: false,
  });
});

test("scheduleDefinition() keeps what is given, and copies it", () => {
  const payload = Uint8Array.of(1, 2, 3);
  const meta = { tag: "a" };
  const times = { startAt: 5, endAt: 6, jitterMs: 7 };
  const definition = scheduleDefinition({ ...input, ...times, payload, meta, missed: "skip" });
  payload[0] = 9;
  meta.tag = "b";
  assert.deepEqual([...definition.payload], [1, 2, 3]);
  assert.deepEqual(definition.meta, { tag: "a" });
  const { startAt, endAt, jitterMs, missed } = definition;
  assert.deepEqual({ startAt, endAt, jitterMs, missed }, { ...times, missed: "skip" });
});

test("scheduleDefinition() names the field that is wrong", () => {
  const cases: readonly (readonly [fields: Fields, message: RegExp])[] = [
    [{ topic: "" }, /^Schedule topic must be a text of 1 to 255 characters: got ""$/],
    [{ topic: "x".repeat(256) }, /^Schedule topic must be/],
    [{ name: "" }, /^Schedule name must be a text of 1 to 100 characters: got ""$/],
    [{ name: "x".repeat(101) }, /^Schedule name must be/],
    [{ name: 7 }, /^Schedule name must be .*: got 7$/],
    [{ cron: "61 * * * *" }, /^cron must be .*: got "61 /],
    [{ timeZone: "Nowhere" }, /^timeZone must be .*: got "Nowhere"$/],
    [{ payload: "" }, /^Schedule payload must be at least 1 byte: got ""$/],
    [{ payload: undefined }, /^Schedule payload must be bytes or a text: got undefined$/],
    [{ payload: new Uint8Array(4 * 1024 * 1024 + 1) }, /^Schedule payload must be at most 4194304/],
    [{ meta: { a: 1 } }, /^Schedule meta\.a must be a text: got 1$/],
    [{ meta: { a: "x".repeat(65_000) } }, /^Schedule meta must be at most 65536 bytes: got "6/],
    [{ meta: null }, /^Schedule meta must be an object of texts: got null$/],
    [{ startAt: 1.5 }, /^startAt must be an integer from 0 to \d+: got 1\.5$/],
    [{ startAt: 9, endAt: 9 }, /^endAt must be an integer from 10 to \d+: got 9$/],
    [{ endAt: 2 ** 48 }, /^endAt must be/],
    [{ jitterMs: -1 }, /^Schedule jitterMs must be an integer from 0 to 86400000: got -1$/],
    [{ missed: "never" }, /^Schedule missed must be skip, fire-once, fire-all: got "never"$/],
  ];
  for (const [fields, message] of cases) {
    assert.throws(
      () => scheduleDefinition(asInput(fields)),
      (error) => isCronosError(error, "INVALID_ARGUMENT") && message.test(error.message),
      String(message),
    );
  }
});

test("runEvent() is the same for the same run, and is due at the instant without jitter", () => {
  const schedule = scheduleDefinition({ ...input, meta: { tag: "a" } });
  assert.deepEqual(runEvent(schedule, 1_750_000_000_000), {
    topic: "t",
    id: "n@1750000000000",
    at: 1_750_000_000_000,
    payload: Buffer.from("hello"),
    meta: { tag: "a" },
  });
});

test("runEvent() spreads runs over the jitter, evenly and always the same way", () => {
  const jitterMs = 9999;
  const schedule = scheduleDefinition({ ...input, jitterMs });
  const delays = Array.from({ length: 5000 }, (_, run) => {
    const instant = 1_750_000_000_000 + run * 60_000;
    assert.deepEqual(runEvent(schedule, instant), runEvent(schedule, instant));
    return runEvent(schedule, instant).at - instant;
  });
  assert.ok(delays.every((delay) => delay >= 0 && delay <= jitterMs));
  for (let tenth = 0; tenth < 10; tenth++) {
    const inTenth = delays.filter((delay) => Math.floor(delay / 1000) === tenth).length;
    assert.ok(inTenth > 400 && inTenth < 600, `${inTenth} of 5000 in tenth ${tenth}`);
  }
});
