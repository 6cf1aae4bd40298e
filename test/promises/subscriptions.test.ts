/** Promise 5: own topic only, the whole topic, from where it was asked, and on from there. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineFixture } from "../support/engine-fixture.ts";

const ids = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, k) => `e${from + k}`);

test("a subscription gets the events of its topic and of no other", async (t) => {
  const db = await EngineFixture.start(t);
  const topics = ["t", "tt", "t\0", "T", "t/a", "ü"];
  const events = topics.flatMap((topic) =>
    ids(0, 20).map((id) => db.event(id, db.now, { topic, payload: topic })),
  );
  assert.equal((await db.events.publishBatch(events)).published, 120);
  for (const topic of topics) {
    const inbox = await db.subscribe({ topic });
    assert.deepEqual([...inbox.ids].sort(), [...ids(0, 20)].sort(), topic);
    for (const received of inbox.received) {
      assert.deepEqual([received.topic, Buffer.from(received.payload).toString()], [topic, topic]);
    }
  }
});

test("without a partition it is the whole topic, with one it is that one", async (t) => {
  const db = await EngineFixture.start(t, { topic: { partitions: 8 } });
  await db.publishRange(0, 200);
  const whole = await db.subscribe({ group: "whole" });
  assert.deepEqual(new Set(whole.ids), new Set(ids(0, 200)));
  let count = 0;
  for (let partition = 0; partition < 8; partition++) {
    const inbox = await db.subscribe({ group: `only ${partition}`, partition });
    assert.ok(inbox.received.every((received) => received.partition === partition));
    assert.deepEqual(
      inbox.received.map(({ offset }) => offset),
      inbox.received.map((_, k) => k),
    );
    count += inbox.ids.length;
  }
  assert.equal(count, 200);
});

test("from: earliest, latest and an offset, for a group that is new", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publishRange(0, 5);
  await db.publish("pending", db.now + 1000);
  const inboxes = {
    earliest: await db.subscribe({ group: "earliest", from: "earliest" }),
    latest: await db.subscribe({ group: "latest", from: "latest" }),
    offset: await db.subscribe({ group: "offset", from: 3 }),
    future: await db.subscribe({ group: "future", from: 6 }),
    unsaid: await db.subscribe({ group: "unsaid" }),
  };
  await db.publish("new");
  await db.advance(1000);
  assert.deepEqual(inboxes.earliest.ids, [...ids(0, 5), "new", "pending"]);
  assert.deepEqual(inboxes.latest.ids, ["new", "pending"]);
  assert.deepEqual(inboxes.offset.ids, ["e3", "e4", "new", "pending"]);
  assert.deepEqual(inboxes.future.ids, ["new"]);
  assert.deepEqual(inboxes.unsaid.ids, inboxes.earliest.ids);
});

test("a group that has a position goes on from there, whatever `from` says", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publishRange(0, 6);
  const first = await db.subscribe();
  for (const received of first.take().slice(0, 4)) await first.ack(received);
  await first.close();
  for (const from of ["earliest", "latest", 0] as const) {
    const inbox = await db.subscribe({ from });
    assert.deepEqual(inbox.ids, ["e4", "e5"], String(from));
    await inbox.close();
  }
  await db.kill();
  assert.deepEqual((await db.subscribe({ from: "latest" })).ids, ["e4", "e5"]);
});

test("replay moves a group that has a position", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publishRange(0, 6);
  const first = await db.subscribe();
  await first.ackAll();
  await first.close();
  for (const [from, expected] of [
    ["earliest", ids(0, 6)],
    [4, ids(4, 6)],
    ["latest", []],
  ] as const) {
    const inbox = await db.subscribe({ from, replay: true });
    assert.deepEqual(inbox.ids, expected);
    await inbox.close();
  }
  assert.deepEqual((await db.subscribe()).ids, []);
});

test("events acknowledged out of order stay acknowledged over restarts", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publishRange(0, 10);
  const first = await db.subscribe();
  for (const k of [1, 2, 5, 9]) await first.ack(first.received[k]);
  for (const end of ["kill", "restart"] as const) {
    await db[end]();
    const inbox = await db.subscribe();
    assert.deepEqual(inbox.ids, ["e0", "e3", "e4", "e6", "e7", "e8"]);
    await inbox.close();
  }
});

test("the committed offset is behind the last event up to which all are settled", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publishRange(0, 3);
  const inbox = await db.subscribe();
  const [a, b, c] = inbox.received.map(({ deliveryId }) => deliveryId);
  assert.equal(await inbox.subscription.ack(b ?? ""), 0);
  assert.equal(await inbox.subscription.ack(a ?? ""), 2);
  assert.equal(await inbox.subscription.nack(c ?? "", "no"), 3);
  const [info] = await db.events.getGroup("g");
  assert.deepEqual(info?.committedOffsets, new Map([[0, 3]]));
  await db.kill();
  assert.deepEqual((await db.events.getGroup("g"))[0]?.committedOffsets, new Map([[0, 3]]));
});

test("a subscription id that connects again takes the place of the earlier one", async (t) => {
  const db = await EngineFixture.start(t);
  const first = await db.subscribe({ subscriptionId: "me" });
  await db.publishRange(0, 3);
  await db.quiet();
  const second = await db.subscribe({ subscriptionId: "me" });
  assert.match(first.endReason ?? "", /Subscription me was opened again/);
  assert.deepEqual(second.ids, ids(0, 3));
  assert.equal(db.events.counts().subscriptions, 1);
  await first.close();
  await db.publish("later");
  await db.quiet();
  assert.deepEqual(first.ids, ids(0, 3));
  assert.deepEqual(second.ids, [...ids(0, 3), "later"]);
  const other = await db.subscribe({ subscriptionId: "me", group: "other" });
  assert.equal(other.ids.length, 4);
  assert.equal(second.endReason, undefined);
});

test("an empty subscription id is one of its own, each time", async (t) => {
  const db = await EngineFixture.start(t);
  const one = await db.subscribe({ subscriptionId: "" });
  const two = await db.subscribe({ subscriptionId: "" });
  assert.notEqual(one.subscription.subscriptionId, two.subscription.subscriptionId);
  await db.publishRange(0, 10);
  await db.quiet();
  assert.deepEqual([...one.ids, ...two.ids].sort(), ids(0, 10));
});

test("an empty group is a private one that ends with its subscription", async (t) => {
  const db = await EngineFixture.start(t);
  const one = await db.subscribe({ group: "" });
  const two = await db.subscribe({ group: "", from: "latest" });
  await db.publishRange(0, 3);
  await db.quiet();
  assert.deepEqual([one.ids, two.ids], [ids(0, 3), ids(0, 3)]);
  assert.deepEqual(await db.events.listGroups(), []);
  await one.close();
  await db.kill();
  assert.deepEqual(await db.events.listGroups(), []);
  assert.equal(db.events.counts().subscriptions, 0);
  // Nothing waits for a group that is gone.
  assert.equal((await db.subscribe({ group: "" })).ids.length, 3);
});

test("members of the same group share events, groups do not", async (t) => {
  const db = await EngineFixture.start(t, { topic: { partitions: 3 } });
  const [a1, a2] = [await db.subscribe({ group: "a" }), await db.subscribe({ group: "a" })];
  const b = await db.subscribe({ group: "b" });
  await db.publishRange(0, 60);
  await db.quiet();
  assert.deepEqual([...a1.ids, ...a2.ids].sort(), [...b.ids].sort());
  assert.equal(b.ids.length, 60);
  assert.ok(a1.ids.length >= 25 && a2.ids.length >= 25);
});

test("options that make no sense are told", async (t) => {
  const db = await EngineFixture.start(t);
  const bad = [
    { topic: "" },
    { topic: "x".repeat(256) },
    { group: "x".repeat(256) },
    { partition: 1 },
    { partition: -1 },
    { credits: 0 },
    { credits: 1.5 },
    { batchSize: 0 },
    { from: -1 },
    { from: "middle" as "latest" },
    { subscriptionId: "x".repeat(256) },
  ];
  for (const options of bad) {
    const refused = { code: "INVALID_ARGUMENT" };
    await assert.rejects(db.subscribe(options), refused, JSON.stringify(options));
  }
  assert.deepEqual(await db.events.listGroups(), []);
  assert.deepEqual((await db.events.listTopics()).map(({ topic }) => topic), ["t"]);
});
