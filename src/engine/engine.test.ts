import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineFixture } from "../../test/support/engine-fixture.ts";
import { hasCode } from "../../test/support/test-shard.ts";
import { CronosError } from "../base/errors.ts";
import { MemoryLog } from "../log/memory/memory-log.ts";
import { SeededRandom } from "../ports/seeded-random.ts";
import { SimulatedClock } from "../ports/simulated-clock.ts";
import { openMemoryTree } from "../store/memory/memory-tree.ts";
import type { EngineParts } from "./engine.ts";
import { Engine } from "./engine.ts";
import { engineSettings } from "./settings.ts";

function newParts(settings: Parameters<typeof engineSettings>[0] = {}) {
  const told: string[] = [];
  const log = new MemoryLog();
  const clock = new SimulatedClock();
  const parts: EngineParts = {
    log,
    clock,
    base: openMemoryTree(),
    random: new SeededRandom(1),
    settings: engineSettings(settings),
    metrics: {
      count: (counter, by = 1) => told.push(`${counter} ${by}`),
      observe: (timing) => told.push(timing),
    },
    warn: (message) => told.push(message),
    release: async () => void told.push("released"),
    freeBytes: async () => 0,
  };
  return { parts, told, log, clock };
}

const event = { topic: "t", id: "a", at: 1, payload: "p" };

test("start() that fails gives the parts back", async () => {
  const { parts, told } = newParts({ partitionCount: 0 });
  await assert.rejects(Engine.start(parts), hasCode("INVALID_ARGUMENT"));
  assert.equal(told.at(-1), "released");
});

test("close() gives the parts back once; nothing works behind it", async () => {
  const { parts, told } = newParts();
  const engine = await Engine.start(parts);
  await Promise.all([engine.close(), engine.close()]);
  assert.deepEqual(told.filter((each) => each === "released"), ["released"]);
  await assert.rejects(engine.events.publish(event), hasCode("CLOSED"));
  await assert.rejects(engine.transact(() => 1), hasCode("CLOSED"));
});

test("metrics are told what happens to events", async () => {
  const { parts, told } = newParts();
  const engine = await Engine.start(parts);
  await engine.events.publish(event);
  await engine.events.publish(event);
  await assert.rejects(engine.events.publish({ ...event, id: "" }), hasCode("INVALID_ARGUMENT"));
  for await (const delivery of engine.events.subscribe({ topic: "t" })) {
    await delivery.ack();
    break;
  }
  await engine.close();
  for (const expected of [
    "recovery",
    "eventsPublished 1",
    "eventsDuplicate 1",
    "eventsRejected 1",
    "eventsDelivered 1",
    "fireLag",
    "eventsAcknowledged 1",
    "commit",
  ]) {
    assert.ok(told.includes(expected), `${expected} in ${told.join(", ")}`);
  }
});

test("a database that cannot be written says why, until it can be again", async () => {
  const { parts, told, log, clock } = newParts();
  const engine = await Engine.start(parts);
  assert.equal(engine.notWritable(), undefined);
  log.failNext(new CronosError("IO", "Disk is gone"));
  log.failRecover(new CronosError("IO", "Disk is still gone"));
  await assert.rejects(engine.events.publish(event), hasCode("IO"));
  assert.match(engine.notWritable() ?? "", /Disk is/);
  assert.ok(told.some((each) => each.startsWith("Database is read-only: ")));
  log.failRecover(undefined);
  await clock.advance(10_000);
  assert.equal(engine.notWritable(), undefined);
  assert.equal(told.filter((each) => each === "Database can be written again").length, 1);
  await engine.events.publish(event);
  await engine.close();
});

test("transact() is all or nothing and returns what its function returns", async (t) => {
  const db = await EngineFixture.start(t);
  const published = await db.engine.transact((tx) => {
    const first = tx.events.publish(db.event("a"));
    return [first.offset, tx.events.publish(db.event("b")).offset, tx.now >= db.now];
  });
  assert.deepEqual(published, [0, 1, true]);
  const boom = new Error("boom");
  const undone = db.engine.transact((tx) => {
    tx.events.publish(db.event("c"));
    throw boom;
  });
  await assert.rejects(undone, boom);
  const waiting = db.engine.transact(async (tx) => tx.events.publish(db.event("d")));
  await assert.rejects(waiting, hasCode("INVALID_ARGUMENT"));
  for (const [id, isStored] of [
    ["a", true],
    ["b", true],
    ["c", false],
    ["d", false],
  ] as const) {
    assert.equal((await db.events.get("t", id)) !== undefined, isStored, id);
  }
});

test("stats() counts what there is", async (t) => {
  const db = await EngineFixture.start(t);
  await db.publishRange(0, 3);
  await db.publishRange(3, 5, db.now + 1000);
  await db.subscribe({ credits: 2 });
  const stats = await db.engine.stats();
  assert.deepEqual(
    [stats.topics, stats.subscriptions, stats.eventsPending, stats.eventsReady],
    [1, 1, 2, 1],
  );
  assert.deepEqual([stats.eventsInFlight, stats.deadLetters, stats.schedules], [2, 0, 0]);
  assert.ok(stats.logBytes > 0 && stats.memtableBytes > 0 && stats.logHeadIndex > 0);
});
