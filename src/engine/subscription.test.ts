import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineFixture } from "../../test/support/engine-fixture.ts";
import { hasCode } from "../../test/support/test-shard.ts";
import type { EventDelivery } from "./events-api.ts";

const request = { topic: "t", group: "g" };

test("the loop gives event after event, which it may acknowledge or give back", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publishRange(0, 2);
  const seen: string[] = [];
  for await (const delivery of db.events.subscribe(request)) {
    seen.push(`${delivery.id}@${delivery.attempt} ${Buffer.from(delivery.payload).toString()}`);
    if (delivery.id === "e0" && delivery.attempt === 1) {
      await delivery.nack("no");
      await db.advance(1000);
    } else await delivery.ack();
    if (seen.length === 3) break;
  }
  assert.deepEqual(seen, ["e0@1 payload of e0", "e1@1 payload of e1", "e0@2 payload of e0"]);
  const [group] = await db.events.getGroup("g");
  assert.equal(group?.committedOffsets.get(0), 2);
});

test("leaving the loop gives what is not acknowledged to others", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publishRange(0, 2);
  let first: EventDelivery | undefined;
  for await (const delivery of db.events.subscribe(request)) {
    first = delivery;
    break;
  }
  assert.equal(db.events.counts().subscriptions, 0);
  const inbox = await db.subscribe();
  assert.deepEqual(inbox.ids, ["e0", "e1"]);
  await assert.rejects(first?.ack() ?? Promise.resolve(), hasCode("NOT_FOUND"));
});

test("a delivery whose time ran out in the queue is not given any more", async (t) => {
  const db = await EngineFixture.start(t, { topic: { ackTimeoutMs: 500, maxAttempts: 2 } });
  await db.publish("a");
  const subscription = db.events.subscribe(request);
  await db.quiet();
  await db.advance(500);
  await db.advance(1000);
  for await (const { id, attempt } of subscription) {
    assert.deepEqual([id, attempt], ["a", 2]);
    break;
  }
});

test("close() ends a loop that waits, without an error", async (t) => {
  const db = await EngineFixture.start(t);
  for (const end of ["subscription", "database"] as const) {
    const subscription = db.events.subscribe(request);
    const loop = (async () => {
      for await (const { id } of subscription) assert.fail(`Nothing was published: got ${id}`);
    })();
    await db.quiet();
    if (end === "subscription") await subscription.close();
    else await db.engine.close();
    await loop;
    await subscription.close();
  }
});

test("the loop throws when the subscription cannot be opened, or is ended", async (t) => {
  const db = await EngineFixture.start(t);
  const next = (more: object) =>
    db.events.subscribe({ ...request, ...more })[Symbol.asyncIterator]().next();
  await assert.rejects(next({ partition: 5 }), hasCode("INVALID_ARGUMENT"));
  const ended = next({});
  await db.quiet();
  const expectation = assert.rejects(ended, hasCode("CLOSED"));
  await db.events.deleteTopic("t");
  await expectation;
});
