import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { quiet } from "../../../test/support/engine-fixture.ts";
import { EventsShard } from "../../../test/support/events-shard.ts";
import { subscribeInbox } from "../../../test/support/model-inbox.ts";
import { hasCode } from "../../../test/support/test-shard.ts";
import { CronosError } from "../../base/errors.ts";

async function opened(t: TestContext) {
  const events = await EventsShard.open({ partitions: 1 });
  t.after(() => events.close());
  const { model, shard, clock, log } = events;
  const publish = async (id: string, delayMs = 0): Promise<number> => {
    const at = clock.now() + delayMs;
    const [place] = await events.publish([{ topic: "t", id, at, payload: "p" }]);
    await quiet();
    return place?.offset ?? -1;
  };
  const pass = async (ms: number): Promise<void> => {
    await clock.advance(ms);
    await quiet();
  };
  return { model, shard, log, publish, pass };
}

test("an event is handed to every group when its time comes", async (t) => {
  const { model, publish, pass } = await opened(t);
  const one = await subscribeInbox(model, { group: "one" });
  const two = await subscribeInbox(model, { group: "two" });
  await publish("a", 100);
  await pass(99);
  assert.equal(one.inbox.take() + two.inbox.take(), "");
  await pass(1);
  assert.deepEqual([one.inbox.take(), two.inbox.take()], ["a@1", "a@1"]);
});

test("a group without a name ends with its subscription", async (t) => {
  const { model } = await opened(t);
  const { member } = await subscribeInbox(model, { group: undefined });
  assert.equal([...model.allGroups()].length, 1);
  await model.leave(member);
  assert.equal([...model.allGroups()].length, 0);
});

test("a subscription takes the place of its namesake, and what that was handed", async (t) => {
  const { model, publish } = await opened(t);
  const first = await subscribeInbox(model, { subscriptionId: "s" });
  await publish("a");
  assert.equal(first.inbox.take(), "a@1");
  const second = await subscribeInbox(model, { subscriptionId: "s" });
  assert.deepEqual(first.inbox.reasons, ["Subscription s was opened again"]);
  assert.equal(second.inbox.take(), "a@2");
});

test("seek() voids what is out and hands it out from the first attempt", async (t) => {
  const { model, publish } = await opened(t);
  const { inbox, member } = await subscribeInbox(model);
  await publish("a");
  await publish("b");
  await model.settle(inbox.idOf(0), { ok: true });
  assert.equal(inbox.take(), "a@1 b@1");
  await model.seek(member.group, undefined, "earliest");
  await quiet();
  assert.equal(inbox.take(), "a@1 b@1");
  await assert.rejects(model.settle(inbox.idOf(1), { ok: true }), hasCode("NOT_FOUND"));
});

test("members are told why their group ends", async (t) => {
  const { model, shard } = await opened(t);
  const [g, h, i] = [
    await subscribeInbox(model, { group: "g" }),
    await subscribeInbox(model, { group: "h", topic: "other" }),
    await subscribeInbox(model, { group: "i", topic: "third" }),
  ];
  await model.removeGroup(g.member.group);
  await assert.rejects(model.seek(g.member.group, undefined, "latest"), hasCode("NOT_FOUND"));
  await shard.execute((tx) => model.catalog.remove(tx, "other"));
  model.close();
  assert.deepEqual(
    [g, h, i].flatMap(({ inbox }) => inbox.reasons),
    ["Group g was deleted", "Topic other was deleted", "Database is closing"],
  );
});

test("what could not be stored is forgotten: ids, offsets, deliveries", async (t) => {
  const { model, log, publish, pass } = await opened(t);
  const { inbox } = await subscribeInbox(model);
  assert.equal(await publish("a"), 0);
  log.failNext(new CronosError("IO", "Disk is gone"));
  await assert.rejects(publish("b"), hasCode("IO"));
  await pass(1000);
  assert.equal(await publish("b"), 1);
  // What was out is handed out again: nothing of before may stay.
  assert.equal(inbox.take(), "a@1 a@1 b@1");
  await assert.rejects(model.settle(inbox.idOf(0), { ok: true }), hasCode("NOT_FOUND"));
  assert.equal(await model.settle(inbox.idOf(1), { ok: true }), 1);
});
