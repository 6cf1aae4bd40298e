/** Promise 11: retention never removes an event that has not fired or is not acknowledged. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EngineFixture } from "../support/engine-fixture.ts";
import { rounds } from "../support/torture.ts";

const minute = 60_000;

async function bytes(db: EngineFixture): Promise<number> {
  const partitions = await db.events.listPartitions("t");
  return partitions.reduce((sum, each) => sum + each.bytes, 0);
}

test("events that are old, fired and acknowledged by every group are removed", async (t) => {
  const db = await EngineFixture.start(t, { topic: { retentionMs: minute, dedupTtlMs: minute } });
  const fast = await db.subscribe({ group: "fast" });
  const slow = await db.subscribe({ group: "slow" });
  await db.publishRange(0, 10);
  await db.publish("later", db.now + 30 * minute);
  await db.quiet();
  await fast.ackAll();
  const kept = slow.take();
  for (const received of kept.slice(0, 4)) await slow.ack(received);
  for (const received of kept.slice(4)) await slow.nack(received);
  await db.advance(1000);
  assert.equal(slow.ids.length, 6);
  await db.events.deleteGroup("slow", "t");
  await db.advance(5 * minute);
  assert.ok((await bytes(db)) < 200, "what is left is the event that has not fired");
  await db.advance(25 * minute);
  assert.deepEqual(fast.ids, ["later"]);
});

test("an event that a group has not acknowledged stays, however old it is", async (t) => {
  const topic = { retentionMs: 1, retentionBytes: 1, dedupTtlMs: 0, ackTimeoutMs: minute * 100 };
  const db = await EngineFixture.start(t, { topic });
  await db.events.createGroup("away", "t");
  const inbox = await db.subscribe({ group: "here" });
  await db.publishRange(0, 5);
  await db.quiet();
  await inbox.ackAll();
  await db.advance(10 * minute);
  await db.events.runRetention({ maxAgeMs: 0, maxBytes: 0 });
  const away = await db.subscribe({ group: "away" });
  assert.deepEqual(away.ids, ["e0", "e1", "e2", "e3", "e4"]);
  assert.equal(away.received[0]?.payload.toString(), Buffer.from("payload of e0").toString());
  await db.events.runRetention({ maxAgeMs: 0, maxBytes: 0 });
  await db.kill();
  const again = await db.subscribe({ group: "away" });
  assert.equal(again.ids.length, 5);
});

test("an event nobody subscribed to yet stays", async (t) => {
  const db = await EngineFixture.start(t, { topic: { retentionMs: 1, dedupTtlMs: 0 } });
  await db.publishRange(0, 5);
  await db.advance(10 * minute);
  assert.equal((await db.subscribe()).ids.length, 5);
});

test("what waits for a retry and dead letters outlive the event's block", async (t) => {
  const topic = { retentionMs: 1, dedupTtlMs: 0, maxAttempts: 2, retryBackoffMs: 5 * minute };
  const db = await EngineFixture.start(t, { topic });
  const inbox = await db.subscribe();
  await db.publish("a");
  await db.quiet();
  await inbox.nackAll("first");
  await db.advance(4 * minute);
  assert.equal(await bytes(db), 0);
  await db.advance(minute);
  assert.equal(inbox.received[0]?.payload.toString(), Buffer.from("payload of a").toString());
  await inbox.nackAll("second");
  const { items } = await db.events.listDeadLetters({ topic: "t" });
  assert.deepEqual(
    items.map(({ id, lastError, attempts }) => [id, lastError, attempts]),
    [["a", "second", 2]],
  );
});

test("ids of removed events are known until the dedup time is over", async (t) => {
  const topic = { retentionMs: minute, dedupTtlMs: 10 * minute };
  const db = await EngineFixture.start(t, { topic });
  const inbox = await db.subscribe();
  inbox.isAcking = true;
  const first = await db.publish("a");
  await db.advance(5 * minute);
  const size = await bytes(db);
  assert.ok(size < 40, `${size} bytes: the id`);
  for (const isRestarted of [false, true]) {
    if (isRestarted) await db.kill();
    const { duplicate, offset } = await db.publish("a");
    assert.deepEqual([duplicate, offset], [true, first.offset]);
  }
  await db.advance(6 * minute);
  assert.equal(await bytes(db), 0);
  assert.equal((await db.publish("a")).duplicate, false);
});

test("figures and positions are the same after a restart, whatever was removed", async (t) => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("publish" as const),
      delays: fc.array(fc.nat(5), { minLength: 1 }),
    }),
    fc.record({ kind: fc.constant("ack" as const), count: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ kind: fc.constant("advance" as const), minutes: fc.integer({ min: 1, max: 3 }) }),
    fc.constant({ kind: "kill" as const }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const topic = { retentionMs: minute, dedupTtlMs: 3 * minute, ackTimeoutMs: 1000 * minute };
      const db = await EngineFixture.start(t, { topic, settings: { maxCredits: 10_000 } });
      let inbox = await db.subscribe({ credits: 10_000 });
      const unacknowledged = new Set<string>();
      let next = 0;
      for (const each of steps) {
        if (each.kind === "publish") {
          const events = each.delays.map((delay) => {
            return db.event(`e${next++}`, db.now + delay * minute);
          });
          for (const { id } of events) unacknowledged.add(id);
          await db.events.publishBatch(events);
        } else if (each.kind === "ack") {
          for (const received of inbox.received.splice(0, each.count)) {
            unacknowledged.delete(received.id);
            await inbox.subscription.ack(received.deliveryId);
          }
        } else if (each.kind === "advance") await db.advance(each.minutes * minute);
        else {
          const before = await db.events.listPartitions("t");
          await db.kill();
          assert.deepEqual(await db.events.listPartitions("t"), before);
          inbox = await db.subscribe({ credits: 10_000 });
        }
      }
      await db.advance(10 * minute);
      assert.deepEqual(new Set(inbox.ids), unacknowledged);
      await db.stop();
    }),
    { numRuns: rounds(12, 300) },
  );
});
