import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { quiet } from "../../../test/support/engine-fixture.ts";
import { EventsShard } from "../../../test/support/events-shard.ts";
import { subscribeInbox } from "../../../test/support/model-inbox.ts";
import { hasCode } from "../../../test/support/test-shard.ts";
import { readDeadLetters } from "./dead-letters.ts";
import type { TopicSettings } from "./topic.ts";

/** A topic with these events handed to one member, one by one. */
async function handedOut(t: TestContext, ids: string, settings: Partial<TopicSettings> = {}) {
  const events = await EventsShard.open({ partitions: 1, ...settings });
  t.after(() => events.close());
  const { model, clock, shard, log } = events;
  const at = clock.now();
  await events.publish(Array.from(ids, (id) => ({ topic: "t", id, at, payload: "p" })));
  const { inbox, member } = await subscribeInbox(model);
  const pass = async (ms: number): Promise<void> => {
    await clock.advance(ms);
    await quiet();
  };
  return { model, shard, log, inbox, group: member.group, pass };
}

const ok = { ok: true } as const;
const failed = { ok: false, error: "hurt" } as const;

test("settle() resolves with the offset before which all is settled", async (t) => {
  const { model, inbox } = await handedOut(t, "abc");
  assert.equal(await model.settle(inbox.idOf(1), ok), 0);
  assert.equal(await model.settle(inbox.idOf(0), ok), 2);
  assert.equal(await model.settle(inbox.idOf(2), ok), 3);
});

test("settle() takes a delivery once, and only while it is out", async (t) => {
  const { model, inbox } = await handedOut(t, "a");
  const first = model.settle(inbox.idOf(0), ok);
  await assert.rejects(model.settle(inbox.idOf(0), ok), hasCode("NOT_FOUND"));
  await first;
  await assert.rejects(model.settle(inbox.idOf(0), failed), hasCode("NOT_FOUND"));
  await assert.rejects(model.settle("unknown", ok), hasCode("NOT_FOUND"));
});

test("outcomes of one turn are one record of the log", async (t) => {
  const { model, inbox, log } = await handedOut(t, "abcdefgh");
  const before = log.head;
  const settled = inbox.deliveries.map(({ deliveryId }) => model.settle(deliveryId, ok));
  assert.deepEqual(await Promise.all(settled), Array.from(settled, () => 8));
  assert.equal(log.head - before, 1);
});

test("a failed event comes again after the backoff, which doubles, then it is dead", async (t) => {
  const { model, shard, inbox, group, pass } = await handedOut(t, "ab", {
    maxAttempts: 3,
    retryBackoffMs: 100,
  });
  assert.equal(inbox.take(), "a@1 b@1");
  assert.equal(await model.settle(inbox.idOf(0), failed), 1);
  for (const [nth, backoff] of [
    [2, 100],
    [3, 200],
  ] as const) {
    await pass(backoff - 1);
    assert.equal(inbox.take(), "");
    await pass(1);
    assert.equal(inbox.take(), `a@${nth}`);
    await model.settle(inbox.idOf(nth), { ok: false, error: `hurt ${nth}` });
  }
  assert.equal(group.deadLetters, 1);
  const filter = { topicId: group.topic.id, groupId: group.id, ids: undefined };
  const { letters } = readDeadLetters(shard.tip, filter, { after: undefined, limit: 9 });
  const shown = letters.map(({ offset, failed: { failures, error } }) => [offset, failures, error]);
  assert.deepEqual(shown, [[0, 3, "hurt 3"]]);
  await pass(1_000_000);
  assert.equal(group.deadLetters, 2);
});
