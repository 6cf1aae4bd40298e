import assert from "node:assert/strict";
import { test } from "node:test";
import { RowShard } from "../../../test/support/row-shard.ts";
import { isCronosError } from "../../base/errors.ts";
import type { Transaction } from "../../shard/transaction.ts";
import { scheduleKey } from "./rows.ts";
import type { Schedule, ScheduleInput } from "./schedule.ts";
import {
  deleteSchedule,
  listSchedules,
  putSchedule,
  readSchedule,
  readSchedulePlace,
  setSchedulePaused,
  takeDueRuns,
} from "./schedules.ts";

const start = Date.parse("2025-06-01T12:00:00Z");
const minute = 60_000;
const input: ScheduleInput = { topic: "t", name: "n", cron: "* * * * *", payload: "hello" };

function newShard() {
  const shard = new RowShard(() => start);
  const run = <T>(operation: (tx: Transaction) => T): T => {
    let result: T | undefined;
    const wrapped = (tx: Transaction): void => {
      result = operation(tx);
    };
    let failure: unknown;
    shard.execute(wrapped).catch((error: unknown) => {
      failure = error;
    });
    shard.makeDurable();
    assert.equal(failure, undefined);
    return result as T;
  };
  return {
    shard,
    run,
    put: (fields: Partial<ScheduleInput>, now = start, topicId = 1): Schedule => {
      return run((tx) => putSchedule(tx, topicId, { input: { ...input, ...fields }, now }));
    },
    read: (name: string): Schedule | undefined => readSchedule(shard.tip, scheduleKey(1, name)),
    pause: (paused: boolean, now: number): Schedule => {
      return run((tx) => setSchedulePaused(tx, { topicId: 1, name: "n" }, { paused, now }));
    },
    take: (now: number) => run((tx) => takeDueRuns(tx, scheduleKey(1, "n"), now)),
  };
}

test("putSchedule() stores what readSchedule() and listSchedules() give back", () => {
  const { put, read, shard } = newShard();
  const payload = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const given = { payload, meta: { a: "ü" }, startAt: start + 1, endAt: start + 1e9, jitterMs: 5 };
  const schedule = put({ ...given, timeZone: "Europe/Berlin", missed: "skip" });
  assert.equal(schedule.nextAt, start + minute);
  assert.equal(schedule.runs, 0);
  const expected = { ...schedule, payload: Buffer.from(payload) };
  assert.deepEqual(read("n"), expected);
  assert.deepEqual(listSchedules(shard.tip), [expected]);
});

test("listSchedules() of a topic and of all, whatever the names", () => {
  const { put, shard } = newShard();
  const names = ["b", "a", "a\x00", "a\x00\x01", "ab", "日本", "a\x00\x01\x00"];
  for (const name of names) put({ name });
  put({ name: "other" }, start, 2);
  const listed = listSchedules(shard.tip, 1).map(({ name }) => name);
  assert.deepEqual(listed.toSorted(), names.toSorted());
  assert.deepEqual(
    listSchedules(shard.tip, 2).map(({ name }) => name),
    ["other"],
  );
  assert.equal(listSchedules(shard.tip).length, names.length + 1);
  const places = [...shard.tip.range("", undefined)].flatMap((row) => readSchedulePlace(row) ?? []);
  assert.deepEqual(
    places.map(({ key }) => readSchedule(shard.tip, key)?.name),
    listSchedules(shard.tip).map(({ name }) => name),
  );
  assert.ok(places.every(({ nextAt }) => nextAt === start + minute));
});

test("putSchedule() of a wrong input throws and stores nothing", async () => {
  const { shard } = newShard();
  const wrong = { input: { ...input, cron: "x" }, now: start };
  const attempt = shard.execute((tx) => putSchedule(tx, 1, wrong));
  await assert.rejects(attempt, (error) => isCronosError(error, "INVALID_ARGUMENT"));
  assert.deepEqual(listSchedules(shard.tip), []);
});

test("putSchedule() again keeps a missed run and the count when the rule is the same", () => {
  const { put, take } = newShard();
  put({});
  take(start + minute);
  const later = start + 10 * minute + 1;
  const same = put({ payload: "new", missed: "fire-all", jitterMs: 3 }, later);
  assert.equal(same.nextAt, start + 2 * minute);
  assert.equal(same.runs, 1);
  const changed = put({ cron: "*/5 * * * *" }, later);
  assert.equal(changed.nextAt, start + 15 * minute);
  assert.equal(changed.runs, 1);
});

test("putSchedule() of one that is over has no next run", () => {
  const { put } = newShard();
  assert.equal(put({ endAt: start }).nextAt, undefined);
  assert.equal(put({ endAt: start + minute + 1 }).nextAt, start + minute);
});

test("setSchedulePaused() stops, and goes on from now", () => {
  const { put, pause, take } = newShard();
  put({ missed: "fire-all" });
  const paused = pause(true, start + 1);
  assert.equal(paused.paused, true);
  assert.equal("nextAt" in paused, false);
  assert.deepEqual(take(start + 5 * minute), { events: [], nextAt: undefined });
  assert.deepEqual(pause(true, start + 2), { ...paused, payload: Buffer.from("hello") });
  assert.equal(put({ payload: "new" }, start + 2).paused, true);
  assert.equal(put({ cron: "*/2 * * * *" }, start + 2).nextAt, undefined);
  const resumed = pause(false, start + 7 * minute);
  assert.equal(resumed.nextAt, start + 8 * minute);
  assert.equal(pause(false, start + 99 * minute).nextAt, start + 8 * minute);
});

test("setSchedulePaused() of an unknown schedule is NOT_FOUND", async () => {
  const { shard } = newShard();
  const attempt = shard.execute((tx) => {
    setSchedulePaused(tx, { topicId: 1, name: "n" }, { paused: true, now: start });
  });
  await assert.rejects(attempt, /Schedule n does not exist/);
});

test("deleteSchedule() removes every row, and says whether there was one", () => {
  const { put, run, shard } = newShard();
  put({});
  put({ name: "n\x00" });
  assert.equal(
    run((tx) => deleteSchedule(tx, { topicId: 1, name: "n" })),
    true,
  );
  assert.equal(
    run((tx) => deleteSchedule(tx, { topicId: 1, name: "n" })),
    false,
  );
  assert.deepEqual(
    listSchedules(shard.tip).map(({ name }) => name),
    ["n\x00"],
  );
});

test("takeDueRuns() gives the events of what is due and stores how far it came", () => {
  const { put, take, read, run } = newShard();
  put({ missed: "fire-all", meta: { a: "b" } });
  assert.deepEqual(take(start + minute - 1), { events: [], nextAt: start + minute });
  const taken = take(start + 2 * minute);
  assert.deepEqual(
    taken?.events.map(({ topic, id, at, meta }) => ({ topic, id, at, meta })),
    [1, 2].map((each) => {
      const at = start + each * minute;
      return { topic: "t", id: `n@${at}`, at, meta: { a: "b" } };
    }),
  );
  assert.equal(taken?.nextAt, start + 3 * minute);
  assert.equal(read("n")?.runs, 2);
  assert.equal(read("n")?.nextAt, start + 3 * minute);
  assert.equal(
    run((tx) => takeDueRuns(tx, scheduleKey(1, "unknown"), start)),
    undefined,
  );
});

test("takeDueRuns() stores the next instant when skipped runs are dropped", () => {
  const { put, take, read } = newShard();
  put({ missed: "skip" });
  const now = start + 9 * minute + 5000;
  assert.deepEqual(take(now), { events: [], nextAt: start + 10 * minute });
  assert.equal(read("n")?.nextAt, start + 10 * minute);
  assert.equal(read("n")?.runs, 0);
});
