/**
 * Promise 4: what fails too often is kept, with all that is known of it, and can be tried again.
 * 
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { TopicSettings } from "../../src/engine/events-api.ts";
import { EngineFixture } from "../support/engine-fixture.ts";

const topic = { maxAttempts: 2, retryBackoffMs: 1000, ackTimeoutMs: 10_000 };

/** A database in which these ids died in group "g", the last failure being "broken". */
async function withDead(
  t: TestContext,
  ids: readonly string[],
  settings: Partial<TopicSettings> = {},
): Promise<EngineFixture> {
  const db = await EngineFixture.start(t, { topic: { ...topic, ...settings } });
  const inbox = await db.subscribe();
  await db.events.publishBatch(ids.map((id) => db.event(id)));
  await db.quiet();
  await inbox.nackAll("hurt");
  await db.advance(1000);
  await inbox.nackAll("broken");
  await inbox.close();
  return db;
}

async function deadIds(db: EngineFixture, group?: string): Promise<readonly string[]> {
  const { items } = await db.events.listDeadLetters({
    topic: "t",
    limit: 10_000,
    ...(group === undefined ? {} : { group }),
  });
  assert.equal(db.events.counts().deadLetters, items.length);
  return items.map(({ id }) => id);
}

test("nacks wait for the backoff, which doubles, and end in a dead letter", async (t) => {
  const db = await EngineFixture.start(t, { topic: { ...topic, maxAttempts: 4 } });
  const inbox = await db.subscribe();
  await db.publish("a", db.now, { meta: { k: "v" } });
  await db.quiet();
  for (const backoff of [1000, 2000, 4000]) {
    await inbox.nackAll("no");
    await db.advance(backoff - 1);
    assert.deepEqual(inbox.ids, []);
    await db.advance(1);
    assert.deepEqual(inbox.ids, ["a"]);
  }
  assert.deepEqual(inbox.attempts, [4]);
  const [first] = inbox.received;
  await inbox.nackAll("too bad");
  await db.advance(3_600_000);
  assert.deepEqual(inbox.ids, []);
  const { items } = await db.events.listDeadLetters({ topic: "t" });
  assert.equal(items.length, 1);
  const { payload, ...letter } = items[0] ?? assert.fail("One letter");
  assert.equal(Buffer.from(payload).toString(), "payload of a");
  const { at, createdAt, partition, offset, meta } = first ?? assert.fail("One delivery");
  const same = { topic: "t", id: "a", at, createdAt, partition, offset, meta };
  const deadAt = db.now - 3_600_000;
  assert.deepEqual(letter, { ...same, group: "g", attempts: 4, lastError: "too bad", deadAt });
});

test("time-outs count as failures, with words of their own", async (t) => {
  const db = await EngineFixture.start(t, { topic });
  const inbox = await db.subscribe();
  await db.publish("a");
  await db.advance(9999);
  assert.deepEqual(inbox.attempts, [1]);
  await db.advance(1001);
  assert.deepEqual(inbox.attempts, [1, 2]);
  await db.advance(10_000);
  const { items } = await db.events.listDeadLetters({ topic: "t", group: "g" });
  assert.deepEqual(
    items.map(({ attempts, lastError }) => [attempts, lastError]),
    [[2, "Not acknowledged within 10000 ms"]],
  );
});

test("dead letters survive a kill, and are re-driven from attempt 1", async (t) => {
  const db = await withDead(t, ["a", "b", "c"]);
  await db.kill();
  assert.deepEqual(await deadIds(db), ["a", "b", "c"]);
  const inbox = await db.subscribe();
  assert.equal(await db.events.redriveDeadLetters({ topic: "t", ids: ["b", "unknown"] }), 1);
  await db.advance(1);
  assert.deepEqual([inbox.ids, inbox.attempts], [["b"], [1]]);
  assert.equal(Buffer.from(inbox.received[0]?.payload ?? "").toString(), "payload of b");
  assert.deepEqual(await deadIds(db), ["a", "c"]);
  await inbox.ackAll();
  assert.equal(await db.events.redriveDeadLetters({ topic: "t", group: "g" }), 2);
  await db.kill();
  const again = await db.subscribe();
  assert.deepEqual(again.ids, ["a", "c"]);
  await again.nackAll("no");
  await db.advance(1000);
  await again.nackAll("no, still");
  assert.deepEqual(await deadIds(db), ["a", "c"]);
});

test("a purge forgets dead letters and nothing else", async (t) => {
  const db = await withDead(t, ["a", "b", "c"]);
  await db.publish("alive");
  assert.equal(await db.events.purgeDeadLetters({ topic: "t", ids: ["c"] }), 1);
  assert.deepEqual(await deadIds(db), ["a", "b"]);
  assert.equal(await db.events.purgeDeadLetters({ topic: "t" }), 2);
  assert.equal(await db.events.purgeDeadLetters({ topic: "t" }), 0);
  await db.kill();
  assert.deepEqual(await deadIds(db), []);
  assert.deepEqual((await db.subscribe()).ids, ["alive"]);
});

test("thousands of dead letters are listed in pages, re-driven and purged", async (t) => {
  const ids = Array.from({ length: 1500 }, (_, k) => `e${k}`);
  const db = await withDead(t, [], { maxAttempts: 1 });
  const inbox = await db.subscribe({ batchSize: 1000, credits: 1500, group: "g" });
  await db.events.publishBatch(ids.map((id) => db.event(id)));
  await db.quiet();
  while (inbox.ids.length > 0) await inbox.nackAll("no");
  const listed: string[] = [];
  for (let after: string | undefined; ; ) {
    const query = { topic: "t", limit: 400, ...(after === undefined ? {} : { after }) };
    const page = await db.events.listDeadLetters(query);
    listed.push(...page.items.map(({ id }) => id));
    after = page.next;
    if (after === undefined) break;
  }
  assert.deepEqual(listed, ids);
  assert.equal(await db.events.redriveDeadLetters({ topic: "t" }), 1500);
  assert.equal(db.events.counts().deadLetters, 0);
  await db.advance(1);
  while (inbox.ids.length > 0) await inbox.nackAll("no");
  assert.equal(await db.events.purgeDeadLetters({ topic: "t" }), 1500);
});

test("large dead letters are listed and re-driven in parts", async (t) => {
  const db = await withDead(t, [], { maxAttempts: 1 });
  const inbox = await db.subscribe();
  const payload = Buffer.alloc(4 * 1024 * 1024, 1);
  for (let k = 0; k < 5; k++) await db.publish(`e${k}`, db.now, { payload });
  await db.quiet();
  await inbox.nackAll("no");
  const page = await db.events.listDeadLetters({ topic: "t" });
  assert.ok(page.items.length < 5 && page.next !== undefined);
  assert.equal(await db.events.redriveDeadLetters({ topic: "t" }), 5);
  await db.advance(1);
  assert.equal(inbox.ids.length, 5);
});

test("dead letters are those of their group, and go with it", async (t) => {
  const db = await EngineFixture.start(t, { topic: { ...topic, maxAttempts: 1 } });
  const [one, two] = [await db.subscribe({ group: "one" }), await db.subscribe({ group: "two" })];
  await db.publishRange(0, 3);
  await db.quiet();
  await one.nackAll("no");
  await two.nackAll("no");
  const first = await db.events.listDeadLetters({ topic: "t", group: "one", limit: 1 });
  const after = first.next ?? assert.fail("There are more");
  const other = await db.events.listDeadLetters({ topic: "t", group: "two", after });
  assert.deepEqual(new Set(other.items.map(({ group }) => group)), new Set(["two"]));
  assert.equal(await db.events.redriveDeadLetters({ topic: "t", group: "one" }), 3);
  await db.advance(1);
  assert.deepEqual([one.ids.length, two.ids.length], [3, 0]);
  assert.equal(db.events.counts().deadLetters, 3);
  await db.events.deleteGroup("two", "t");
  assert.equal(db.events.counts().deadLetters, 0);
  await one.nackAll("no");
  assert.equal(db.events.counts().deadLetters, 3);
  await db.events.deleteTopic("t");
  assert.equal(db.events.counts().deadLetters, 0);
});

test("an event that dies again after its group was moved back is one dead letter", async (t) => {
  const db = await withDead(t, ["a"], { maxAttempts: 1 });
  await db.events.seekGroup("g", "t", { position: "earliest" });
  const inbox = await db.subscribe();
  await inbox.nackAll("again");
  assert.deepEqual(await deadIds(db), ["a"]);
});

test("requests for dead letters that make no sense are told", async (t) => {
  const db = await withDead(t, ["a"]);
  const bad = { code: "INVALID_ARGUMENT" };
  await assert.rejects(db.events.listDeadLetters({ topic: "t", limit: 0 }), bad);
  await assert.rejects(db.events.listDeadLetters({ topic: "t", after: "nonsense" }), bad);
  await assert.rejects(db.events.listDeadLetters({ topic: "unknown" }), { code: "NOT_FOUND" });
  const unknown = { topic: "t", group: "unknown" };
  await assert.rejects(db.events.redriveDeadLetters(unknown), { code: "NOT_FOUND" });
  await assert.rejects(db.events.purgeDeadLetters(unknown), { code: "NOT_FOUND" });
});
