import assert from "node:assert/strict";
import { test } from "node:test";
import { RowStore } from "../../../test/support/row-store.ts";
import { shardTimeMs } from "../../base/ids.ts";
import { Catalog } from "./catalog.ts";
import { DedupIndex } from "./dedup.ts";
import { EventList } from "./event-list.ts";
import { readFired } from "./fired.ts";
import { Publisher } from "./publish.ts";
import { dueKeyOffset, dueKeyTime } from "./rows.ts";

const settings = {
  partitions: 1,
  retentionMs: 0,
  retentionBytes: 0,
  dedupTtlMs: 1000,
  maxAttempts: 3,
  ackTimeoutMs: 30_000,
  retryBackoffMs: 1000,
};

function newPublisher() {
  const store = new RowStore();
  const told: string[] = [];
  const clock = { wall: 100 };
  const nothing = (): void => {};
  const catalog = new Catalog(settings, { onCreated: nothing, onRemoved: nothing });
  const publisher = new Publisher(catalog, new DedupIndex(() => nothing), {
    wallNow: () => clock.wall,
    onPublished: (partition) => told.push(`published ${partition.appliedOffset}`),
    onScheduled: (_, dueMin) => told.push(`scheduled ${dueMin}`),
    onFired: (_, runs) => told.push(...runs.map(({ offset, due }) => `fired ${offset} at ${due}`)),
  });
  const list = new EventList();
  const publish = (events: readonly (readonly [string, number])[], allowDuplicate = false) => {
    list.encodeAll(events.map(([id, at]) => ({ topic: "t", id, at, payload: "p" })));
    const { outcome } = publisher;
    store.now = shardTimeMs(Math.max(store.now, clock.wall));
    store.run((tx) => publisher.publish(tx, list, allowDuplicate));
    const offsets = Array.from(events, (_, k) => outcome.offset[k]);
    return { offsets, duplicates: outcome.duplicates, published: outcome.published };
  };
  const partition = () => catalog.get("t").partition(0);
  return {
    store,
    clock,
    publisher,
    list,
    publish,
    partition,
    takeTold: (): readonly string[] => told.splice(0),
    dueRuns: (): readonly string[] =>
      store
        .range(partition().duesPrefix, partition().duesEnd)
        .map(([key]) => `${dueKeyOffset(key)} at ${dueKeyTime(key)}`),
  };
}

test("publish() fires what is due and schedules the rest", () => {
  const { publish, takeTold, dueRuns, store, partition } = newPublisher();
  assert.deepEqual(
    publish([
      ["a", 300],
      ["b", 100],
      ["c", 200],
    ]),
    { offsets: [0, 1, 2], duplicates: 0, published: 3 },
  );
  assert.deepEqual(takeTold(), ["scheduled 200", "published 3"]);
  assert.deepEqual(dueRuns(), ["2 at 200", "0 at 300"]);
  // Offered to the groups when it is durable, not before.
  store.sync();
  assert.deepEqual(takeTold(), ["fired 1 at 100"]);
  assert.deepEqual([partition().nextOffset, partition().nextSequence], [3, 1]);
});

test("publish() takes what is due by the wall clock, whatever shard time says", () => {
  const { publish, clock, dueRuns, store, partition } = newPublisher();
  publish([["a", 100]]);
  // The wall clock is set back; shard time stays.
  clock.wall = 50;
  publish([
    ["b", 80],
    ["c", 40],
  ]);
  assert.deepEqual(dueRuns(), ["1 at 80"]);
  const fired = readFired(store, partition(), { from: 1, to: 9, eventsMax: 9 });
  assert.deepEqual(fired, [{ sequence: 1, due: 100, offset: 2, count: 1 }]);
});

test("publish() of a known id tells where the first one is, unless duplicates are allowed", () => {
  const { publish, partition } = newPublisher();
  publish([
    ["a", 300],
    ["b", 300],
  ]);
  const again = publish([
    ["b", 500],
    ["c", 500],
    ["c", 600],
  ]);
  assert.deepEqual(again, { offsets: [1, 2, 2], duplicates: 2, published: 1 });
  assert.deepEqual(publish([["a", 1]], true), { offsets: [3], duplicates: 0, published: 1 });
  assert.equal(partition().nextOffset, 4);
});

test("publish() forgets an id when its time to live is over", () => {
  const { publish, clock } = newPublisher();
  publish([["a", 100]]);
  clock.wall += settings.dedupTtlMs - 1;
  assert.equal(publish([["a", 100]]).duplicates, 1);
  clock.wall += 1;
  assert.deepEqual(publish([["a", 100]]), { offsets: [1], duplicates: 0, published: 1 });
});

test("publish() that is undone leaves neither offsets nor ids", () => {
  const { publish, publisher, list, store, partition } = newPublisher();
  publish([["a", 100]]);
  const bytes = partition().bytes;
  list.encodeAll([{ topic: "t", id: "b", at: 100, payload: "p" }]);
  assert.throws(() =>
    store.run((tx) => {
      publisher.publish(tx, list, false);
      throw new Error("Undone");
    }),
  );
  const { nextOffset, nextSequence } = partition();
  assert.deepEqual([nextOffset, nextSequence, partition().bytes], [1, 1, bytes]);
  assert.deepEqual(publish([["b", 100]]), { offsets: [1], duplicates: 0, published: 1 });
});

test("publish() passes over events that are wrong and counts them", () => {
  const { publish, publisher } = newPublisher();
  const { offsets, published } = publish([
    ["a", 100],
    ["", 100],
    ["c", 100],
  ]);
  const { errors, firstOffset, lastOffset } = publisher.outcome;
  assert.deepEqual([offsets[0], offsets[2], published, errors], [0, 1, 2, 1]);
  assert.deepEqual([firstOffset, lastOffset], [0, 1]);
});
