import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineFixture } from "../../test/support/engine-fixture.ts";
import { hasCode } from "../../test/support/test-shard.ts";
import type { SeekPosition } from "./events-api.ts";

test("createGroup() starts at the oldest event, once", async (t) => {
  const db = await EngineFixture.start(t, { topic: { partitions: 2 } });
  const created = await db.events.createGroup("g", "t");
  assert.deepEqual(created, {
    group: "g",
    topic: "t",
    partitions: [0, 1],
    committedOffsets: new Map([
      [0, 0],
      [1, 0],
    ]),
    memberOffsets: new Map(),
    lastRebalanceAt: db.now,
  });
  await db.advance(1000);
  assert.deepEqual(await db.events.createGroup("g", "t"), created);
  await assert.rejects(db.events.createGroup("", "t"), hasCode("INVALID_ARGUMENT"));
});

test("getGroup() finds a name in every topic; private groups are not listed", async (t) => {
  const db = await EngineFixture.start(t);
  for (const [group, topic] of [
    ["g", "t"],
    ["g", "u"],
    ["h", "u"],
  ] as const) {
    await db.events.createGroup(group, topic);
  }
  const subscription = await db.events.subscribeEncoded(
    { topic: "t", batchSize: 1 },
    { deliver: () => true, ended: () => {} },
  );
  const found = await db.events.getGroup("g");
  assert.deepEqual(found.map(({ topic }) => topic), ["t", "u"]);
  assert.deepEqual((await db.events.listGroups()).map(({ group }) => group), ["g", "g", "h"]);
  assert.deepEqual((await db.events.listGroups("t")).map(({ group }) => group), ["g"]);
  assert.deepEqual(await db.events.getGroup("x"), []);
  await assert.rejects(db.events.listGroups("x"), hasCode("NOT_FOUND"));
  await subscription.close();
});

test("a group shows what is committed and what its members were handed", async (t) => {
  const db = await EngineFixture.start(t);
  const inbox = await db.subscribe({ subscriptionId: "s" });
  await db.publishRange(0, 3);
  await db.quiet();
  await inbox.ack(inbox.received[0]);
  const [group] = await db.events.getGroup("g");
  assert.deepEqual(group?.committedOffsets, new Map([[0, 1]]));
  assert.deepEqual(group?.memberOffsets, new Map([["s", 3]]));
});

test("seekGroup() moves the group and refuses what is no position", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publishRange(0, 5);
  await db.events.createGroup("g", "t");
  const seek = async (position: SeekPosition) => {
    const { committedOffsets } = await db.events.seekGroup("g", "t", { position });
    return committedOffsets.get(0);
  };
  assert.equal(await seek("latest"), 5);
  assert.equal(await seek({ offset: 3 }), 3);
  assert.equal(await seek("earliest"), 0);
  for (const position of [{ offset: -1 }, { offset: 1.5 }, { time: -1 }, { time: Number.NaN }]) {
    await assert.rejects(seek(position), hasCode("INVALID_ARGUMENT"));
  }
  const to = { position: "latest" } as const;
  await assert.rejects(db.events.seekGroup("x", "t", to), hasCode("NOT_FOUND"));
  await assert.rejects(db.events.seekGroup("g", "x", to), hasCode("NOT_FOUND"));
});

test("deleteGroup() tells whether there was one", async (t) => {
  const db = await EngineFixture.start(t);
  await db.events.createGroup("g", "t");
  const deletions = [];
  for (const [group, topic] of [
    ["g", "x"],
    ["x", "t"],
    ["g", "t"],
    ["g", "t"],
  ] as const) {
    deletions.push(await db.events.deleteGroup(group, topic));
  }
  assert.deepEqual(deletions, [false, false, true, false]);
});
