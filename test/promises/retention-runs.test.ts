import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineFixture } from "../support/engine-fixture.ts";

const minute = 60_000;
const hour = 60 * minute;

/** How often the log was written to while `ms` passed. */
async function writesWhile(db: EngineFixture, ms: number): Promise<number> {
  const before = db.log.head;
  await db.advance(ms);
  return db.log.head - before;
}

async function bytes(db: EngineFixture): Promise<number> {
  return (await db.events.listPartitions("t"))[0]?.bytes ?? 0;
}

test("retention sleeps until the next event is old enough", async (t) => {
  const db = await EngineFixture.start(t, { topic: { retentionMs: 10 * hour, dedupTtlMs: 0 } });
  const inbox = await db.subscribe();
  inbox.isAcking = true;
  await db.publish("a");
  await db.advance(hour);
  await db.publish("b");
  await db.advance(0);
  const both = await bytes(db);
  assert.equal(await writesWhile(db, 9 * hour - minute), 0);
  assert.equal(await bytes(db), both);
  await db.advance(2 * minute);
  assert.ok((await bytes(db)) < both && (await bytes(db)) > 0);
  await db.advance(hour);
  assert.equal(await bytes(db), 0);
});

test("retention wakes when something is settled that waited for it", async (t) => {
  const db = await EngineFixture.start(t, {
    topic: { retentionMs: minute, dedupTtlMs: 0, ackTimeoutMs: 100 * hour },
  });
  const inbox = await db.subscribe();
  await db.publish("a");
  await db.advance(50 * hour);
  assert.ok((await bytes(db)) > 0);
  await inbox.ackAll();
  await db.advance(2 * minute);
  assert.equal(await bytes(db), 0);
});

test("retention heeds changed settings, and deleted groups", async (t) => {
  const db = await EngineFixture.start(t, { topic: { retentionMs: 0, dedupTtlMs: 0 } });
  const inbox = await db.subscribe();
  inbox.isAcking = true;
  await db.events.createGroup("away", "t");
  await db.publish("a");
  await db.advance(hour);
  await db.events.configureTopic("t", { retentionMs: minute });
  await db.advance(hour);
  assert.ok((await bytes(db)) > 0, "group away has not seen it");
  await db.events.deleteGroup("away", "t");
  await db.advance(2 * minute);
  assert.equal(await bytes(db), 0);
});

test("retention tries again when nothing could be written", async (t) => {
  const db = await EngineFixture.start(t, { topic: { retentionMs: minute, dedupTtlMs: 0 } });
  const inbox = await db.subscribe();
  inbox.isAcking = true;
  await db.publish("a");
  await db.advance(minute - 1);
  db.failAppend();
  await db.advance(10);
  await db.advance(3 * minute);
  assert.equal(await bytes(db), 0);
});

test("runRetention() removes by what it is asked, and tells how much", async (t) => {
  const db = await EngineFixture.start(t, { topic: { retentionMs: 0, dedupTtlMs: 0 } });
  const inbox = await db.subscribe();
  inbox.isAcking = true;
  for (let k = 0; k < 10; k++) {
    await db.publish(`e${k}`);
    await db.advance(minute);
  }
  const all = await bytes(db);
  const run = (options: Parameters<typeof db.events.runRetention>[0]) =>
    db.events.runRetention(options);
  assert.deepEqual(await run({}), { eventsRemoved: 0, bytesFreed: 0 });
  const old = await run({ topic: "t", maxAgeMs: 8 * minute });
  assert.equal(old.eventsRemoved, 3);
  assert.equal(old.bytesFreed, all - (await bytes(db)));
  assert.equal((await run({ maxAgeMs: 0, minOffset: 5 })).eventsRemoved, 2);
  assert.equal((await run({ maxBytes: Math.floor(all / 10) * 2 })).eventsRemoved, 3);
  assert.equal((await run({ partition: 0, maxBytes: 0 })).eventsRemoved, 2);
  await assert.rejects(run({ topic: "unknown" }), { code: "NOT_FOUND" });
  await assert.rejects(run({ partition: 9 }), { code: "INVALID_ARGUMENT" });
});
