import assert from "node:assert/strict";
import { test } from "node:test";
import { EventsShard } from "../../../test/support/events-shard.ts";
import { DedupIndex } from "./dedup.ts";
import { endOfOlder } from "./find-event.ts";
import { PendingEvents } from "./pending-events.ts";

const topic = "t";
const cancel = { kind: "cancel" } as const;

/** The pending events as they are when the dedup index has forgotten every id. */
function withoutIds({ shard, clock, model }: EventsShard): PendingEvents {
  return new PendingEvents({
    shard,
    reads: model.reads,
    catalog: model.catalog,
    dedup: new DedupIndex(() => () => {}),
    wallNow: () => clock.now(),
    onScheduled: () => {},
    onFired: () => {},
  });
}

async function publish(db: EventsShard, prefix: string, count: number): Promise<void> {
  const at = db.clock.now() + 1_000_000;
  await db.publish(
    Array.from({ length: count }, (_, k) => ({ topic, id: `${prefix}${k}`, at, payload: "x" })),
  );
}

test("PendingEvents finds ids that the dedup index may have forgotten", async () => {
  const db = await EventsShard.open({ dedupTtlMs: 1000 });
  await publish(db, "old", 20);
  await db.clock.advance(1500);
  await publish(db, "new", 20);
  const pending = withoutIds(db);
  // Those that are younger than the dedup TTL are in the index, in truth.
  assert.equal(await pending.find(topic, "new1"), undefined);
  assert.equal((await pending.find(topic, "old1"))?.partition.topic.name, topic);
  assert.equal(await pending.changeAll({ topic, ids: ["old1", "old2", "new1", "x"] }, cancel), 2);
  assert.equal(await pending.find(topic, "old1"), undefined);
  const count = await db.shard.execute((tx) => {
    return pending.change(tx, { topic, ids: ["old1", "old3"] }, cancel);
  });
  assert.equal(count, 1);
  await db.close();
});

test("endOfOlder() is where the blocks of a time begin", async () => {
  const db = await EventsShard.open({ partitions: 1 });
  const times: number[] = [];
  for (let batch = 0; batch < 9; batch++) {
    await publish(db, `${batch}/`, batch + 1);
    for (let k = 0; k <= batch; k++) times.push(db.clock.now());
    await db.clock.advance(100);
  }
  const partition = db.model.catalog.get(topic).partition(0);
  for (const time of new Set(times)) {
    for (const before of [time, time + 1]) {
      const older = times.filter((created) => created < before).length;
      assert.equal(endOfOlder(db.shard.durable, partition, before), older);
    }
  }
  await db.close();
});

test("PendingEvents changes what was pending when it was called, part by part", async () => {
  const db = await EventsShard.open({ partitions: 2 });
  for (let batch = 0; batch < 30; batch++) await publish(db, `${batch}/`, 200);
  const { pending } = db.model;
  const all = pending.changeAll({ topic, prefix: "" }, cancel);
  const running = { isDone: false };
  const done = all.then(() => (running.isDone = true));
  let published = 0;
  while (!running.isDone) {
    await publish(db, `meanwhile${published++}/`, 1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
  assert.ok(published > 5, "Other operations must come in between");
  assert.equal(await all, 6000);
  assert.equal(db.model.catalog.get(topic).pending, published);
  await db.close();
});
