import assert from "node:assert/strict";
import { test } from "node:test";
import { RowStore } from "../../../test/support/row-store.ts";
import { hasCode } from "../../../test/support/test-shard.ts";
import { Catalog } from "./catalog.ts";
import { appendFired } from "./fired.ts";
import type { SeekTarget } from "./groups.ts";
import { Groups, checkGroupName } from "./groups.ts";
import { decodePosition } from "./position.ts";
import { deadLetterKey, groupKey, retryKey } from "./rows.ts";

const settings = {
  partitions: 2,
  retentionMs: 0,
  retentionBytes: 0,
  dedupTtlMs: 1000,
  maxAttempts: 3,
  ackTimeoutMs: 30_000,
  retryBackoffMs: 1000,
};
const nothing = (): void => {};

/** A topic whose partition 0 fired offsets 5 to 7, due at 20, then 0 to 4, due at 10. */
function newGroups() {
  const store = new RowStore();
  const catalog = new Catalog(settings, { onCreated: nothing, onRemoved: nothing });
  const groups = new Groups(catalog, nothing);
  const topic = store.run((tx) => catalog.ensure(tx, "t"));
  const partition = topic.partition(0);
  const runs = [
    { due: 20, offset: 5, count: 3 },
    { due: 10, offset: 0, count: 5 },
  ];
  store.run((tx) => appendFired(tx, partition, { runs }));
  partition.durableSequence = partition.nextSequence;
  const ensure = (name: string, target?: SeekTarget) =>
    store.run((tx) => {
      const group = groups.ensure(tx, topic, { name, ephemeral: false });
      if (target !== undefined) groups.ensurePosition(tx, group, { partition, target });
      return group;
    });
  return { store, catalog, groups, topic, partition, ensure };
}

test("ensure() creates a group once; get() refuses what is not there", () => {
  const { groups, topic, ensure } = newGroups();
  const group = ensure("g");
  assert.equal(ensure("g"), group);
  assert.equal(groups.get(topic, "g"), group);
  assert.notEqual(ensure("h").id, group.id);
  assert.throws(() => groups.get(topic, "x"), hasCode("NOT_FOUND"));
  for (const name of ["", "g".repeat(256)]) {
    assert.throws(() => checkGroupName(name), hasCode("INVALID_ARGUMENT"));
  }
  checkGroupName("g".repeat(255));
});

test("ensurePosition() starts where it is told, and only once", () => {
  const start = { sequence: 0, offset: 0, offsetMin: 0, dueMin: 0, gaps: [] };
  const cases: readonly (readonly [SeekTarget, object, readonly number[]])[] = [
    ["earliest", {}, [5, 6, 7, 0, 1, 2, 3, 4]],
    // Behind the event that fired last.
    ["latest", { sequence: 8, offset: 5 }, []],
    [{ offset: 4 }, { offset: 4, offsetMin: 4 }, [5, 6, 7, 4]],
    [{ time: 15 }, { dueMin: 15 }, [5, 6, 7]],
  ];
  for (const [target, position, offsets] of cases) {
    const { store, ensure } = newGroups();
    const at = ensure("g", target).partitions.get(0);
    assert.ok(at);
    assert.equal(ensure("g", "earliest").partitions.get(0), at);
    assert.deepEqual(decodePosition(store.get(at.key) as Uint8Array), { ...start, ...position });
    at.fill(store);
    const taken: number[] = [];
    for (let span = at.take(99, undefined); span; span = at.take(99, undefined)) {
      for (let k = 0; k < span.count; k++) taken.push(span.offset + k);
    }
    assert.deepEqual(taken, offsets);
  }
});

test("seek() forgets the retries of the place that it moves", () => {
  const { store, groups, partition, ensure } = newGroups();
  const at = ensure("g", "earliest").partitions.get(0);
  assert.ok(at);
  const key = retryKey(at.retriesPrefix, 50, 3);
  store.run((tx) => tx.put(key, Buffer.of(1)));
  store.run((tx) => groups.seek(tx, at, "latest"));
  assert.equal(store.get(key), undefined);
  assert.deepEqual([at.settledSequence, at.waiting], [partition.nextSequence, 0]);
});

test("remove() removes the group's rows; undone, it is there as before", () => {
  const { store, groups, topic, partition, ensure } = newGroups();
  const group = ensure("g", "earliest");
  const other = ensure("h", "earliest");
  const letter = deadLetterKey(topic.id, group.id, { partition: 0, offset: 1 });
  store.run((tx) => tx.put(letter, Buffer.of(1)));
  assert.throws(() =>
    store.run((tx) => {
      groups.remove(tx, group);
      throw new Error("Undone");
    }),
  );
  assert.equal(groups.get(topic, "g"), group);
  assert.equal(partition.positions.size, 2);
  store.run((tx) => groups.remove(tx, group));
  const at = group.partitions.get(0);
  for (const key of [letter, groupKey(topic.id, "g"), at?.key ?? ""]) {
    assert.equal(store.get(key), undefined);
  }
  assert.deepEqual([...partition.positions], [other.partitions.get(0)]);
});

test("load() keeps what is durable and returns the groups that are gone", () => {
  const { store, groups, topic, partition, ensure } = newGroups();
  const kept = ensure("kept", { offset: 4 });
  store.sync();
  const lost = ensure("lost", "earliest");
  store.run((tx) => {
    groups.ensurePosition(tx, kept, { partition: topic.partition(1), target: "earliest" });
  });
  store.rollBack();
  assert.deepEqual(groups.load(store, topic), [lost]);
  assert.deepEqual([...groups.of(topic).values()], [kept]);
  assert.deepEqual([...kept.partitions.keys()], [0]);
  assert.deepEqual([...partition.positions], [kept.partitions.get(0)]);
  assert.equal(topic.partition(1).positions.size, 0);
  assert.equal(kept.partitions.get(0)?.committedOffset, 4);
});
