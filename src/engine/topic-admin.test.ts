import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineFixture } from "../../test/support/engine-fixture.ts";
import { hasCode } from "../../test/support/test-shard.ts";

test("configureTopic() shows the settings with the defaults, and what waits", async (t) => {
  const db = await EngineFixture.start(t, { settings: { maxRetries: 4, ackTimeoutMs: 777 } });
  const info = await db.events.configureTopic("new", { partitions: 3, retentionBytes: 5 });
  const { maxAttempts, ackTimeoutMs, partitions, retentionBytes, pending, createdAt } = info;
  assert.deepEqual([partitions, retentionBytes, maxAttempts, ackTimeoutMs], [3, 5, 5, 777]);
  assert.deepEqual([pending, createdAt], [0, db.now]);
  await db.publishRange(0, 4, db.now + 1000);
  const topics = await db.events.listTopics();
  assert.deepEqual(
    topics.map((each) => `${each.topic} ${each.pending}`),
    ["t 4", "new 0"],
  );
});

test("listPartitions() tells where stored offsets begin and end", async (t) => {
  const db = await EngineFixture.start(t, { topic: { partitions: 2 } });
  const empty = { topic: "t", highWatermark: 0, firstOffset: 0, lastOffset: -1, bytes: 0 };
  assert.deepEqual(await db.events.listPartitions("t"), [
    { ...empty, partition: 0 },
    { ...empty, partition: 1 },
  ]);
  await db.publish("a", db.now, { meta: { partition_key: "k" } });
  await db.publish("b", db.now, { meta: { partition_key: "k" } });
  const partitions = await db.events.listPartitions();
  const used = partitions.find(({ lastOffset }) => lastOffset >= 0);
  assert.ok(used && used.bytes > 0);
  assert.deepEqual([used.highWatermark, used.firstOffset, used.lastOffset], [2, 0, 1]);
  await assert.rejects(db.events.listPartitions("x"), hasCode("NOT_FOUND"));
});

test("schedulerStatus() counts as ready what the group furthest behind waits for", async (t) => {
  const db = await EngineFixture.start(t);
  const status = async (): Promise<readonly number[]> => {
    const { pending, ready } = await db.events.schedulerStatus();
    return [pending, ready];
  };
  await db.publishRange(0, 4);
  await db.publishRange(4, 6, db.now + 1000);
  await db.quiet();
  // Without a group all that fired waits.
  assert.deepEqual(await status(), [2, 4]);
  const inbox = await db.subscribe({ credits: 3 });
  assert.deepEqual(await status(), [2, 1]);
  await db.events.createGroup("behind", "t");
  assert.deepEqual(await status(), [2, 4]);
  await db.events.deleteGroup("behind", "t");
  await inbox.ackAll();
  await inbox.ackAll();
  assert.deepEqual(await status(), [2, 0]);
  assert.equal((await db.events.schedulerStatus(7)).pending, 0);
});

test("deleteTopic() tells whether it was there", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe();
  assert.equal(await db.events.deleteTopic("t"), true);
  assert.equal(inbox.endReason, "Topic t was deleted");
  assert.equal(await db.events.deleteTopic("t"), false);
  assert.deepEqual(await db.events.listTopics(), []);
});
