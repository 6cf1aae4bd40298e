/** Promise 8: an answer, and a delivery, tell of what is durable, and of nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CronosError } from "../../src/base/errors.ts";
import { EngineFixture } from "../support/engine-fixture.ts";

/** What became of a promise so far. */
function watch(promise: Promise<unknown>): { state: string } {
  const watched = { state: "waiting" };
  promise.then(
    () => (watched.state = "answered"),
    (error: CronosError) => (watched.state = error.code),
  );
  return watched;
}

test("no publish is answered and no event handed out before the record is durable", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe();
  db.log.hold();
  const watched = [
    watch(db.publish("now")),
    watch(db.events.publishBatch([db.event("batch")])),
    watch(db.publish("soon", db.now + 10)),
    watch(db.engine.transact((tx) => tx.events.publish(db.event("transacted")))),
  ];
  await db.advance(1000);
  assert.deepEqual(new Set(watched.map(({ state }) => state)), new Set(["waiting"]));
  assert.deepEqual(inbox.ids, []);
  db.log.release();
  await db.quiet();
  assert.deepEqual(new Set(watched.map(({ state }) => state)), new Set(["answered"]));
  assert.deepEqual(inbox.ids, ["now", "batch", "transacted", "soon"]);
});

test("a duplicate of what is not durable yet waits for it, and fails with it", async (t) => {
  const db = await EngineFixture.start(t);
  db.log.hold();
  const first = watch(db.publish("a"));
  await db.quiet();
  const second = watch(db.publish("a"));
  await db.quiet();
  assert.deepEqual([first.state, second.state], ["waiting", "waiting"]);
  db.failAppend();
  db.log.release();
  await db.quiet();
  assert.deepEqual([first.state, second.state], ["IO", "IO"]);
});

test("a failed append is an error for each of its writes; none is handed out", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe();
  const other = await db.subscribe({ group: "other" });
  await db.publish("before");
  await db.quiet();
  db.failAppend(new CronosError("DISK_FULL", "No space left"));
  const watched = [watch(db.publish("a")), watch(db.publish("b", db.now + 100))];
  await db.advance(200);
  assert.deepEqual(watched.map(({ state }) => state), ["DISK_FULL", "DISK_FULL"]);
  assert.equal(db.engine.notWritable(), "No space left");
  await assert.rejects(db.publish("c"), { code: "DISK_FULL" });
  await db.advance(100);
  assert.equal(db.engine.notWritable(), undefined);
  await db.publish("after");
  await db.advance(1000);
  assert.deepEqual(new Set([...inbox.ids, ...other.ids]), new Set(["before", "after"]));
});

test("what fires while nothing can be stored waits, and is handed out once", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe();
  inbox.isAcking = true;
  await db.publishRange(0, 5, db.now + 100);
  db.log.failRecover(new CronosError("DISK_FULL", "Still no space"));
  db.failAppend();
  await assert.rejects(db.publish("lost"));
  await db.advance(60_000);
  assert.deepEqual(inbox.ids, []);
  db.log.failRecover(undefined);
  await db.advance(1000);
  assert.deepEqual(inbox.ids, ["e0", "e1", "e2", "e3", "e4"]);
});

test("an acknowledgement is answered when it is durable, and is not lost then", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publishRange(0, 2);
  const inbox = await db.subscribe();
  const [first, second] = inbox.received.map(({ deliveryId }) => deliveryId);
  await inbox.subscription.ack(first ?? "");
  db.log.hold();
  const ack = watch(inbox.subscription.ack(second ?? ""));
  await db.quiet();
  assert.equal(ack.state, "waiting");
  await db.kill();
  assert.deepEqual((await db.subscribe()).ids, ["e1"]);
});

test("offsets that were lost are given again, and mean the new events", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe();
  await db.publish("a");
  db.failAppend();
  await assert.rejects(db.events.publishBatch([db.event("lost 1"), db.event("lost 2")]));
  await db.advance(300);
  const receipts = [await db.publish("b"), await db.publish("c")];
  assert.deepEqual(receipts.map(({ offset }) => offset), [1, 2]);
  await db.quiet();
  await db.kill();
  const again = await db.subscribe({ group: "fresh" });
  assert.deepEqual(again.received.map(({ id, offset }) => [id, offset]), [
    ["a", 0],
    ["b", 1],
    ["c", 2],
  ]);
  assert.equal(new Set(inbox.ids).has("lost 1"), false);
});

test("in fsync-mode every_event each write is a record of its own", async (t) => {
  const db = await EngineFixture.start(t, { settings: { fsyncMode: "every_event" } });
  const before = db.log.head;
  await Promise.all([db.publish("a"), db.publish("b"), db.publish("c")]);
  assert.ok(db.log.head >= before + 3);
  assert.deepEqual((await db.subscribe()).ids, ["a", "b", "c"]);
});

test("a topic made by an event that is lost is gone with it", async (t) => {
  const db = await EngineFixture.start(t);
  db.failAppend();
  const subscribing = db.subscribe({ topic: "new" });
  await assert.rejects(subscribing, { code: "IO" });
  assert.deepEqual((await db.events.listTopics()).map(({ topic }) => topic), ["t"]);
  await db.advance(300);
  await db.publish("a", db.now, { topic: "new" });
  assert.deepEqual((await db.subscribe({ topic: "new" })).ids, ["a"]);
});
