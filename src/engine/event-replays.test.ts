import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { isCronosError } from "../base/errors.ts";
import { decodeEvent } from "../models/events/stored-event.ts";
import type { EventInput, ReplayOptions } from "./events-api.ts";
import { open } from "./open.ts";
import type { MemoryDatabase } from "./open.ts";

const topic = "t";

async function openMemory(t: TestContext, partitionCount = 3): Promise<MemoryDatabase> {
  const db = await open(":memory:", { settings: { partitionCount } });
  t.after(() => db.close());
  return db;
}

function event(id: string, at: number): EventInput {
  return { topic, id, at, payload: `payload of ${id}` };
}

async function replay(db: MemoryDatabase, options: Partial<ReplayOptions> = {}): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of db.events.replay({ topic, ...options })) ids.push(id);
  return ids;
}

const ids = (from: number, to: number): string[] => {
  return Array.from({ length: to - from }, (_, k) => `e${from + k}`);
};

/** Publishes e0, e1, … due one second after each other from `start` on, out of order. */
async function publishShuffled(db: MemoryDatabase, start: number, count: number): Promise<void> {
  for (let k = 0; k < count; k++) {
    const number = (k * 7) % count;
    await db.events.publish(event(`e${number}`, start + number * 1000));
  }
}

test("replay() gives past, late and future events in the order of schedule times", async (t) => {
  const db = await openMemory(t);
  const start = db.clock.now() - 5000;
  await publishShuffled(db, start, 20);
  assert.deepEqual(await replay(db), ids(0, 20));
  await db.clock.advance(4500);
  await db.events.publish(event("between", start + 2500));
  assert.deepEqual(await replay(db), [...ids(0, 3), "between", ...ids(3, 20)]);
  await db.clock.advance(100_000);
  assert.deepEqual(await replay(db), [...ids(0, 3), "between", ...ids(3, 20)]);
  const window = { from: start + 2000, to: start + 10_000 };
  assert.deepEqual(await replay(db, window), ["e2", "between", ...ids(3, 10)]);
  assert.deepEqual(await replay(db, { ...window, count: 2 }), ["e2", "between"]);
});

test("replay() by partition and offset", async (t) => {
  const db = await openMemory(t, 1);
  const start = db.clock.now() - 5000;
  await publishShuffled(db, start, 10);
  const expected = ids(0, 10).filter((id) => {
    return [3, 4, 5, 6, 7, 8, 9].some((k) => `e${(k * 7) % 10}` === id);
  });
  assert.deepEqual(await replay(db, { startOffset: 3, partition: 0 }), expected);
  await assert.rejects(replay(db, { partition: 1 }), (e) => isCronosError(e, "INVALID_ARGUMENT"));
});

test("replay() leaves out what is cancelled, and follows what is moved on", async (t) => {
  const db = await openMemory(t);
  const now = db.clock.now();
  await db.events.publishBatch(ids(0, 6).map((id, k) => event(id, now + 1000 + k)));
  const seen: [string, number][] = [];
  for await (const { id, at } of db.events.replay({ topic, speed: 1 })) {
    seen.push([id, at - now]);
    if (id !== "e0") continue;
    await db.events.cancel({ topic, ids: ["e2"] });
    await db.events.reschedule({ topic, ids: ["e3"] }, now + 5000);
    await db.events.publish(event("new", now + 1003));
    void db.clock.advance(10_000);
  }
  const expected = [["e0", 1000], ["e1", 1001], ["e4", 1004], ["e5", 1005], ["e3", 5000]];
  assert.deepEqual(seen, expected);
});

test("replay() keeps the pace of the schedule times, divided by the speed", async (t) => {
  const db = await openMemory(t);
  const start = db.clock.now() - 1_000_000;
  await publishShuffled(db, start, 5);
  const begin = db.clock.now();
  const times: number[] = [];
  const running = (async () => {
    for await (const { id } of db.events.replay({ topic, speed: 4 })) {
      assert.equal(id, `e${times.length}`);
      times.push(db.clock.now() - begin);
    }
  })();
  await db.clock.advance(10_000);
  await running;
  assert.deepEqual(times, [0, 250, 500, 750, 1000]);
});

test("replay() ends when its consumer leaves, also while it waits", async (t) => {
  const db = await openMemory(t);
  await db.events.publishBatch([event("a", 1), event("b", 1_000_000)]);
  for await (const { id } of db.events.replay({ topic })) {
    assert.equal(id, "a");
    break;
  }
  const iterator = db.events.replay({ topic, speed: 1 })[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).done, false);
  const waiting = iterator.next();
  await db.clock.advance(10);
  await iterator.return?.();
  assert.deepEqual(await waiting, { done: true, value: undefined });
  assert.deepEqual(await iterator.next(), { done: true, value: undefined });
});

test("close() ends replays with CLOSED", async () => {
  const db = await open(":memory:");
  await db.events.publishBatch([event("a", 1), event("b", 1_000_000)]);
  const paced = db.events.replay({ topic, speed: 1 })[Symbol.asyncIterator]();
  await paced.next();
  const idle = db.events.replay({ topic })[Symbol.asyncIterator]();
  const waiting = assert.rejects(paced.next(), (error) => isCronosError(error, "CLOSED"));
  await db.clock.advance(0);
  await db.close();
  await waiting;
  await assert.rejects(idle.next(), (error) => isCronosError(error, "CLOSED"));
});

test("replayEncoded() gives stored bytes and places", async (t) => {
  const db = await openMemory(t);
  const now = db.clock.now();
  const { partition, offset } = await db.events.publish(event("a", now + 1000));
  await db.events.reschedule({ topic, ids: ["a"] }, now + 2000);
  const all: unknown[] = [];
  for await (const encoded of db.events.replayEncoded({ topic })) {
    const { id, at } = decodeEvent(encoded);
    all.push({ id, at, partition: encoded.partition, offset: encoded.offset });
  }
  assert.deepEqual(all, [{ id: "a", at: now + 2000, partition, offset }]);
});

test("replay() tells wrong options and unknown topics", async (t) => {
  const db = await openMemory(t);
  await db.events.publish(event("a", 1));
  const wrong: readonly (readonly [Partial<ReplayOptions>, RegExp])[] = [
    [{ from: -1 }, /from must be Unix milliseconds, 0 or more: got -1/],
    [{ to: 1.5 }, /to must be/],
    [{ startOffset: -1 }, /startOffset must be/],
    [{ count: 0 }, /count must be an integer, 1 or more: got 0/],
    [{ speed: Number.NaN }, /speed must be a number, 0 or more: got NaN/],
  ];
  for (const [options, pattern] of wrong) await assert.rejects(replay(db, options), pattern);
  const unknown = replay(db, { topic: "nowhere" });
  await assert.rejects(unknown, (error) => isCronosError(error, "NOT_FOUND"));
});
