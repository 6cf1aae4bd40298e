import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineFixture } from "../support/engine-fixture.ts";

test("configureTopic() makes a topic, or changes some of its settings", async (t) => {
  const db = await EngineFixture.start(t, { settings: { partitionCount: 3, ackTimeoutMs: 77 } });
  const made = await db.events.configureTopic("new", { maxAttempts: 2 });
  const { topic, partitions, ackTimeoutMs, maxAttempts, createdAt, pending } = made;
  assert.deepEqual([topic, partitions, ackTimeoutMs, maxAttempts], ["new", 3, 77, 2]);
  assert.deepEqual([createdAt, pending], [db.now, 0]);
  const changed = await db.events.configureTopic("new", { ackTimeoutMs: 5 });
  assert.deepEqual([changed.ackTimeoutMs, changed.maxAttempts], [5, 2]);
  const bad = { code: "INVALID_ARGUMENT" };
  await assert.rejects(db.events.configureTopic("new", { partitions: 4 }), bad);
  await assert.rejects(db.events.configureTopic("new", { maxAttempts: 0 }), bad);
  await assert.rejects(db.events.configureTopic("", {}), bad);
  await db.kill();
  const topics = await db.events.listTopics();
  assert.deepEqual(topics.find((each) => each.topic === "new"), changed);
});

test("configureTopic() that is lost changes nothing", async (t) => {
  const db = await EngineFixture.start(t);
  const before = await db.events.listTopics();
  db.failAppend();
  await assert.rejects(db.events.configureTopic("t", { ackTimeoutMs: 5 }));
  assert.deepEqual(await db.events.listTopics(), before);
});

test("a new ack timeout holds for the deliveries after it", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe();
  await db.publish("before");
  await db.quiet();
  await db.events.configureTopic("t", { ackTimeoutMs: 100 });
  await db.publish("after");
  await db.advance(200);
  assert.deepEqual(inbox.received.map(({ ackTimeoutMs }) => ackTimeoutMs), [30_000, 100]);
  await db.advance(1000);
  assert.deepEqual(inbox.ids, ["before", "after", "after"]);
});

test("listPartitions() tells of what is durable", async (t) => {
  const db = await EngineFixture.start(t);
  const look = async () => {
    const [info] = await db.events.listPartitions("t");
    return [info?.firstOffset, info?.highWatermark, info?.lastOffset];
  };
  assert.deepEqual(await look(), [0, 0, -1]);
  await db.publishRange(0, 5);
  assert.deepEqual(await look(), [0, 5, 4]);
  db.log.hold();
  const held = db.publishRange(5, 9);
  await db.quiet();
  assert.deepEqual(await look(), [0, 5, 4]);
  db.log.release();
  await held;
  assert.deepEqual(await look(), [0, 9, 8]);
  const inbox = await db.subscribe();
  await inbox.ackAll();
  await db.events.configureTopic("t", { dedupTtlMs: 0 });
  await db.events.runRetention({ maxAgeMs: 0 });
  assert.deepEqual(await look(), [9, 9, 8]);
  await db.kill();
  assert.deepEqual(await look(), [9, 9, 8]);
  await assert.rejects(db.events.listPartitions("unknown"), { code: "NOT_FOUND" });
});

test("schedulerStatus() counts by partition, and tells lateness", async (t) => {
  const db = await EngineFixture.start(t, { topic: { partitions: 2 } });
  const byPartition = async () => {
    const [zero, one] = [await db.events.schedulerStatus(0), await db.events.schedulerStatus(1)];
    return { pending: zero.pending + one.pending, ready: zero.ready + one.ready };
  };
  await db.publishRange(0, 10, db.now + 1000);
  assert.deepEqual(await byPartition(), { pending: 10, ready: 0 });
  await db.advance(1500);
  assert.deepEqual(await byPartition(), { pending: 0, ready: 10 });
  const inbox = await db.subscribe();
  assert.equal(inbox.ids.length, 10);
  const status = await db.events.schedulerStatus();
  assert.deepEqual(status, { pending: 0, ready: 0, delayMsAverage: 500, delayMsMax: 500 });
});

test("ready events are those of the group that is furthest behind", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publishRange(0, 10);
  assert.equal(db.events.counts().eventsReady, 10);
  const fast = await db.subscribe({ group: "fast" });
  await fast.ackAll();
  assert.equal(db.events.counts().eventsReady, 0);
  await db.events.createGroup("slow", "t");
  assert.equal(db.events.counts().eventsReady, 10);
  await db.events.deleteGroup("slow", "t");
  assert.equal(db.events.counts().eventsReady, 0);
});
