import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineFixture } from "../support/engine-fixture.ts";

test("a member that left gets nothing more, what it held goes to the others", async (t) => {
  const db = await EngineFixture.start(t);
  const gone = await db.subscribe();
  await db.publishRange(0, 3);
  await db.quiet();
  assert.deepEqual(gone.ids, ["e0", "e1", "e2"]);
  await gone.close();
  await db.publish("late");
  await db.advance(120_000);
  assert.deepEqual(gone.ids, ["e0", "e1", "e2"]);
  const other = await db.subscribe();
  assert.deepEqual(other.ids, ["e0", "e1", "e2", "late"]);
});

test("a kill with thousands of events handed out loses none of them", async (t) => {
  const db = await EngineFixture.start(t, { settings: { maxCredits: 10_000 } });
  for (let from = 0; from < 7000; from += 500) await db.publishRange(from, from + 500);
  const first = await db.subscribe({ credits: 10_000, batchSize: 1000 });
  const last = first.received.at(-1);
  assert.equal(first.ids.length, 7000);
  await first.ack(last);
  await db.kill();
  const second = await db.subscribe({ credits: 10_000, batchSize: 1000 });
  const open = first.received.filter(({ deliveryId }) => deliveryId !== last?.deliveryId);
  assert.deepEqual(
    second.ids,
    open.map(({ id }) => id),
  );
});

test("large events that fail together are all tried again", async (t) => {
  const db = await EngineFixture.start(t);
  const payload = Buffer.alloc(4 * 1024 * 1024, 1);
  const ids = Array.from({ length: 12 }, (_, k) => `large-${k}`);
  for (const id of ids) await db.publish(id, db.now, { payload });
  const inbox = await db.subscribe();
  assert.deepEqual(inbox.ids, ids);
  await inbox.nackAll("too large");
  await db.advance(1000);
  assert.deepEqual(inbox.ids, ids);
  assert.deepEqual(new Set(inbox.attempts), new Set([2]));
  assert.equal(inbox.received[7]?.payload.length, payload.length);
  // Time-outs are settled in one turn, too.
  inbox.take();
  await db.advance(32_000);
  assert.deepEqual([...inbox.ids].sort(), [...ids].sort());
});

test("a delivery is settled once, by whoever comes first", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publish("a");
  const inbox = await db.subscribe();
  const [received] = inbox.received;
  const { deliveryId = "" } = received ?? {};
  const [first, second] = await Promise.allSettled([
    inbox.subscription.ack(deliveryId),
    inbox.subscription.nack(deliveryId, "late"),
  ]);
  assert.equal(first.status, "fulfilled");
  assert.equal(second.status === "rejected" && second.reason.code, "NOT_FOUND");
  await assert.rejects(inbox.subscription.ack("nonsense"), { code: "NOT_FOUND" });
  await db.advance(120_000);
  assert.deepEqual(inbox.ids, ["a"]);
});
