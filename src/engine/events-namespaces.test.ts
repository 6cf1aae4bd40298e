import assert from "node:assert/strict";
import { test } from "node:test";
import { serveDatabase } from "../../test/support/grpc-database.ts";
import { memoryEngine } from "../../test/support/memory-engine.ts";
import { open } from "./open.ts";

const event = { topic: "t", id: "1", payload: "x" };

test("events of a namespace have nothing in common with those of others", async () => {
  const db = await open(":memory:");
  await db.namespaces.create("shop");
  const shop = db.namespace("shop").events;
  const at = db.clock.now() + 1000;
  assert.equal((await db.events.publish({ ...event, at })).duplicate, false);
  assert.equal((await shop.publish({ ...event, at, payload: "y" })).duplicate, false);
  assert.equal((await shop.publish({ ...event, at })).duplicate, true);
  assert.equal(Buffer.from((await shop.get("t", "1"))?.payload ?? "").toString(), "y");
  await shop.createGroup("g", "t");
  await shop.configureTopic("only", { partitions: 1 });
  assert.deepEqual((await db.events.listTopics()).map(({ topic }) => topic), ["t"]);
  assert.deepEqual((await shop.listTopics()).map(({ topic }) => topic), ["t", "only"]);
  assert.deepEqual(await db.events.getGroup("g"), []);
  assert.equal((await shop.listGroups()).length, 1);
  assert.equal((await shop.listPartitions("only")).length, 1);
  await assert.rejects(db.events.listPartitions("only"), { code: "NOT_FOUND" });
  assert.equal(await shop.cancel({ topic: "t", ids: ["1"] }), 1);
  assert.equal((await db.events.listPending({ topic: "t" })).items.length, 1);
  assert.equal((await shop.listPending({ topic: "t" })).items.length, 0);
  await db.close();
});

test("events of a namespace are delivered there, runs of its schedules too", async () => {
  const db = await open(":memory:");
  await db.namespaces.create("shop");
  const shop = db.namespace("shop").events;
  await shop.schedule({ topic: "t", name: "tick", cron: "* * * * * *", payload: "run" });
  assert.deepEqual(await db.events.listSchedules(), []);
  assert.equal((await shop.listSchedules()).length, 1);
  await db.transact((tx) => tx.eventsIn("shop").publish({ ...event, at: tx.now + 1 }));
  await db.clock.advance(1500);
  const seen: string[] = [];
  for await (const delivery of shop.subscribe({ topic: "t", group: "g" })) {
    seen.push(delivery.id.replace(/@.*/, "@"));
    await delivery.ack();
    if (new Set(seen).size === 2) break;
  }
  assert.deepEqual([...new Set(seen)].toSorted(), ["1", "tick@"]);
  assert.deepEqual(await db.events.listTopics(), []);
  await db.close();
});

test("events move with their namespace and go with its purge", async () => {
  const { engine: db } = await memoryEngine();
  await db.namespaces.create("a.b");
  const at = Date.now() + 1_000_000;
  await db.namespace("a.b").events.publish({ ...event, at });
  const { events } = db.namespace("a.b");
  await events.schedule({ topic: "t", name: "s", cron: "0 * * * *", payload: "x" });
  await db.namespaces.move("a", "c");
  const moved = db.namespace("c.b").events;
  assert.equal((await moved.listPending({ topic: "t" })).items.length, 1);
  await assert.rejects(db.namespace("a.b").events.listTopics(), { code: "NOT_FOUND" });
  const subscription = assert.rejects(
    moved.subscribe({ topic: "t" })[Symbol.asyncIterator]().next(),
    /Topic t was deleted/,
  );
  await moved.get("t", "1");
  await db.namespaces.remove("c");
  await assert.rejects(moved.publish({ ...event, at }), { code: "NOT_FOUND" });
  await db.namespaces.purge("c");
  await subscription;
  const { topics, schedules, eventsPending } = await db.stats();
  assert.deepEqual([topics, schedules, eventsPending], [0, 0, 0]);
  await db.namespaces.create("c.b");
  assert.deepEqual(await db.namespace("c.b").events.listTopics(), []);
  await db.close();
});

test("remote db.namespace(name).events work there", async (t) => {
  const { remote, database, clock } = await serveDatabase(t);
  await database.namespaces.create("shop");
  const { events } = remote.namespace("shop");
  await events.publish({ ...event, at: clock.now() - 1 });
  assert.equal((await database.namespace("shop").events.listTopics()).length, 1);
  assert.deepEqual(await remote.events.listTopics(), []);
  for await (const delivery of events.subscribe({ topic: "t", group: "g" })) {
    assert.equal(delivery.id, "1");
    await delivery.ack();
    break;
  }
  const missing = remote.namespace("missing").events;
  await assert.rejects(missing.listTopics(), { code: "NOT_FOUND" });
  await assert.rejects(missing.publish({ ...event, at: 1 }), { code: "NOT_FOUND" });
});
