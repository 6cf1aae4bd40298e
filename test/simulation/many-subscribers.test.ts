/**
 * Ten thousand subscribers: one group each, or all in one group. Everybody gets what is due to
 * them, publishing stays quick, and what waits is given to those that stay.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineFixture, Inbox, quiet } from "../support/engine-fixture.ts";
import { rounds } from "../support/torture.ts";

const topic = "t";
const subscribers = rounds(2_000, 10_000);
const events = rounds(5, 20);

/** Subscribes at once; `groupOf` names the group of each. */
async function subscribeAll(
  db: EngineFixture,
  groupOf: (n: number) => string,
): Promise<readonly Inbox[]> {
  const inboxes = Array.from({ length: subscribers }, () => new Inbox());
  await Promise.all(
    inboxes.map(async (inbox, n) => {
      const options = { topic, group: groupOf(n), batchSize: 10, credits: 100 };
      inbox.subscription = await db.events.subscribeEncoded(options, inbox);
    }),
  );
  return inboxes;
}

async function untilReceived(inboxes: readonly Inbox[], count: number): Promise<void> {
  const received = (): number => inboxes.reduce((sum, { ids }) => sum + ids.length, 0);
  for (let turn = 0; turn < 1000 && received() < count; turn++) await quiet();
  assert.equal(received(), count);
}

test(`${subscribers} groups of one member each get every event`, async (t) => {
  const db = await EngineFixture.start(t);
  const inboxes = await subscribeAll(db, (n) => `g${n}`);
  assert.equal((await db.events.listGroups(topic)).length, subscribers);
  await db.publishRange(0, events);
  await untilReceived(inboxes, subscribers * events);
  const expected = Array.from({ length: events }, (_, n) => `e${n}`);
  for (const inbox of inboxes) assert.deepEqual(inbox.ids, expected);
  await Promise.all(inboxes.map((inbox) => inbox.ackAll()));
  await db.quiet();
  assert.equal(db.events.counts().eventsInFlight, 0);
  assert.equal(db.events.counts().eventsReady, 0);
  await db.kill();
  const [again] = await subscribeAll(db, (n) => `g${n}`);
  await db.quiet();
  assert.deepEqual(again?.ids, []);
});

test(`a group of ${subscribers} members shares the events among them`, async (t) => {
  const db = await EngineFixture.start(t);
  const inboxes = await subscribeAll(db, () => "g");
  const count = 2 * subscribers;
  for (let from = 0; from < count; from += 100) await db.publishRange(from, from + 100);
  await untilReceived(inboxes, count);
  const ids = inboxes.flatMap((inbox) => inbox.ids);
  assert.equal(new Set(ids).size, count);
  const most = Math.max(...inboxes.map((inbox) => inbox.ids.length));
  assert.ok(most <= 100, `one member of ${subscribers} got ${most} of ${count} events`);
  await Promise.all(inboxes.map((inbox) => inbox.ackAll()));
  await db.quiet();
  assert.equal(db.events.counts().eventsReady, 0);
});

test("members that leave together give everything to those that stay", async (t) => {
  const db = await EngineFixture.start(t);
  const inboxes = await subscribeAll(db, () => "g");
  const stays = inboxes.slice(0, 20);
  await db.publishRange(0, 1000);
  await untilReceived(inboxes, 1000);
  await Promise.all(inboxes.slice(20).map((inbox) => inbox.subscription.close()));
  const ids = new Set<string>();
  for (let round = 0; round < 100 && ids.size < 1000; round++) {
    for (const inbox of stays) {
      for (const id of inbox.ids) ids.add(id);
      await inbox.ackAll();
    }
  }
  assert.equal(ids.size, 1000);
});

test("a slow consumer of one event at a time holds up nobody and misses nothing", async (t) => {
  const db = await EngineFixture.start(t);
  const slow = await db.subscribe({ group: "slow", credits: 1 });
  const quick = await db.subscribe({ group: "quick", credits: 1000, batchSize: 100 });
  const count = 500;
  const slowIds: string[] = [];
  const quickIds: string[] = [];
  for (let from = 0; from < count; from += 50) {
    await db.publishRange(from, from + 50);
    await db.quiet();
    quickIds.push(...quick.ids);
    await quick.ackAll();
    assert.equal(quickIds.length, from + 50);
    assert.ok(slow.ids.length <= 1, `${slow.ids.length} events for one credit`);
    slowIds.push(...slow.ids);
    await slow.ackAll();
  }
  while (slow.ids.length > 0) {
    slowIds.push(...slow.ids);
    await slow.ackAll();
  }
  assert.deepEqual(slowIds, quickIds);
  assert.equal(new Set(slowIds).size, count);
});
