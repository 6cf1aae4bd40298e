/**
 * What each fsync-mode promises, on a whole node whose machine loses power.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Engine } from "../../src/engine/engine.ts";
import { SimulatedNode } from "../support/simulated-node.ts";

const topic = "t";

/** Publishes events with the ids `from` … `to` - 1, all at once. */
function publishAll(db: Engine, from: number, to: number): Promise<unknown> {
  const events = Array.from({ length: to - from }, (_, n) => `e${from + n}`);
  const far = Date.UTC(2040, 0, 1);
  return Promise.all(
    events.map((id) => db.events.publish({ topic, id, at: far, payload: "x" })),
  );
}

async function storedCount(db: Engine): Promise<number> {
  const { items } = await db.events.listPending({ topic, limit: 10_000 });
  return items.length;
}

test("fsync-mode every_event writes a record for each of many publishes at once", async () => {
  const node = new SimulatedNode(1, { fsyncMode: "every_event" });
  const db = await node.open();
  await db.events.configureTopic(topic, {});
  const before = (await db.stats()).logHeadIndex;
  await publishAll(db, 0, 1000);
  assert.equal((await db.stats()).logHeadIndex, before + 1000);
  assert.equal(await storedCount(db), 1000);
  await db.close();
});

for (const fsyncMode of ["every_event", "batch"] as const) {
  test(`fsync-mode ${fsyncMode} loses nothing that was answered when the power fails`, async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const node = new SimulatedNode(seed, { fsyncMode });
      let db = await node.open();
      await publishAll(db, 0, 50);
      publishAll(db, 50, 100).catch(() => undefined);
      node.die("power loss");
      db = await node.open();
      assert.ok((await storedCount(db)) >= 50);
      await db.close();
    }
  });
}

test("fsync-mode periodic loses at most the last interval when the power fails", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const node = new SimulatedNode(seed, { fsyncMode: "periodic", flushIntervalMs: 100 });
    let db = await node.open();
    await publishAll(db, 0, 50);
    await node.clock.advance(100);
    await publishAll(db, 50, 100);
    node.die("power loss");
    db = await node.open();
    const stored = await storedCount(db);
    assert.ok(stored === 50 || stored === 100, `${stored} events of two publishes of 50`);
    await db.close();
  }
});

test("fsync-mode periodic loses nothing at a kill", async () => {
  const node = new SimulatedNode(1, { fsyncMode: "periodic" });
  let db = await node.open();
  await publishAll(db, 0, 50);
  node.die("kill");
  db = await node.open();
  assert.equal(await storedCount(db), 50);
  await db.close();
});

test("fsync-mode periodic: no row is in the base tree before its record is durable", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const node = new SimulatedNode(seed, { fsyncMode: "periodic", flushIntervalMs: 100 });
    let db = await node.open();
    await publishAll(db, 0, 50);
    await db.admin.compact();
    node.die("power loss");
    db = await node.open();
    assert.equal(await storedCount(db), 50);
    await db.close();
  }
});
