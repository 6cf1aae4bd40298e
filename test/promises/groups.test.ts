/** Consumer groups: who gets what, and what happens to it when somebody leaves or moves them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineFixture } from "../support/engine-fixture.ts";
import type { Inbox } from "../support/engine-fixture.ts";

const ids = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, k) => `e${from + k}`);

test("each event goes to one member, as evenly as they acknowledge", async (t) => {
  const db = await EngineFixture.start(t, { topic: { partitions: 4 } });
  const members: Inbox[] = [];
  for (let k = 0; k < 5; k++) members.push(await db.subscribe());
  for (const member of members) member.isAcking = true;
  for (let from = 0; from < 500; from += 50) {
    await db.publishRange(from, from + 50);
    await db.quiet();
  }
  const all = members.flatMap((member) => member.ids);
  assert.deepEqual([...all].sort(), [...ids(0, 500)].sort());
  for (const { received } of members) {
    assert.ok(received.length >= 90 && received.length <= 110, `${received.length}`);
  }
});

test("a member that is slow gets no more than its credits, the others the rest", async (t) => {
  const db = await EngineFixture.start(t);
  const slow = await db.subscribe({ credits: 2 });
  const fast = await db.subscribe({ credits: 2 });
  fast.isAcking = true;
  await db.publishRange(0, 50);
  for (let turn = 0; turn < 10; turn++) await db.quiet();
  assert.equal(slow.ids.length, 2);
  assert.equal(fast.ids.length, 48);
});

test("what a member that disconnects held goes to the others at once", async (t) => {
  const db = await EngineFixture.start(t);
  const leaving = await db.subscribe();
  await db.publishRange(0, 10);
  await db.quiet();
  await leaving.ack(leaving.received[4]);
  const staying = await db.subscribe();
  await leaving.close();
  assert.deepEqual(staying.ids, ids(0, 10).toSpliced(4, 1));
  assert.ok(staying.attempts.every((attempt) => attempt === 2));
  // What the one that left says now is not heard.
  await assert.rejects(leaving.ack(leaving.received[0]), { code: "NOT_FOUND" });
  await staying.ackAll();
  await db.advance(60_000);
  assert.deepEqual(staying.ids, []);
});

test("an acknowledgement in the same turn as the disconnect counts", async (t) => {
  const db = await EngineFixture.start(t);
  const leaving = await db.subscribe();
  await db.publishRange(0, 2);
  await db.quiet();
  const ack = leaving.subscription.ack(leaving.received[0]?.deliveryId ?? "");
  await Promise.all([ack, leaving.close()]);
  assert.deepEqual((await db.subscribe()).ids, ["e1"]);
});

test("members of one partition get that one, members of all get what is left", async (t) => {
  const db = await EngineFixture.start(t, { topic: { partitions: 2 } });
  const first = await db.subscribe({ partition: 0 });
  await db.publishRange(0, 40);
  await db.quiet();
  assert.ok(first.received.every(({ partition }) => partition === 0));
  const all = await db.subscribe();
  assert.ok(all.received.every(({ partition }) => partition === 1));
  assert.equal(first.ids.length + all.ids.length, 40);
});

test("a delivery from before a seek settles nothing, and its events come again", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe({ batchSize: 5, credits: 10 });
  await db.publishRange(0, 10);
  await db.quiet();
  const [before] = inbox.deliveries;
  await db.events.seekGroup("g", "t", { position: "earliest" });
  await db.quiet();
  const { deliveryId } = before ?? assert.fail("There was a delivery");
  await assert.rejects(inbox.subscription.ack(deliveryId), { code: "NOT_FOUND" });
  await assert.rejects(inbox.subscription.nack(deliveryId, ""), { code: "NOT_FOUND" });
  assert.deepEqual(inbox.ids, [...ids(0, 10), ...ids(0, 10)]);
  assert.equal(db.events.counts().eventsInFlight, 10);
  await db.kill();
  assert.deepEqual((await db.subscribe()).ids, ids(0, 10));
});

test("an acknowledgement in the same turn as a seek does not undo it", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe();
  await db.publishRange(0, 3);
  await db.quiet();
  const acks = inbox.take().map(({ deliveryId }) => inbox.subscription.ack(deliveryId));
  await Promise.all([...acks, db.events.seekGroup("g", "t", { position: { offset: 1 } })]);
  await db.quiet();
  assert.deepEqual(inbox.ids, ["e1", "e2"]);
  await db.kill();
  assert.deepEqual((await db.subscribe()).ids, ["e1", "e2"]);
});

test("a seek of one partition leaves the others alone, in shared deliveries too", async (t) => {
  const db = await EngineFixture.start(t, { topic: { partitions: 2 } });
  const inbox = await db.subscribe({ batchSize: 100 });
  await db.publishRange(0, 30);
  await db.quiet();
  const first = inbox.take();
  const second = first.filter(({ partition }) => partition === 1);
  await db.events.seekGroup("g", "t", { partition: 0, position: "earliest" });
  await db.quiet();
  assert.equal(db.events.counts().eventsInFlight, 30);
  assert.deepEqual(inbox.take().length, 30 - second.length);
  for (const id of new Set(second.map(({ deliveryId }) => deliveryId))) {
    await inbox.subscription.ack(id);
  }
  await inbox.close();
  const again = await db.subscribe();
  assert.ok(again.received.every(({ partition }) => partition === 0));
  assert.equal(again.ids.length, 30 - second.length);
});

test("seekGroup() goes to a time, an offset and the ends, and drops retries", async (t) => {
  const db = await EngineFixture.start(t);
  const start = db.now;
  await db.events.publishBatch(ids(0, 6).map((id, k) => db.event(id, start + (5 - k) * 100)));
  await db.advance(1000);
  const inbox = await db.subscribe();
  assert.deepEqual(inbox.take().map(({ id }) => id), ids(0, 6).toReversed());
  const seek = async (position: Parameters<typeof db.events.seekGroup>[2]["position"]) => {
    await db.events.seekGroup("g", "t", { position });
    await db.quiet();
    return inbox.take().map(({ id }) => id);
  };
  assert.deepEqual(await seek({ time: start + 300 }), ["e2", "e1", "e0"]);
  assert.deepEqual(await seek({ offset: 4 }), ["e5", "e4"]);
  assert.deepEqual(await seek("latest"), []);
  assert.deepEqual(await seek({ offset: 5 }), ["e5"]);
  assert.deepEqual(await seek("earliest"), ids(0, 6).toReversed());
  await inbox.nackAll("no");
  await db.events.seekGroup("g", "t", { position: "latest" });
  await db.advance(60_000);
  assert.deepEqual(inbox.ids, []);
  for (const position of ["middle", { offset: -1 }, { time: 0.5 }, {}, null, 5]) {
    const bad = position as "latest";
    await assert.rejects(seek(bad), { code: "INVALID_ARGUMENT" }, JSON.stringify(position));
  }
});

test("deleting a topic ends its subscriptions and leaves nothing of it", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe();
  await db.publishRange(0, 5);
  await db.publish("pending", db.now + 1000);
  await db.quiet();
  const ack = inbox.subscription.ack(inbox.received[0]?.deliveryId ?? "");
  const late = assert.rejects(ack, { code: "NOT_FOUND" });
  assert.equal(await db.events.deleteTopic("t"), true);
  await late;
  assert.match(inbox.endReason ?? "", /Topic t was deleted/);
  assert.equal(await db.events.deleteTopic("t"), false);
  await inbox.close();
  await db.advance(60_000);
  assert.equal(inbox.ids.length, 5);
  const counts = db.events.counts();
  const figures = [counts.eventsPending, counts.eventsReady, counts.eventsInFlight];
  assert.deepEqual(figures, [0, 0, 0]);
  // A topic of the same name is another one.
  assert.deepEqual((await db.publish("e0")).offset, 0);
  assert.deepEqual((await db.subscribe()).ids, ["e0"]);
  await db.kill();
  assert.deepEqual((await db.subscribe()).ids, ["e0"]);
});

test("deleting a group ends its subscriptions; one of the same name is new", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe();
  await db.publishRange(0, 3);
  await db.quiet();
  await inbox.nack(inbox.received[0]);
  assert.equal(await db.events.deleteGroup("g", "t"), true);
  assert.equal(await db.events.deleteGroup("g", "t"), false);
  assert.match(inbox.endReason ?? "", /Group g was deleted/);
  await assert.rejects(inbox.ack(inbox.received[1]), { code: "NOT_FOUND" });
  const again = await db.subscribe();
  assert.deepEqual([again.ids, again.attempts], [ids(0, 3), [1, 1, 1]]);
  await db.advance(10_000);
  assert.equal(again.ids.length, 3);
});

test("a lost write gives everything that was handed out a second time, not a third", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe();
  await db.publishRange(0, 5);
  await db.quiet();
  await inbox.ack(inbox.received[0]);
  db.failAppend();
  const [first, second] = inbox.take().slice(1, 3);
  await assert.rejects(inbox.subscription.ack(first?.deliveryId ?? ""));
  await db.quiet();
  // The events whose acknowledgement is not stored are there again, with the others.
  assert.deepEqual(inbox.ids, ids(1, 5));
  await assert.rejects(inbox.subscription.ack(second?.deliveryId ?? ""), { code: "NOT_FOUND" });
  await db.advance(300);
  await inbox.ackAll();
  await db.advance(120_000);
  assert.deepEqual(inbox.ids, []);
  await db.kill();
  assert.deepEqual((await db.subscribe()).ids, []);
});

test("acknowledgements while nothing can be stored fail, and can be said again", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publish("a");
  db.failAppend();
  await assert.rejects(db.publish("lost"));
  const inbox = await db.subscribe().catch((error: unknown) => error);
  assert.equal((inbox as { code?: string }).code, "READ_ONLY");
  await db.advance(300);
  const later = await db.subscribe();
  db.failAppend();
  await assert.rejects(db.publish("lost"));
  await db.quiet();
  const [received] = later.received.slice(-1);
  await assert.rejects(later.ack(received), { code: "READ_ONLY" });
  await db.advance(300);
  await later.ack(received);
  await db.advance(120_000);
  assert.deepEqual(new Set(later.ids), new Set(["a"]));
  assert.equal(db.events.counts().eventsReady, 0);
});

test("10,000 subscribers of one group share a topic quickly", async (t) => {
  const db = await EngineFixture.start(t, { topic: { partitions: 8 } });
  const counts = new Map<number, number>();
  const join = (k: number) => {
    const deliver = () => {
      counts.set(k, (counts.get(k) ?? 0) + 1);
      return true;
    };
    const options = { topic: "t", group: "g", batchSize: 1 };
    return db.events.subscribeEncoded(options, { deliver, ended: () => {} });
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: 10_000 }, (_, k) => join(k)));
  for (let from = 0; from < 10_000; from += 1000) await db.publishRange(from, from + 1000);
  for (let turn = 0; counts.size < 10_000 && turn < 1000; turn++) await db.quiet();
  assert.equal(counts.size, 10_000);
  assert.ok([...counts.values()].every((count) => count === 1));
  const seconds = (performance.now() - started) / 1000;
  assert.ok(seconds < 20, `${seconds} s`);
});

test("2000 subscriptions of their own each get everything", async (t) => {
  const db = await EngineFixture.start(t);
  const counted = { received: 0 };
  const deliver = (delivery: { readonly events: readonly unknown[] }) => {
    counted.received += delivery.events.length;
    return true;
  };
  const subscribe = () =>
    db.events.subscribeEncoded({ topic: "t", batchSize: 100 }, { deliver, ended: () => {} });
  const subscriptions = await Promise.all(Array.from({ length: 2000 }, subscribe));
  await db.publishRange(0, 10);
  for (let turn = 0; counted.received < 20_000 && turn < 1000; turn++) await db.quiet();
  assert.equal(counted.received, 20_000);
  await Promise.all(subscriptions.map((each) => each.close()));
  assert.equal(db.events.counts().subscriptions, 0);
});
