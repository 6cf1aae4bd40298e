import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { quiet } from "../../../test/support/engine-fixture.ts";
import { EventsShard } from "../../../test/support/events-shard.ts";
import { subscribeInbox } from "../../../test/support/model-inbox.ts";
import { hasCode } from "../../../test/support/test-shard.ts";
import type { Partition } from "./partition.ts";
import type { TopicSettings } from "./topic.ts";

/** Topics "t" and "u": in each, three events that fired and were settled, and one that waits. */
async function withFired(t: TestContext, settings: Partial<TopicSettings> = {}) {
  const events = await EventsShard.open({ partitions: 1, dedupTtlMs: 0, ...settings });
  const { model, clock } = events;
  t.after(() => events.close());
  for (const topic of ["t", "u"]) {
    const event = { topic, at: clock.now(), payload: "p".repeat(100) };
    await events.publish(["a", "b", "c"].map((id) => ({ ...event, id })));
    await events.publish([{ ...event, id: "later", at: clock.now() + 10_000_000 }]);
    const { inbox } = await subscribeInbox(model, { topic, batchSize: 3 });
    await model.settle(inbox.idOf(0), { ok: true });
  }
  const partition = (topic: string): Partition => model.catalog.get(topic).partition(0);
  const stored = (topic: string): number => {
    const { blocksPrefix, blocksEnd } = partition(topic);
    return [...events.shard.tip.range(blocksPrefix, blocksEnd)].length;
  };
  const pass = async (ms: number): Promise<void> => {
    await clock.advance(ms);
    await quiet();
  };
  return { runner: model.retention, partition, stored, pass };
}

test("run() removes what fired, tells how much, and keeps what waits", async (t) => {
  const { runner, partition, stored, pass } = await withFired(t);
  await pass(5);
  const before = partition("t").bytes;
  const removed = await runner.run({ topic: "t", maxAgeMs: 1 });
  assert.equal(removed.eventsRemoved, 3);
  assert.equal(removed.bytesFreed, before - partition("t").bytes);
  assert.deepEqual([stored("t"), stored("u")], [1, 2]);
  assert.deepEqual(await runner.run({ topic: "t", maxAgeMs: 1 }), {
    eventsRemoved: 0,
    bytesFreed: 0,
  });
});

test("retention runs by the topics' settings when a minute has passed", async (t) => {
  const { stored, pass } = await withFired(t, { retentionMs: 1000 });
  await pass(59_999);
  assert.deepEqual([stored("t"), stored("u")], [2, 2]);
  await pass(1);
  assert.deepEqual([stored("t"), stored("u")], [1, 1]);
});

test("a retention of 0 keeps everything, unless a run says otherwise", async (t) => {
  const { runner, stored, pass } = await withFired(t, { retentionMs: 0, retentionBytes: 0 });
  await pass(600_000);
  assert.deepEqual([stored("t"), stored("u")], [2, 2]);
  assert.equal((await runner.run({ maxBytes: 0 })).eventsRemoved, 6);
});

test("run() keeps to minOffset", async (t) => {
  const { runner, pass } = await withFired(t);
  await pass(5);
  assert.equal((await runner.run({ topic: "t", maxAgeMs: 1, minOffset: 0 })).eventsRemoved, 0);
});

test("run() refuses a topic or partition that is not there, and after close()", async (t) => {
  const { runner } = await withFired(t);
  await assert.rejects(runner.run({ topic: "x" }), hasCode("NOT_FOUND"));
  await assert.rejects(runner.run({ topic: "t", partition: 1 }), hasCode("INVALID_ARGUMENT"));
  runner.close();
  await assert.rejects(runner.run({}), hasCode("CLOSED"));
});
