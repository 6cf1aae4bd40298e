/** Clock steps: what waits for a time of day follows the clock, what takes its time does not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineFixture } from "../support/engine-fixture.ts";

const hour = 3_600_000;

test("a clock step forward does not end the time to acknowledge", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publish("a");
  const inbox = await db.subscribe();
  db.clock.step(hour);
  await db.advance(29_000);
  await inbox.ack(inbox.received[0]);
  await db.advance(hour);
  assert.deepEqual(inbox.attempts, [1]);
});

test("a clock step back extends neither the time to acknowledge nor the backoff", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publish("a");
  const inbox = await db.subscribe();
  db.clock.step(-hour);
  await db.advance(30_000);
  await db.advance(1000);
  assert.deepEqual(inbox.attempts, [1, 2]);
  await inbox.nack(inbox.received[1]);
  db.clock.step(-hour);
  await db.advance(30_000);
  // Written before the step: this one waits for the time it was given.
  await db.advance(hour);
  assert.deepEqual(inbox.attempts.slice(0, 3), [1, 2, 3]);
});

test("an event due while the clock is set back fires at its time of that clock", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe();
  inbox.isAcking = true;
  const due = db.now + 1000;
  await db.publish("a", due);
  db.clock.step(-hour);
  await db.advance(2000);
  assert.deepEqual(inbox.ids, []);
  await db.publish("now");
  await db.quiet();
  assert.deepEqual(inbox.ids, ["now"]);
  await db.advance(hour - 1001);
  assert.deepEqual(inbox.ids, ["now"]);
  await db.advance(1);
  assert.deepEqual(inbox.ids, ["now", "a"]);
});

test("an event is fired once when it is due when the clock is set back", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe();
  inbox.isAcking = true;
  const before = db.now;
  db.clock.step(-hour);
  // Shard time stays at `before`: the due time of "now", and the schedule time of "later".
  await db.events.publishBatch([db.event("now", db.now), db.event("later", before)]);
  await db.quiet();
  assert.deepEqual(inbox.ids, ["now"]);
  await db.advance(hour);
  assert.deepEqual(inbox.ids, ["now", "later"]);
});
