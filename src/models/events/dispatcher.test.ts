import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { quiet } from "../../../test/support/engine-fixture.ts";
import { EventsShard } from "../../../test/support/events-shard.ts";
import { subscribeInbox } from "../../../test/support/model-inbox.ts";
import type { TopicSettings } from "./topic.ts";

async function opened(t: TestContext, settings: Partial<TopicSettings> = {}) {
  const events = await EventsShard.open({ partitions: 1, ...settings });
  t.after(() => events.close());
  const publish = async (ids: string, payload = "p"): Promise<void> => {
    const at = events.clock.now();
    await events.publish(Array.from(ids, (id) => ({ topic: "t", id, at, payload })));
    await quiet();
  };
  const { model, clock } = events;
  const ack = async (deliveryId: string): Promise<void> => {
    await model.settle(deliveryId, { ok: true });
    await quiet();
  };
  const pass = async (ms: number): Promise<void> => {
    await clock.advance(ms);
    await quiet();
  };
  return { model, publish, ack, pass };
}

test("a member is handed no more than its credits, in batches of its size", async (t) => {
  const { model, publish, ack } = await opened(t);
  const { inbox } = await subscribeInbox(model, { credits: 3, batchSize: 2 });
  await publish("abcdef");
  assert.equal(inbox.take(), "a+b@1 c@1");
  assert.equal(model.dispatcher.inFlightEvents, 3);
  await ack(inbox.idOf(0));
  assert.equal(inbox.take(), "d+e@1");
  await ack(inbox.idOf(1));
  assert.equal(inbox.take(), "f@1");
});

test("members of a group take turns, and no event goes to two of them", async (t) => {
  const { model, publish } = await opened(t);
  const one = await subscribeInbox(model);
  const two = await subscribeInbox(model);
  await publish("abcd");
  assert.equal(one.inbox.take(), "a@1 c@1");
  assert.equal(two.inbox.take(), "b@1 d@1");
});

test("a member whose socket is full is handed nothing until it has room", async (t) => {
  const { model, publish } = await opened(t);
  const { inbox, member } = await subscribeInbox(model);
  inbox.hasRoom = false;
  await publish("abc");
  assert.equal(inbox.take(), "a@1");
  inbox.hasRoom = true;
  model.resume(member);
  await quiet();
  assert.equal(inbox.take(), "b@1 c@1");
});

test("a delivery of several events has at most 512 KiB; a larger event goes alone", async (t) => {
  const { model, publish } = await opened(t);
  const { inbox } = await subscribeInbox(model, { batchSize: 10 });
  await publish("abc", "x".repeat(200 * 1024));
  assert.equal(inbox.take(), "a+b@1 c@1");
  await publish("de", "x".repeat(600 * 1024));
  assert.equal(inbox.take(), "d@1 e@1");
});

test("what a member leaves behind goes to the others as the next attempt", async (t) => {
  const { model, publish } = await opened(t);
  const { inbox, member } = await subscribeInbox(model, { batchSize: 2 });
  await publish("abc");
  assert.equal(inbox.take(), "a+b@1 c@1");
  const other = await subscribeInbox(model, { batchSize: 3 });
  assert.equal(other.inbox.take(), "");
  await model.leave(member);
  await quiet();
  assert.equal(other.inbox.take(), "a+b+c@2");
  assert.equal(model.dispatcher.find(inbox.idOf(0)), undefined);
});

test("a delivery that is not settled in time is out no more", async (t) => {
  const { model, publish, pass } = await opened(t, { ackTimeoutMs: 500, retryBackoffMs: 100 });
  const { inbox } = await subscribeInbox(model);
  await publish("a");
  await pass(499);
  assert.notEqual(model.dispatcher.find(inbox.idOf(0)), undefined);
  await pass(1);
  assert.equal(model.dispatcher.find(inbox.idOf(0)), undefined);
  assert.equal(model.dispatcher.inFlightEvents, 0);
  await pass(100);
  assert.equal(inbox.take(), "a@1 a@2");
});
