import assert from "node:assert/strict";
import { test } from "node:test";
import { mixHash1, mixHash2 } from "./dedup-hash.ts";
import {
  DedupTable,
  ENTRY_WORDS,
  PROBE_MAX,
  TABLE_ENTRIES_MAX,
  TABLE_SLOTS_MAX,
} from "./dedup-table.ts";

type Place = readonly [partition: number, offset: number];

function places(table: DedupTable, hash1: number, hash2: number): Place[] {
  const found: Place[] = [];
  table.candidates(hash1, hash2, (partition, offset) => {
    found.push([partition, offset]);
    return false;
  });
  return found;
}

function words(table: DedupTable): Uint32Array {
  const all = new Uint32Array(table.count * ENTRY_WORDS);
  table.read(0, all);
  return all;
}

function assertSorted(all: Uint32Array): void {
  for (let at = ENTRY_WORDS; at < all.length; at += ENTRY_WORDS) {
    const [a1, a2] = [all[at - ENTRY_WORDS] as number, all[at - ENTRY_WORDS + 1] as number];
    const [b1, b2] = [all[at] as number, all[at + 1] as number];
    assert.ok(a1 < b1 || (a1 === b1 && a2 <= b2), `entry ${at / ENTRY_WORDS}`);
  }
}

test("DedupTable.candidates() finds every entry, whatever its size of offset and partition", () => {
  const table = new DedupTable();
  const entries: readonly [number, number, number, number][] = [
    [1, 0, 0, 0],
    [0xffffffff, 0xffffffff, 65535, 2 ** 48 - 1],
    [0x80000000, 5, 40_000, 2 ** 32],
    [0x80000000, 4, 1, 2 ** 32 - 1],
  ];
  for (const entry of entries) assert.ok(table.add(...entry));
  for (const [hash1, hash2, partition, offset] of entries) {
    assert.deepEqual(places(table, hash1, hash2), [[partition, offset]]);
  }
  assert.deepEqual(places(table, 0x80000000, 6), []);
  assert.deepEqual(places(table, 2, 0), []);
});

test("DedupTable.candidates() visits equal hashes in the order they were added", () => {
  const table = new DedupTable();
  for (let offset = 0; offset < 5; offset++) table.add(77, 88, 3, offset);
  table.add(77, 87, 3, 9);
  table.add(76, 88, 3, 9);
  assert.deepEqual(
    places(table, 77, 88).map(([, offset]) => offset),
    [0, 1, 2, 3, 4],
  );
});

test("DedupTable.candidates() ends when the visitor returns true", () => {
  const table = new DedupTable();
  for (let offset = 0; offset < 5; offset++) table.add(77, 88, 3, offset);
  let visits = 0;
  assert.ok(table.candidates(77, 88, (_, offset) => ++visits > 0 && offset === 2));
  assert.equal(visits, 3);
});

test("DedupTable.add() grows the table, keeps it sorted and loses nothing", () => {
  const table = new DedupTable();
  const count = 50_000;
  for (let i = 0; i < count; i++) {
    assert.ok(table.add(mixHash1(1, i), mixHash2(1, i), i % 7, i));
  }
  assert.equal(table.count, count);
  assertSorted(words(table));
  for (let i = 0; i < count; i++) {
    assert.deepEqual(places(table, mixHash1(1, i), mixHash2(1, i)), [[i % 7, i]]);
  }
  for (let i = count; i < 2 * count; i++) {
    assert.equal(table.find(mixHash1(1, i), mixHash2(1, i)), -1);
  }
});

test("DedupTable.add() takes TABLE_ENTRIES_MAX entries and then says no", () => {
  const table = new DedupTable();
  for (let i = 0; i < TABLE_ENTRIES_MAX; i++) assert.ok(table.add(mixHash1(1, i), i, 0, i));
  assert.equal(table.slots, TABLE_SLOTS_MAX);
  assert.equal(table.add(5, 5, 5, 5), false);
  assert.equal(table.count, TABLE_ENTRIES_MAX);
});

test("DedupTable.add() says no when PROBE_MAX equal hashes would make it slow", () => {
  for (const hash of [1, 0x12345678, 0xffffffff]) {
    const table = new DedupTable();
    let added = 0;
    while (added < 5000 && table.add(hash, 1, 0, added)) added++;
    assert.equal(added, PROBE_MAX + 1);
    assert.equal(places(table, hash, 1).length, added);
  }
});

test("DedupTable.remove() takes out one entry and finds all others", () => {
  const table = new DedupTable();
  // Few homes, so that clusters are long and run into each other.
  const hash = (i: number) => (1 + (i % 40)) * 0x00100000 + (i % 3);
  for (let i = 0; i < 600; i++) table.add(hash(i), 0, 0, i);
  const left = new Set(Array.from({ length: 600 }, (_, i) => i));
  for (let i = 0; i < 600; i += 2) {
    let entry = table.find(hash(i), 0);
    while (entry >= 0 && table.offset(entry) !== i) entry = table.next(entry);
    table.remove(entry);
    left.delete(i);
    assertSorted(words(table));
  }
  assert.equal(table.count, left.size);
  for (let i = 0; i < 600; i++) {
    const found = places(table, hash(i), 0).some(([, offset]) => offset === i);
    assert.equal(found, left.has(i), `entry ${i}`);
  }
});

test("DedupTable.clear() empties it and keeps its size", () => {
  const table = new DedupTable();
  for (let i = 0; i < 10_000; i++) table.add(mixHash1(1, i), i, 0, i);
  const { slots } = table;
  table.clear();
  assert.equal(table.count, 0);
  assert.equal(table.slots, slots);
  assert.equal(table.find(mixHash1(1, 5), 5), -1);
});
