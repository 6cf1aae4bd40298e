import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineFixture } from "../../test/support/engine-fixture.ts";
import { hasCode } from "../../test/support/test-shard.ts";
import { EventEncoder } from "../models/events/event-encoder.ts";
import type { EncodedSubscribeOptions } from "./encoded-events.ts";

test("publish() tells where the event is; of a duplicate, where the first one is", async (t) => {
  const db = await EngineFixture.start(t);
  const at = db.now + 5;
  const place = { partition: 0, at };
  assert.deepEqual(await db.publish("a", at), { ...place, offset: 0, duplicate: false });
  assert.deepEqual(await db.publish("b", at), { ...place, offset: 1, duplicate: false });
  assert.deepEqual(await db.publish("a", at), { ...place, offset: 0, duplicate: true });
  const again = await db.events.publish(db.event("a", at), { allowDuplicate: true });
  assert.deepEqual(again, { ...place, offset: 2, duplicate: false });
});

test("publishBatch() stores what is right and says what is wrong, by position", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publish("known");
  const receipt = await db.events.publishBatch([
    db.event("a"),
    db.event(""),
    db.event("known"),
    db.event("b"),
    db.event("c", db.now, { payload: "" }),
  ]);
  assert.deepEqual(receipt, {
    published: 2,
    duplicates: 1,
    errors: [
      { index: 1, message: "message_id is required" },
      { index: 4, message: "payload is required" },
    ],
    firstOffset: 1,
    lastOffset: 2,
  });
  const nothing = { published: 0, duplicates: 0, errors: [], firstOffset: -1, lastOffset: -1 };
  assert.deepEqual(await db.events.publishBatch([]), nothing);
});

test("publishEncoded() stores the event that the bytes are", async (t) => {
  const db = await EngineFixture.start(t);
  const encoder = new EventEncoder();
  encoder.add(db.event("a", db.now, { meta: { k: "v" } }));
  const bytes = encoder.bytes.subarray(0, encoder.length);
  const receipt = await db.events.publishEncoded(bytes);
  assert.deepEqual([receipt.offset, receipt.at, receipt.duplicate], [0, db.now, false]);
  assert.deepEqual((await db.events.get("t", "a"))?.meta, { k: "v" });
  const batch = Buffer.concat([Buffer.of(0x0a, bytes.length), bytes]);
  assert.equal((await db.events.publishBatchEncoded(batch)).duplicates, 1);
  // allow_duplicate is field 2.
  const allowed = Buffer.concat([batch, Buffer.of(0x10, 1)]);
  assert.equal((await db.events.publishBatchEncoded(allowed)).published, 1);
});

test("a subscription's options have bounds", async (t) => {
  const db = await EngineFixture.start(t);
  const refused: readonly Partial<EncodedSubscribeOptions>[] = [
    { credits: 0 },
    { credits: 100_001 },
    { credits: 1.5 },
    { batchSize: 0 },
    { batchSize: 1001 },
    { from: -1 },
    { from: 0.5 },
    { from: 2 ** 48 },
    { partition: 1 },
    { subscriptionId: "s".repeat(256) },
    { group: "g".repeat(256) },
  ];
  for (const options of refused) {
    const name = JSON.stringify(options).slice(0, 60);
    await assert.rejects(db.subscribe(options), hasCode("INVALID_ARGUMENT"), name);
  }
  assert.equal(db.events.counts().subscriptions, 0);
  const fine = { credits: 100_000, batchSize: 1000, from: 0, subscriptionId: "s".repeat(255) };
  await db.subscribe(fine);
});

test("a new group starts where it is told, one that is known where it is", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publishRange(0, 3);
  await db.quiet();
  const idsFrom = async (options: Partial<EncodedSubscribeOptions>) => {
    const inbox = await db.subscribe(options);
    await inbox.close();
    return inbox.ids.join(" ");
  };
  assert.equal(await idsFrom({ group: "a" }), "e0 e1 e2");
  assert.equal(await idsFrom({ group: "b", from: "latest" }), "");
  assert.equal(await idsFrom({ group: "c", from: 2 }), "e2");
  assert.equal(await idsFrom({ group: "c", from: "earliest" }), "e2");
  assert.equal(await idsFrom({ group: "c", from: "earliest", replay: true }), "e0 e1 e2");
});

test("credits are cut to the database's bound; an empty group is a private one", async (t) => {
  const db = await EngineFixture.start(t, { settings: { maxCredits: 2 } });
  await db.publishRange(0, 5);
  const inbox = await db.subscribe({ group: "", credits: 100 });
  assert.deepEqual(inbox.ids, ["e0", "e1"]);
  assert.deepEqual(await db.events.listGroups(), []);
  await inbox.close();
  const other = await db.subscribe({ group: "" });
  assert.deepEqual(other.attempts, [1, 1]);
});

test("settleEncoded() settles by the delivery's id alone", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe();
  await db.publishRange(0, 2);
  await db.quiet();
  const [first, second] = inbox.received.map(({ deliveryId }) => deliveryId);
  assert.equal(await db.events.settleEncoded(first ?? "", { ok: true }), 1);
  assert.equal(await db.events.settleEncoded(second ?? "", { ok: false, error: "no" }), 2);
  await assert.rejects(
    db.events.settleEncoded(first ?? "", { ok: true }),
    hasCode("NOT_FOUND"),
  );
  assert.equal(db.events.counts().eventsInFlight, 0);
});
