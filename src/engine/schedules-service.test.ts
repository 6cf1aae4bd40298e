import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { ScheduleInput } from "./events-api.ts";
import { open } from "./open.ts";
import type { MemoryDatabase } from "./open.ts";

const minute = 60_000;
const input: ScheduleInput = { topic: "t", name: "n", cron: "* * * * *", payload: "tick" };

/** A database in memory whose clock stands at the start of an hour. */
async function openAtFullHour(t: TestContext): Promise<MemoryDatabase> {
  const db = await open(":memory:");
  t.after(() => db.close());
  await db.clock.advance(3_600_000 - (db.clock.now() % 3_600_000));
  return db;
}

/** Ids and times of the next `count` deliveries of the topic, acknowledged. */
async function take(db: MemoryDatabase, count: number): Promise<readonly [string, number][]> {
  const taken: [string, number][] = [];
  const subscription = db.events.subscribe({ topic: "t", group: "g" });
  for await (const delivery of subscription) {
    assert.equal(Buffer.from(delivery.payload).toString(), "tick");
    taken.push([delivery.id, delivery.at]);
    await delivery.ack();
    if (taken.length === count) break;
  }
  return taken.sort(([, a], [, b]) => a - b);
}

test("schedule() delivers each run when its instant comes", async (t) => {
  const db = await openAtFullHour(t);
  const start = db.clock.now();
  const schedule = await db.events.schedule(input);
  assert.equal(schedule.nextAt, start + minute);
  assert.equal((await db.stats()).schedules, 1);
  await db.clock.advance(3 * minute);
  const expected = [1, 2, 3].map((each) => {
    return [`n@${start + each * minute}`, start + each * minute];
  });
  assert.deepEqual(await take(db, 3), expected);
  assert.deepEqual(
    (await db.events.listSchedules("t")).map(({ runs, nextAt }) => ({ runs, nextAt })),
    [{ runs: 3, nextAt: start + 4 * minute }],
  );
});

test("schedule() with jitter delivers a run after its instant, at its schedule time", async (t) => {
  const db = await openAtFullHour(t);
  const start = db.clock.now();
  await db.events.schedule({ ...input, jitterMs: 30_000 });
  await db.clock.advance(2 * minute);
  const [[id, at] = ["", 0]] = await take(db, 1);
  assert.equal(id, `n@${start + minute}`);
  assert.ok(at >= start + minute && at <= start + minute + 30_000);
});

test("schedule() makes up for runs over which the clock jumped, by policy", async (t) => {
  const db = await openAtFullHour(t);
  const start = db.clock.now();
  await db.events.schedule({ ...input, missed: "fire-all" });
  db.clock.step(250 * minute);
  await db.clock.advance(1000);
  assert.equal((await take(db, 250)).length, 250);
  const [schedule] = await db.events.listSchedules();
  assert.equal(schedule?.runs, 250);
  assert.equal(schedule?.nextAt, start + 251 * minute);
});

test("pauseSchedule(), deleteSchedule() and their unknown names", async (t) => {
  const db = await openAtFullHour(t);
  await db.events.schedule(input);
  assert.equal((await db.events.pauseSchedule("t", "n", true)).nextAt, undefined);
  await db.clock.advance(10 * minute);
  const now = db.clock.now();
  assert.equal((await db.events.pauseSchedule("t", "n", false)).nextAt, now + minute);
  await assert.rejects(db.events.pauseSchedule("t", "no", true), /Schedule no does not exist/);
  await assert.rejects(db.events.pauseSchedule("no", "n", true), /Topic no does not exist/);
  assert.equal(await db.events.deleteSchedule("no", "n"), false);
  assert.equal(await db.events.deleteSchedule("t", "no"), false);
  assert.equal(await db.events.deleteSchedule("t", "n"), true);
  assert.deepEqual(await db.events.listSchedules(), []);
  assert.deepEqual(await db.events.listSchedules("no"), []);
  assert.equal((await db.stats()).schedules, 0);
});

test("schedule() that is refused leaves no topic behind", async (t) => {
  const db = await openAtFullHour(t);
  await assert.rejects(db.events.schedule({ ...input, cron: "x" }), /cron must be five fields/);
  assert.equal((await db.stats()).topics, 0);
});

test("previewSchedule() gives instants from now, ten unless asked otherwise", async (t) => {
  const db = await openAtFullHour(t);
  const start = db.clock.now();
  const hour = 3_600_000;
  const instants = await db.events.previewSchedule({ cron: "0 * * * *" });
  assert.deepEqual(
    instants,
    Array.from({ length: 10 }, (_, each) => start + (each + 1) * hour),
  );
  const rule = { cron: "0 9 * * *", timeZone: "Asia/Kolkata", startAt: start + 240 * hour };
  const [first, ...rest] = await db.events.previewSchedule(rule, { count: 1, from: start });
  assert.deepEqual(rest, []);
  assert.ok(first !== undefined && first >= rule.startAt && first % (24 * hour) === 3.5 * hour);
  await assert.rejects(db.events.previewSchedule({ cron: "x" }), /cron must be/);
  await assert.rejects(db.events.previewSchedule(rule, { count: 0 }), /count must be/);
});
