/** Promise 3: an event that is due waits until somebody takes it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineFixture } from "../support/engine-fixture.ts";

const ids = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, k) => `e${from + k}`);

test("events wait while nobody subscribed, in a group or to anything", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publishRange(0, 5, db.now + 1000);
  await db.advance(3_600_000);
  const inbox = await db.subscribe();
  assert.deepEqual(inbox.ids, ids(0, 5));
  await inbox.ackAll();
  await inbox.close();
  await db.publishRange(5, 10);
  await db.advance(3_600_000);
  const again = await db.subscribe();
  assert.deepEqual(again.ids, ids(5, 10));
});

test("events wait for credits, one for each acknowledgement", async (t) => {
  const db = await EngineFixture.start(t, { topic: { ackTimeoutMs: 1e9 } });
  const inbox = await db.subscribe({ credits: 3 });
  await db.publishRange(0, 10);
  await db.advance(3_600_000);
  assert.deepEqual(inbox.ids, ids(0, 3));
  for (let k = 0; k < 7; k++) {
    await inbox.ack(inbox.received[k]);
    assert.deepEqual(inbox.ids, ids(0, 4 + k));
  }
});

test("a delivery never has more events than there are credits", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe({ credits: 5, batchSize: 4 });
  await db.publishRange(0, 20);
  await db.quiet();
  assert.deepEqual(inbox.deliveries.map(({ events }) => events.length), [4, 1]);
  const [first] = inbox.deliveries;
  await inbox.subscription.nack(first?.deliveryId ?? "", "no");
  await db.quiet();
  assert.deepEqual(inbox.deliveries.map(({ events }) => events.length), [4, 1, 4]);
});

test("events wait while a subscriber's socket is full", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe();
  inbox.hasRoom = false;
  await db.publishRange(0, 5);
  await db.advance(10_000);
  assert.deepEqual(inbox.ids, ids(0, 1));
  inbox.hasRoom = true;
  inbox.subscription.resume();
  await db.quiet();
  assert.deepEqual(inbox.ids, ids(0, 5));
});

test("a full socket of one member leaves everything to the others", async (t) => {
  const db = await EngineFixture.start(t);
  const full = await db.subscribe();
  full.hasRoom = false;
  const free = await db.subscribe();
  await db.publishRange(0, 10);
  await db.quiet();
  assert.equal(full.ids.length, 1);
  assert.equal(free.ids.length, 9);
});

test("events wait over a stop and a kill", async (t) => {
  const db = await EngineFixture.start(t);
  await db.events.createGroup("g", "t");
  await db.publishRange(0, 3);
  await db.restart(60_000);
  await db.publishRange(3, 6, db.now + 1000);
  await db.kill(60_000);
  assert.deepEqual((await db.subscribe()).ids, ids(0, 6));
});

test("a consumer that stops acknowledging for an hour misses nothing", async (t) => {
  const db = await EngineFixture.start(t, { topic: { maxAttempts: 1_000_000 } });
  const inbox = await db.subscribe({ credits: 10 });
  await db.publishRange(0, 30);
  await db.advance(3_600_000);
  assert.ok(inbox.attempts.includes(5));
  inbox.take();
  inbox.isAcking = true;
  await db.advance(2 * 3_600_000);
  assert.deepEqual(new Set(inbox.ids), new Set(ids(0, 30)));
  const { eventsReady, eventsInFlight } = db.events.counts();
  assert.deepEqual([eventsReady, eventsInFlight], [0, 0]);
});
