/** Promise 10: what waits, waits in the store; memory holds a bounded part of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineFixture } from "../support/engine-fixture.ts";
import { GroupFixture } from "../support/group-fixture.ts";

test("a consumer that is behind is read for in small parts, not sent everything", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe({ credits: 100, batchSize: 10 });
  for (let from = 0; from < 30_000; from += 5000) await db.publishRange(from, from + 5000);
  await db.quiet();
  assert.equal(inbox.ids.length, 100);
  assert.equal(db.events.counts().eventsInFlight, 100);
  assert.equal(db.events.counts().eventsReady, 29_900);
});

test("a group's place holds at most a few thousand events, whatever fires", () => {
  const group = new GroupFixture({ offsetMin: 0, dueMin: 0 });
  for (let row = 0; row < 100; row++) group.fire([{ count: 1000, due: 1 }]);
  group.fill();
  let held = 0;
  while (group.at.take(1000, undefined) !== undefined) held += 1000;
  assert.ok(held > 0 && held <= 8000, `${held} events`);
});

test("credits are cut to what the database allows", async (t) => {
  const db = await EngineFixture.start(t, { settings: { maxCredits: 10 } });
  const inbox = await db.subscribe({ credits: 100 });
  await db.publishRange(0, 50);
  await db.quiet();
  assert.equal(inbox.ids.length, 10);
});

test("the library's queue holds no more than the credits", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publishRange(0, 500);
  const subscription = db.events.subscribe({ topic: "t", group: "g", credits: 20 });
  await db.quiet();
  assert.equal(db.events.counts().eventsInFlight, 20);
  let count = 0;
  for await (const delivery of subscription) {
    await delivery.ack();
    if (++count === 500) break;
  }
  assert.equal(db.events.counts().eventsReady, 0);
});
