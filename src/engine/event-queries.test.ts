import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { isCronosError } from "../base/errors.ts";
import type { EventInput, PendingQuery, StoredEvent } from "./events-api.ts";
import { open } from "./open.ts";
import type { MemoryDatabase } from "./open.ts";

const topic = "t";

async function openMemory(t: TestContext, partitionCount = 3): Promise<MemoryDatabase> {
  const db = await open(":memory:", { settings: { partitionCount } });
  t.after(() => db.close());
  return db;
}

function event(id: string, at: number, meta: Record<string, string> = {}): EventInput {
  return { topic, id, at, payload: `payload of ${id}`, meta };
}

/** Everything pending, read in pages of `limit`. */
async function pending(db: MemoryDatabase, limit = 100): Promise<StoredEvent[]> {
  const all: StoredEvent[] = [];
  let after: string | undefined;
  do {
    const query: PendingQuery = { topic, limit };
    const page = await db.events.listPending(after === undefined ? query : { ...query, after });
    all.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  return all;
}

async function pendingIds(db: MemoryDatabase): Promise<string[]> {
  return (await pending(db)).map(({ id }) => id);
}

/** The next `count` deliveries, acknowledged. */
async function take(db: MemoryDatabase, count: number): Promise<StoredEvent[]> {
  const taken: StoredEvent[] = [];
  for await (const delivery of db.events.subscribe({ topic, group: "g" })) {
    taken.push(delivery);
    await delivery.ack();
    if (taken.length === count) break;
  }
  return taken;
}

const invalid = (pattern: RegExp) => (error: unknown) => {
  return isCronosError(error, "INVALID_ARGUMENT") && pattern.test(error.message);
};

test("cancel() by ids, prefix and meta removes what is pending and counts it", async (t) => {
  const db = await openMemory(t);
  const now = db.clock.now();
  await db.events.publishBatch([
    ...["a1", "a2", "a3", "b1"].map((id) => event(id, now + 1000)),
    event("tagged", now + 1000, { color: "red", size: "s" }),
    event("other", now + 2000, { color: "red", size: "m" }),
    event("gone", now - 1),
  ]);
  assert.equal(await db.events.cancel({ topic, ids: ["a1", "gone", "nobody", "a1"] }), 1);
  assert.equal(await db.events.cancel({ topic, ids: ["a1"] }), 0);
  assert.equal(await db.events.cancel({ topic, prefix: "a" }), 2);
  assert.equal(await db.events.cancel({ topic, meta: { color: "red", size: "s" } }), 1);
  assert.deepEqual((await pendingIds(db)).sort(), ["b1", "other"]);
  await db.clock.advance(5000);
  assert.deepEqual((await take(db, 3)).map(({ id }) => id).sort(), ["b1", "gone", "other"]);
  assert.deepEqual(await pendingIds(db), []);
});

test("cancel() lets the id be published again", async (t) => {
  const db = await openMemory(t);
  const at = db.clock.now() + 1000;
  const first = await db.events.publish(event("a", at));
  assert.equal(await db.events.cancel({ topic, ids: ["a"] }), 1);
  assert.equal(await db.events.get(topic, "a"), undefined);
  const second = await db.events.publish(event("a", at));
  assert.equal(second.duplicate, false);
  assert.equal(second.offset, first.offset + 1);
  assert.equal((await db.events.publish(event("a", at))).duplicate, true);
  assert.equal((await db.events.get(topic, "a"))?.offset, second.offset);
});

test("cancel() of everything takes more events than one operation holds", async (t) => {
  const db = await openMemory(t);
  const now = db.clock.now();
  for (let batch = 0; batch < 40; batch++) {
    // Due times that spread each block over the whole due index.
    const events = Array.from({ length: 250 }, (_, k) => {
      return event(`e${batch}-${k}`, now + 1000 + ((k * 7919 + batch) % 5000));
    });
    await db.events.publishBatch(events);
  }
  assert.equal(await db.events.cancel({ topic, prefix: "e1" }), 11 * 250);
  assert.equal(await db.events.reschedule({ topic, prefix: "e2" }, now + 10), 11 * 250);
  assert.equal((await pending(db, 3000)).length, 29 * 250);
  assert.equal(await db.events.cancel({ topic, prefix: "" }), 29 * 250);
  assert.deepEqual(await pendingIds(db), []);
  assert.equal((await db.stats()).eventsPending, 0);
});

test("reschedule() moves events, earlier and later, and they fire then", async (t) => {
  const db = await openMemory(t);
  const now = db.clock.now();
  await db.events.publishBatch(["a", "b", "c"].map((id) => event(id, now + 5000)));
  assert.equal(await db.events.reschedule({ topic, ids: ["a"] }, now + 1000), 1);
  assert.equal(await db.events.reschedule({ topic, ids: ["b"] }, now + 9000), 1);
  assert.deepEqual(
    (await pending(db, 1)).map(({ id, at }) => [id, at - now]),
    [["a", 1000], ["c", 5000], ["b", 9000]],
  );
  await db.clock.advance(1000);
  const [a] = await take(db, 1);
  assert.equal(a?.id, "a");
  assert.equal(a?.at, now + 1000);
  assert.equal(Buffer.from(a?.payload ?? []).toString(), "payload of a");
  await db.clock.advance(8000);
  assert.deepEqual((await take(db, 2)).map(({ id }) => id).sort(), ["b", "c"]);
});

test("reschedule() to a time that has passed fires at once", async (t) => {
  const db = await openMemory(t);
  const now = db.clock.now();
  await db.events.publishBatch(["a", "b"].map((id) => event(id, now + 5000)));
  assert.equal(await db.events.reschedule({ topic, ids: ["a"] }, 1), 1);
  const [a] = await take(db, 1);
  assert.equal(a?.id, "a");
  assert.equal(a?.at, 1);
  assert.equal(await db.events.reschedule({ topic, ids: ["a"] }, now + 1000), 0);
  assert.deepEqual(await pendingIds(db), ["b"]);
});

test("reschedule() again and again does not make an event larger", async (t) => {
  const db = await openMemory(t);
  const now = db.clock.now();
  await db.events.publish(event("a", now + 5000));
  const bytes = async (): Promise<number> => {
    const partitions = await db.events.listPartitions(topic);
    return partitions.reduce((sum, partition) => sum + partition.bytes, 0);
  };
  await db.events.reschedule({ topic, ids: ["a"] }, now + 6000);
  const once = await bytes();
  for (let k = 0; k < 10; k++) await db.events.reschedule({ topic, ids: ["a"] }, now + 7000 + k);
  assert.equal(await bytes(), once);
});

test("Events of a large batch are changed one by one, fire and are removed", async (t) => {
  const db = await openMemory(t, 1);
  const now = db.clock.now();
  await db.events.configureTopic(topic, { partitions: 1, dedupTtlMs: 60_000, retentionMs: 1000 });
  const payload = "x".repeat(100);
  const all = Array.from({ length: 3000 }, (_, k) => {
    return { topic, id: `e${k}`, at: now + 1000 + (k & 1), payload };
  });
  await db.events.publishBatch(all);
  for (let k = 0; k < 3000; k += 300) {
    assert.equal(await db.events.cancel({ topic, ids: [`e${k}`] }), 1);
    assert.equal(await db.events.reschedule({ topic, ids: [`e${k + 1}`] }, now + 500), 1);
  }
  await db.clock.advance(2000);
  const taken = await take(db, 2990);
  assert.equal(new Set(taken.map(({ id }) => id)).size, 2990);
  assert.equal(taken.filter(({ at }) => at === now + 500).length, 10);
  await db.clock.advance(100_000);
  await db.events.runRetention({ topic });
  const [partition] = await db.events.listPartitions(topic);
  assert.equal(partition?.bytes, 0);
});

test("transact() cancels, moves and publishes as one, or not at all", async (t) => {
  const db = await openMemory(t);
  const now = db.clock.now();
  await db.events.publishBatch(["a", "b", "c"].map((id) => event(id, now + 5000)));
  const failed = db.transact(({ events }) => {
    assert.equal(events.cancel({ topic, prefix: "" }), 3);
    assert.equal(events.publish(event("a", now + 1)).duplicate, false);
    throw new Error("no");
  });
  await assert.rejects(failed, /^Error: no$/);
  assert.equal((await pendingIds(db)).length, 3);
  await db.transact(({ events }) => {
    assert.equal(events.publish(event("d", now + 4000)).duplicate, false);
    assert.equal(events.reschedule({ topic, ids: ["a", "d"] }, now + 9000), 2);
    assert.equal(events.cancel({ topic, ids: ["b", "d"] }), 2);
    assert.equal(events.cancel({ topic, ids: ["b", "d"] }), 0);
  });
  assert.deepEqual(await pendingIds(db), ["c", "a"]);
  assert.equal((await db.stats()).eventsPending, 2);
});

test("get() finds pending and fired events, and nothing else", async (t) => {
  const db = await openMemory(t);
  const now = db.clock.now();
  const { partition, offset } = await db.events.publish(event("a", now + 5000, { k: "v" }));
  const { payload, ...rest } = (await db.events.get(topic, "a")) as StoredEvent;
  assert.equal(Buffer.from(payload).toString(), "payload of a");
  const expected = { topic, id: "a", at: now + 5000, meta: { k: "v" }, createdAt: now };
  assert.deepEqual(rest, { ...expected, partition, offset });
  await db.clock.advance(5000);
  assert.equal((await db.events.get(topic, "a"))?.id, "a");
  assert.equal(await db.events.get(topic, "b"), undefined);
  assert.equal(await db.events.get("nowhere", "a"), undefined);
});

test("listPending() pages stay right while events fire, come and go", async (t) => {
  const db = await openMemory(t);
  const now = db.clock.now();
  await db.events.publishBatch(
    Array.from({ length: 20 }, (_, k) => event(`e${k}`, now + 1000 + (k >> 1) * 1000)),
  );
  const first = await db.events.listPending({ topic, limit: 7, from: now + 2000, to: now + 9000 });
  assert.equal(first.items.length, 7);
  const last = first.items.at(-1)?.at ?? 0;
  await db.clock.advance(3500);
  await db.events.publish(event("late", last + 1));
  await db.events.cancel({ topic, ids: ["e12"] });
  const rest = await db.events.listPending({ topic, to: now + 9000, after: first.next ?? "" });
  assert.equal(rest.next, undefined);
  const ids = [...first.items, ...rest.items].map(({ id }) => id);
  const wanted = Array.from({ length: 14 }, (_, k) => `e${k + 2}`).filter((id) => id !== "e12");
  assert.deepEqual(ids.toSorted(), [...wanted, "late"].sort());
  const times = [...first.items, ...rest.items].map(({ at }) => at);
  assert.deepEqual(times, times.toSorted((a, b) => a - b));
});

test("Selectors, times, limits and tokens that are wrong are told", async (t) => {
  const db = await openMemory(t);
  await db.events.publish(event("a", db.clock.now() + 1000));
  const { events } = db;
  await assert.rejects(events.cancel({ topic }), invalid(/exactly one of/));
  await assert.rejects(events.cancel({ topic, ids: [], prefix: "" }), invalid(/exactly one of/));
  await assert.rejects(events.cancel({ topic, meta: {} }), invalid(/at least one tag/));
  await assert.rejects(events.reschedule({ topic, ids: ["a"] }, 0), invalid(/got 0/));
  await assert.rejects(events.reschedule({ topic, ids: ["a"] }, 2 ** 48), invalid(/10889/));
  await assert.rejects(events.listPending({ topic, limit: 0 }), invalid(/limit/));
  await assert.rejects(events.listPending({ topic, from: -1 }), invalid(/from/));
  await assert.rejects(events.listPending({ topic, after: "?" }), invalid(/token/));
  const nowhere = events.cancel({ topic: "nowhere", prefix: "" });
  await assert.rejects(nowhere, (error) => isCronosError(error, "NOT_FOUND"));
});
