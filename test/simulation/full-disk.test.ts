/**
 * A whole node whose disk fills up: a clear error for writers, reads and subscriptions go on, and
 * when there is space again everything that was acknowledged is there and writes work.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isCronosError } from "../../src/base/errors.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { Inbox } from "../support/engine-fixture.ts";
import { SimulatedNode } from "../support/simulated-node.ts";

const topic = "t";
const farFuture = Date.UTC(2040, 0, 1);
const settings = { segmentBytes: 8192, indexIntervalBytes: 1024 };
/** More than a full disk needs to find out that there is space again. */
const recoveryMs = 600;

async function subscribe(db: Engine, group: string, hasRoom = true): Promise<Inbox> {
  const inbox = new Inbox();
  inbox.hasRoom = hasRoom;
  const options = { topic, group, batchSize: 1 };
  inbox.subscription = await db.events.subscribeEncoded(options, inbox);
  return inbox;
}

/** Publishes until the disk is full; returns the ids that were acknowledged. */
async function publishUntilFull(db: Engine): Promise<string[]> {
  const stored: string[] = [];
  for (let n = 0; ; n++) {
    const id = `e${n}`;
    try {
      await db.events.publish({ topic, id, at: farFuture, payload: "x".repeat(100) });
      stored.push(id);
    } catch (error) {
      assert.ok(isCronosError(error, "DISK_FULL"), String(error));
      assert.match(error.message, /full|ENOSPC/);
      return stored;
    }
  }
}

async function pendingIds(db: Engine): Promise<string[]> {
  const { items } = await db.events.listPending({ topic, limit: 10_000 });
  return items.map(({ id }) => id).sort();
}

test("a full disk refuses writes with DISK_FULL while reads and deliveries go on", async () => {
  const node = new SimulatedNode(1, settings);
  const db = await node.open();
  for (let n = 0; n < 5; n++) {
    await db.events.publish({ topic, id: `due${n}`, at: 1, payload: "x" });
  }
  const inbox = await subscribe(db, "before", false);
  await node.settle();
  assert.equal(inbox.ids.length, 1);
  node.disk.setCapacity(node.disk.usedBytes + 3000);
  const stored = await publishUntilFull(db);
  assert.deepEqual(await pendingIds(db), stored.toSorted());
  for (const id of stored) assert.equal((await db.events.get(topic, id))?.id, id);
  inbox.hasRoom = true;
  inbox.subscription.resume();
  await node.settle();
  // The first one comes again: what was handed out is forgotten when a write fails.
  assert.equal(new Set(inbox.ids).size, 5);
  const again = db.events.publish({ topic, id: "again", at: 1, payload: "x" });
  await assert.rejects(again, (error) => isCronosError(error, "DISK_FULL"));
  assert.match(db.notWritable() ?? "", /full|ENOSPC/i);
  assert.ok(node.warnings.some((warning) => warning.includes("read-only")));

  node.disk.setCapacity(Number.MAX_SAFE_INTEGER);
  await node.clock.advance(recoveryMs);
  assert.equal(db.notWritable(), undefined);
  await db.events.publish({ topic, id: "after", at: farFuture, payload: "x" });
  assert.deepEqual(await pendingIds(db), [...stored, "after"].sort());
  await db.close();
});

test("what falls due on a full disk is delivered when there is space", async () => {
  const node = new SimulatedNode(2, settings);
  const db = await node.open();
  const inbox = await subscribe(db, "g");
  const at = node.clock.now() + 1000;
  await db.events.publish({ topic, id: "soon", at, payload: "x" });
  node.disk.setCapacity(node.disk.usedBytes);
  await publishUntilFull(db);
  await node.clock.advance(5000);
  node.disk.setCapacity(Number.MAX_SAFE_INTEGER);
  await node.clock.advance(recoveryMs);
  assert.deepEqual(inbox.ids, ["soon"]);
  await inbox.ackAll();
  await db.close();
});

test("a database that is killed on a full disk opens, and lost nothing", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const node = new SimulatedNode(seed, settings);
    let db = await node.open();
    await db.events.publish({ topic, id: "first", at: farFuture, payload: "x" });
    node.disk.setCapacity(node.disk.usedBytes + 7000 + seed * 40);
    const stored = ["first", ...(await publishUntilFull(db))];
    if (seed % 2 === 0) await node.clock.advance(node.random.below(recoveryMs));
    node.die(seed % 3 === 0 ? "power loss" : "kill");
    db = await node.open();
    const found = new Set(await pendingIds(db));
    assert.deepEqual(stored.filter((id) => !found.has(id)), [], `seed ${seed}`);
    node.disk.setCapacity(Number.MAX_SAFE_INTEGER);
    await node.clock.advance(recoveryMs);
    await db.events.publish({ topic, id: "after", at: farFuture, payload: "x" });
    await db.close();
  }
});
