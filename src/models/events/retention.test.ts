import assert from "node:assert/strict";
import { test } from "node:test";
import { PartitionFixture } from "../../../test/support/partition-fixture.ts";
import { shardTimeMs } from "../../base/ids.ts";
import { keyU48 } from "../../base/key.ts";
import { bytesField } from "../../base/protobuf.ts";
import { Block, blockSize, writeBlock } from "./block.ts";
import { appendFired, readFired } from "./fired.ts";
import { findStored } from "./lookup.ts";
import type { RetentionRule } from "./retention.ts";
import { removeFired, removeIds } from "./retention.ts";

const everything: RetentionRule = {
  firedBefore: Number.MAX_SAFE_INTEGER,
  bytesMax: Number.POSITIVE_INFINITY,
  offsetMax: Number.POSITIVE_INFINITY,
};

/** Repeats the operation until it removes nothing; returns how many events each one removed. */
function remove(fixture: PartitionFixture, rule: Partial<RetentionRule> = {}): number[] {
  const removed: number[] = [];
  for (;;) {
    const { events } = fixture.store.run((tx) =>
      removeFired(tx, fixture.partition, { ...everything, ...rule }),
    );
    assert.equal(fixture.partition.bytes, fixture.countedBytes());
    if (events === 0) return removed;
    removed.push(events);
  }
}

function idAt(fixture: PartitionFixture, offset: number): string | undefined {
  const stored = findStored(fixture.store, fixture.partition, offset);
  return stored?.bytes.toString("utf8", stored.idStart, stored.idEnd);
}

test("removeFired() leaves what has not fired and what is not settled", () => {
  const fixture = new PartitionFixture();
  fixture.publish([10, 20, 10, 30, 10]);
  fixture.publish([20, 20]);
  fixture.fire(10);
  fixture.fire(20);
  fixture.settle(4);
  assert.deepEqual(remove(fixture), [4]);
  assert.deepEqual(fixture.stored(), [3, 5, 6]);
  fixture.settle(6);
  remove(fixture);
  assert.deepEqual(fixture.stored(), [3]);
});

test("removeFired() removes nothing while there is no group, or only ephemeral ones", () => {
  const fixture = new PartitionFixture();
  fixture.publish([10, 10]);
  fixture.fire(10);
  assert.deepEqual(remove(fixture), []);
  fixture.settle(2, true);
  assert.deepEqual(remove(fixture), []);
});

test("removeFired() goes by the time of firing, by bytes, and by offset", () => {
  const fixture = new PartitionFixture();
  for (const due of [10, 20, 30, 40]) fixture.publish([due, due]);
  for (const now of [10, 20, 30, 40]) fixture.fire(now);
  fixture.settle(8);
  remove(fixture, { firedBefore: 19 });
  assert.deepEqual(fixture.stored(), [2, 3, 4, 5, 6, 7]);
  remove(fixture, { firedBefore: -1, bytesMax: fixture.partition.bytes - 1 });
  assert.deepEqual(fixture.stored(), [4, 5, 6, 7]);
  remove(fixture, { firedBefore: -1 });
  assert.deepEqual(fixture.stored(), [4, 5, 6, 7]);
  remove(fixture, { offsetMax: 7 });
  assert.deepEqual(fixture.stored(), [6, 7]);
});

test("removeFired() keeps ids until the dedup time is over, then removeIds() takes them", () => {
  const fixture = new PartitionFixture();
  fixture.publish([10, 10, 90]);
  fixture.fire(10);
  fixture.settle(2);
  remove(fixture);
  assert.deepEqual(fixture.stored(), [2]);
  assert.equal(idAt(fixture, 0), "e0");
  assert.equal(idAt(fixture, 1), "e1");
  const ids = (createdBefore: number) =>
    fixture.store.run((tx) => removeIds(tx, fixture.partition, { from: 0, createdBefore }));
  assert.deepEqual(ids(1000), { bytes: 0, next: 3, hasMore: false, youngAt: undefined });
  fixture.fire(90);
  fixture.settle(3);
  remove(fixture);
  assert.deepEqual([fixture.stored(), idAt(fixture, 2)], [[], "e2"]);
  assert.deepEqual([ids(0).bytes, ids(0).youngAt], [0, 1]);
  const { bytes } = fixture.partition;
  assert.equal(ids(1).bytes, bytes);
  assert.deepEqual([fixture.blocks().length, fixture.partition.bytes], [0, 0]);
});

test("removeFired() takes the whole block when its ids are not needed any more", () => {
  const fixture = new PartitionFixture();
  fixture.publish([10, 5000]);
  fixture.fire(10);
  fixture.fire(5000);
  fixture.settle(2);
  remove(fixture);
  assert.equal(fixture.blocks().length, 0);
});

test("removeFired() keeps offsets and sequences for a restart", () => {
  const fixture = new PartitionFixture();
  fixture.publish([10, 10, 9999]);
  fixture.fire(9999);
  fixture.settle(3);
  remove(fixture);
  fixture.restart();
  const { nextOffset, nextSequence, bytes } = fixture.partition;
  assert.deepEqual([nextOffset, nextSequence, bytes], [3, 3, 0]);
});

test("removeFired() cuts a row of the fired log at what is settled", () => {
  const fixture = new PartitionFixture();
  fixture.publish([1, 2, 3, 4]);
  fixture.fire(10);
  fixture.settle(2);
  assert.deepEqual(remove(fixture), [2]);
  const range = { from: 0, to: 4, eventsMax: 100 };
  assert.deepEqual(readFired(fixture.store, fixture.partition, range), [
    { sequence: 2, due: 3, offset: 2, count: 1 },
    { sequence: 3, due: 4, offset: 3, count: 1 },
  ]);
  fixture.restart();
  assert.equal(fixture.partition.nextSequence, 4);
});

test("removeFired() is bounded by events and by the bytes of blocks it rewrites", () => {
  const fixture = new PartitionFixture();
  for (let block = 0; block < 60; block++) fixture.publish([1, 1e9, 2, 1e9], 60_000);
  fixture.fire(10);
  fixture.settle(120);
  const removed = remove(fixture);
  assert.equal(removed.reduce((sum, events) => sum + events, 0), 120);
  assert.ok(removed.every((events) => events <= 24), `${removed}`);
  assert.equal(fixture.stored().length, 120);

  const small = new PartitionFixture();
  for (let block = 0; block < 100; block++) small.publish(Array.from({ length: 100 }, () => block));
  small.fire(100);
  small.settle(10_000);
  assert.deepEqual(remove(small), [4100, 4100, 1800]);
});

test("removeFired() that is undone leaves the figures as they were", () => {
  const fixture = new PartitionFixture();
  fixture.publish([10]);
  fixture.fire(10);
  fixture.settle(1);
  const { bytes } = fixture.partition;
  const failing = () =>
    fixture.store.run((tx) => {
      removeFired(tx, fixture.partition, everything);
      throw new Error("Undone");
    });
  assert.throws(failing, /Undone/);
  assert.deepEqual([fixture.partition.bytes, fixture.stored()], [bytes, [0]]);
  assert.deepEqual(remove(fixture), [1]);
});

test("removeIds() looks at a part of the blocks, and goes on from there", () => {
  const fixture = new PartitionFixture();
  for (let block = 0; block < 100; block++) fixture.publish(Array.from({ length: 100 }, () => 10));
  fixture.fire(10);
  fixture.settle(10_000);
  remove(fixture);
  assert.equal(fixture.blocks().length, 100);
  fixture.store.now = shardTimeMs(9999);
  const parts: boolean[] = [];
  let from = 0;
  for (let hasMore = true; hasMore; ) {
    const options = { from, createdBefore: 9999 };
    const part = fixture.store.run((tx) => removeIds(tx, fixture.partition, options));
    from = part.next;
    hasMore = part.hasMore;
    parts.push(hasMore);
    assert.equal(fixture.partition.bytes, fixture.countedBytes());
  }
  assert.deepEqual(parts, [true, true, false]);
  assert.equal(fixture.blocks().length, 0);
});

test("removeFired() keeps an id whatever way its field was written", () => {
  const fixture = new PartitionFixture();
  const { partition, store } = fixture;
  const id = Buffer.from("identity");
  const field = Buffer.concat([Buffer.from([0x8a, 0x00, 0x80 + id.length, 0x00]), id]);
  const bytes = Buffer.concat([bytesField(3, "payload"), bytesField(1, "old"), field]);
  store.run((tx) => {
    const row = tx.reserve(partition.blocksPrefix + keyU48(0), blockSize(1, true, bytes.length));
    const source = { bytes, createdAt: 1, count: 1, start: () => 0, end: () => bytes.length };
    writeBlock(row, { ...source, due: () => 5 }, true);
    appendFired(tx, partition, { runs: [{ due: 5, offset: 0, count: 1 }] });
  });
  fixture.settle(1);
  store.run((tx) => removeFired(tx, partition, everything));
  const [block] = fixture.blocks();
  assert.ok(block instanceof Block && block.isRemoved(0));
  assert.deepEqual(block.event(0), field);
  assert.equal(idAt(fixture, 0), "identity");
});
