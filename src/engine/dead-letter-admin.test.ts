import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { EngineFixture } from "../../test/support/engine-fixture.ts";
import { hasCode } from "../../test/support/test-shard.ts";
import type { DeadLetterQuery } from "./events-api.ts";

/** These ids died in group "g". */
async function withDead(t: TestContext, ids: readonly string[]): Promise<EngineFixture> {
  const db = await EngineFixture.start(t, { topic: { maxAttempts: 1 } });
  const inbox = await db.subscribe();
  await db.events.publishBatch(ids.map((id) => db.event(id)));
  await db.quiet();
  while (inbox.received.length > 0) await inbox.nackAll("broken");
  await inbox.close();
  return db;
}

async function list(db: EngineFixture, query: Partial<DeadLetterQuery> = {}) {
  const { items, next } = await db.events.listDeadLetters({ topic: "t", ...query });
  return { ids: items.map(({ id }) => id).join(" "), next };
}

test("a dead letter is the event with its group, attempts, last error and time", async (t) => {
  const db = await withDead(t, ["a"]);
  const { items } = await db.events.listDeadLetters({ topic: "t" });
  const [letter] = items;
  assert.ok(letter);
  assert.equal(Buffer.from(letter.payload).toString(), "payload of a");
  const { id, group, attempts, lastError, deadAt, offset } = letter;
  assert.deepEqual([id, offset, group, attempts], ["a", 0, "g", 1]);
  assert.deepEqual([lastError, deadAt], ["broken", db.now]);
});

test("listDeadLetters() goes on with the token of a page, and with no other", async (t) => {
  const db = await withDead(t, ["a", "b", "c"]);
  const first = await list(db, { limit: 2 });
  assert.equal(first.ids, "a b");
  const second = await list(db, { limit: 2, after: first.next ?? "" });
  assert.deepEqual(second, { ids: "c", next: undefined });
  await db.events.configureTopic("u", {});
  const refused: readonly Partial<DeadLetterQuery>[] = [
    { after: "nonsense" },
    { after: "" },
    { topic: "u", after: first.next ?? "" },
    { limit: 0 },
    { limit: 10_001 },
  ];
  for (const query of refused) await assert.rejects(list(db, query), hasCode("INVALID_ARGUMENT"));
});

test("purge and redrive change the letters of their selector and tell how many", async (t) => {
  const db = await withDead(t, ["a", "b", "c", "d"]);
  assert.equal(await db.events.purgeDeadLetters({ topic: "t", ids: ["b", "x"] }), 1);
  assert.equal((await list(db)).ids, "a c d");
  assert.equal(await db.events.redriveDeadLetters({ topic: "t", group: "g", ids: ["a"] }), 1);
  assert.equal((await list(db)).ids, "c d");
  const inbox = await db.subscribe();
  assert.deepEqual([inbox.ids, inbox.attempts], [["a"], [1]]);
  assert.equal(await db.events.purgeDeadLetters({ topic: "t" }), 2);
  assert.equal(await db.events.purgeDeadLetters({ topic: "t" }), 0);
});

test("more letters than one operation takes are all purged", async (t) => {
  const db = await withDead(t, Array.from({ length: 2500 }, (_, k) => `e${k}`));
  assert.equal(await db.events.purgeDeadLetters({ topic: "t" }), 2500);
  assert.equal(db.events.counts().deadLetters, 0);
});

test("a topic or group that is not there is NOT_FOUND", async (t) => {
  const db = await withDead(t, ["a"]);
  await assert.rejects(list(db, { topic: "x" }), hasCode("NOT_FOUND"));
  await assert.rejects(list(db, { group: "x" }), hasCode("NOT_FOUND"));
  await assert.rejects(
    db.events.purgeDeadLetters({ topic: "t", group: "x" }),
    hasCode("NOT_FOUND"),
  );
});
