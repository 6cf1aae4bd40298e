/** Promise 2: what was answered survives a stop and a kill, however far ahead it is due. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineFixture } from "../support/engine-fixture.ts";

const day = 86_400_000;

for (const end of ["restart", "kill"] as const) {
  test(`pending events survive a ${end} and fire at their time`, async (t) => {
    const db = await EngineFixture.start(t, { topic: { partitions: 4 } });
    const start = db.now;
    for (const days of [1, 30, 3650, 36_500]) await db.publish(`${days}`, start + days * day);
    for (const days of [1, 30, 3650, 36_500]) {
      await db[end]();
      const inbox = await db.subscribe();
      await db.advance(start + days * day - 1 - db.now);
      assert.deepEqual(inbox.ids, []);
      await db.advance(1);
      assert.deepEqual(inbox.ids, [`${days}`]);
      await inbox.ackAll();
    }
    assert.equal(db.events.counts().eventsPending, 0);
  });

  test(`what fell due while nobody ran comes after a ${end}`, async (t) => {
    const db = await EngineFixture.start(t);
    const { now } = db;
    await db.events.publishBatch([1, 3, 2].map((delay) => db.event(`${delay}`, now + delay * day)));
    await db[end](2 * day);
    const inbox = await db.subscribe();
    assert.deepEqual(inbox.ids, ["1", "2"]);
    await inbox.ackAll();
    await db.advance(day);
    assert.deepEqual(inbox.ids, ["3"]);
  });
}

test("a kill between a publish and its answer leaves all of it or nothing", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publish("answered", db.now + 1000);
  db.log.hold();
  const lost = db.events.publishBatch([db.event("lost 1", db.now), db.event("lost 2", db.now)]);
  lost.catch(() => undefined);
  await db.quiet();
  await db.kill();
  const inbox = await db.subscribe();
  await db.advance(2000);
  assert.deepEqual(inbox.ids, ["answered"]);
  assert.equal((await db.publish("lost 1")).duplicate, false);
});

test("figures, positions and settings are the same after many restarts", async (t) => {
  const db = await EngineFixture.start(t, { topic: { partitions: 3, maxAttempts: 9 } });
  await db.publishRange(0, 50, db.now + 5000);
  await db.publishRange(50, 100);
  const inbox = await db.subscribe();
  for (const received of inbox.take().slice(0, 20)) await inbox.ack(received);
  await inbox.close();
  const look = async () => ({
    topics: await db.events.listTopics(),
    partitions: await db.events.listPartitions(),
    groups: (await db.events.listGroups()).map(({ committedOffsets }) => [...committedOffsets]),
    counts: db.events.counts(),
  });
  const before = await look();
  for (const end of ["kill", "restart", "kill"] as const) {
    await db[end]();
    assert.deepEqual(await look(), before);
  }
});

test("what is in the base tree and what is in the log alone are read alike", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publishRange(0, 10, db.now + 1000);
  await db.publishRange(10, 20);
  const inbox = await db.subscribe({ group: "g" });
  await inbox.ack(inbox.received[5]);
  await inbox.close();
  await db.engine.admin.compact();
  await db.publishRange(20, 30, db.now + 2000);
  await db.kill();
  const again = await db.subscribe({ group: "g" });
  assert.deepEqual(again.ids, ["e10", "e11", "e12", "e13", "e14", "e16", "e17", "e18", "e19"]);
  await again.ackAll();
  await db.advance(2000);
  assert.equal(again.ids.length, 20);
  for (const id of ["e3", "e15", "e25"]) assert.equal((await db.publish(id)).duplicate, true);
});
