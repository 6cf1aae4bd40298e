/** Promise 7: an id is stored once, whatever happens, until its time is over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EngineFixture } from "../support/engine-fixture.ts";
import { rounds } from "../support/torture.ts";

const hour = 3_600_000;

test("an id is a duplicate in the same batch, the next one, and at the same time", async (t) => {
  const db = await EngineFixture.start(t, { topic: { partitions: 4 } });
  const batch = await db.events.publishBatch(["a", "b", "a", "c", "a"].map((id) => db.event(id)));
  assert.deepEqual([batch.published, batch.duplicates, batch.errors], [3, 2, []]);
  const again = await db.events.publishBatch(["c", "d"].map((id) => db.event(id)));
  assert.deepEqual([again.published, again.duplicates], [1, 1]);
  const receipts = await Promise.all(Array.from({ length: 50 }, () => db.publish("e")));
  assert.equal(receipts.filter(({ duplicate }) => !duplicate).length, 1);
  const places = receipts.map(({ partition, offset }) => `${partition}:${offset}`);
  assert.equal(new Set(places).size, 1);
  const inbox = await db.subscribe();
  assert.deepEqual([...inbox.ids].sort(), ["a", "b", "c", "d", "e"]);
});

test("a duplicate is told the first one's place, pending, fired and restarted", async (t) => {
  const db = await EngineFixture.start(t, { topic: { partitions: 4 } });
  const first = await db.publish("a", db.now + hour);
  const place = { partition: first.partition, offset: first.offset };
  const check = async (): Promise<void> => {
    // Another time, payload and partition key change nothing.
    const more = { payload: "other", meta: { partition_key: `${db.now}` } };
    const { duplicate, partition, offset } = await db.publish("a", db.now + 5, more);
    assert.deepEqual({ duplicate, partition, offset }, { duplicate: true, ...place });
  };
  await check();
  await db.kill();
  await check();
  await db.advance(2 * hour);
  await check();
  await db.restart();
  await check();
});

test("ids are of their topic, and compared byte by byte", async (t) => {
  const db = await EngineFixture.start(t);
  assert.equal((await db.publish("a")).duplicate, false);
  assert.equal((await db.publish("a", db.now, { topic: "other" })).duplicate, false);
  for (const id of ["A", "a ", "a\0", "\u00e1", "a\u0301", "aa"]) {
    assert.equal((await db.publish(id)).duplicate, false, JSON.stringify(id));
    assert.equal((await db.publish(id)).duplicate, true, JSON.stringify(id));
  }
});

test("an id may be used again when the topic's dedup time is over, not before", async (t) => {
  const db = await EngineFixture.start(t, { topic: { dedupTtlMs: hour } });
  await db.publish("a", db.now + 10 * hour);
  await db.advance(hour - 1);
  assert.equal((await db.publish("a")).duplicate, true);
  await db.advance(1);
  assert.equal((await db.publish("a")).duplicate, false);
  // The second one is what counts from now on.
  await db.advance(hour - 1);
  assert.equal((await db.publish("a")).duplicate, true);
  await db.kill();
  assert.equal((await db.publish("a")).duplicate, true);
  await db.advance(1);
  assert.equal((await db.publish("a")).duplicate, false);
});

test("a publish that is lost does not poison the id", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publish("kept");
  db.failAppend();
  const lost = await Promise.allSettled([db.publish("a"), db.publish("a"), db.publish("kept")]);
  assert.deepEqual(
    lost.map(({ status }) => status),
    // "kept" was durable, but what its answer saw was not.
    ["rejected", "rejected", "rejected"],
  );
  await db.advance(300);
  const { duplicate, offset } = await db.publish("a");
  assert.deepEqual([duplicate, offset], [false, 1]);
  assert.equal((await db.publish("a")).duplicate, true);
  assert.equal((await db.publish("kept")).duplicate, true);
  assert.deepEqual((await db.subscribe()).ids, ["kept", "a"]);
});

test("a batch or a transaction that is refused does not poison its ids", async (t) => {
  const db = await EngineFixture.start(t);
  const undone = db.engine.transact((tx) => {
    tx.events.publish(db.event("a"));
    tx.events.publish(db.event("b"));
    throw new Error("Changed my mind");
  });
  await assert.rejects(undone, /Changed my mind/);
  const bad = [db.event("a"), { ...db.event("b"), payload: 5 as unknown as string }];
  await assert.rejects(db.events.publishBatch(bad), { code: "INVALID_ARGUMENT" });
  const batch = await db.events.publishBatch([db.event("a"), db.event(""), db.event("b")]);
  assert.deepEqual([batch.published, batch.duplicates, batch.errors.length], [2, 0, 1]);
});

test("allowDuplicate stores the event again; the first one stays the first", async (t) => {
  const db = await EngineFixture.start(t);
  const first = await db.publish("a");
  const second = await db.events.publish(db.event("a"), { allowDuplicate: true });
  assert.deepEqual([second.duplicate, second.offset], [false, first.offset + 1]);
  assert.equal((await db.publish("a")).offset, first.offset);
  const events = ["a", "a"].map((id) => db.event(id));
  assert.equal((await db.events.publishBatch(events, { allowDuplicate: true })).published, 2);
  await db.kill();
  const receipt = await db.publish("a");
  assert.deepEqual([receipt.duplicate, receipt.offset], [true, first.offset]);
  assert.deepEqual((await db.subscribe()).ids, ["a", "a", "a", "a"]);
});

test("dedup is exact over any course of publishes, failures, kills and time", async (t) => {
  const anyId = fc.integer({ min: 0, max: 12 }).map((n) => `id-${n}`);
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("publish" as const),
        ids: fc.array(anyId, { minLength: 1, maxLength: 6 }),
        isLost: fc.nat(5).map((n) => n === 0),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: fc.nat(700) }) },
    { weight: 1, arbitrary: fc.constant({ kind: "kill" as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: "flush" as const }) },
  );
  const ttl = 1000;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), async (steps) => {
      const topic = { partitions: 3, dedupTtlMs: ttl, retentionMs: 1 };
      const db = await EngineFixture.start(t, { topic });
      const inbox = await db.subscribe();
      inbox.isAcking = true;
      const known = new Map<string, number>();
      let lost = 0;
      for (const each of steps) {
        if (each.kind === "advance") await db.advance(each.ms);
        else if (each.kind === "kill") await db.kill();
        else if (each.kind === "flush") await db.engine.admin.compact();
        else if (each.isLost) {
          db.failAppend();
          // Of duplicates alone there would be nothing to write.
          const events = [...each.ids, `lost-${lost++}`].map((id) => db.event(id, db.now + 1e6));
          await assert.rejects(db.events.publishBatch(events));
          await db.advance(300);
        } else {
          const fresh = new Set(each.ids.filter((id) => (known.get(id) ?? -ttl) + ttl <= db.now));
          const batch = await db.events.publishBatch(each.ids.map((id) => db.event(id)));
          assert.equal(batch.published, fresh.size, `${each.ids} of which new: ${[...fresh]}`);
          for (const id of fresh) known.set(id, db.now);
        }
      }
      await db.stop();
    }),
    { numRuns: rounds(12, 1000) },
  );
});
