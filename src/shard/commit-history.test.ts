import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { logIndex } from "../base/ids.ts";
import type { Key } from "../base/key.ts";
import { CommitHistory } from "./commit-history.ts";
import type { KeyRange } from "./commit-history.ts";

const none: ReadonlySet<Key> = new Set();

function reads(...keys: Key[]) {
  return { keys: new Set(keys), ranges: [] };
}

function scans(...ranges: KeyRange[]) {
  return { keys: none, ranges };
}

test("CommitHistory: a reader conflicts with newer records only", () => {
  const history = new CommitHistory();
  assert.equal(history.active, false);
  const old = history.open(logIndex(4));
  history.noting(logIndex(5)).put("a", Buffer.of());
  history.noting(logIndex(6)).delete("b");
  history.noting(logIndex(7)).deleteRange("c", "e");
  const young = history.open(logIndex(6));
  assert.deepEqual(old.conflict(reads("x", "a")), { key: "a" });
  assert.deepEqual(old.conflict(reads("b")), { key: "b" });
  assert.equal(young.conflict(reads("a", "b")), undefined);
  assert.deepEqual(young.conflict(reads("a", "d")), { key: "d" });
  assert.deepEqual(young.conflict(scans({ start: "a", end: "d" })), { key: "c" });
  assert.deepEqual(young.conflict(scans({ start: "d", end: undefined })), { key: "d" });
  assert.equal(young.conflict(scans({ start: "e", end: undefined })), undefined);
  old.close();
  young.close();
  assert.equal(history.active, false);
  const next = history.open(logIndex(4));
  assert.equal(next.conflict(reads("a")), undefined, "forgotten with its last reader");
});

test("CommitHistory above its bound: who began before what it knows is too old", () => {
  const history = new CommitHistory(10_000);
  const old = history.open(logIndex(0));
  let version = 0;
  const write = (count: number) => {
    for (let k = 0; k < count; k++) {
      version++;
      history.noting(logIndex(version)).put(`key ${version}`, Buffer.of());
    }
  };
  write(100);
  const young = history.open(logIndex(version));
  assert.deepEqual(old.conflict(reads("key 1")), { key: "key 1" });
  write(100);
  assert.equal(old.conflict(reads("x")), "too-old");
  assert.deepEqual(young.conflict(reads("key 100", "key 101")), { key: "key 101" });
  assert.equal(young.conflict(reads("key 100")), undefined);
  write(1000);
  assert.equal(young.conflict(reads("x")), "too-old");
  const newest = history.open(logIndex(version));
  assert.equal(newest.conflict(scans({ start: "", end: undefined })), undefined);
  for (const reader of [old, young, newest]) reader.close();
  const again = history.open(logIndex(0));
  assert.equal(again.conflict(reads("x")), undefined);
});

test("CommitHistory.rolledBack(): lost writes conflict with nobody who begins later", () => {
  const history = new CommitHistory();
  const before = history.open(logIndex(3));
  history.noting(logIndex(4)).put("a", Buffer.of());
  history.noting(logIndex(5)).put("a", Buffer.of());
  history.noting(logIndex(5)).deleteRange("b", "c");
  history.rolledBack(logIndex(4));
  const after = history.open(logIndex(4));
  assert.equal(after.conflict(scans({ start: "", end: undefined })), undefined);
  assert.deepEqual(before.conflict(reads("a")), { key: "a" });
  history.noting(logIndex(5)).put("c", Buffer.of());
  assert.deepEqual(after.conflict(scans({ start: "", end: undefined })), { key: "c" });
});

const aKey = fc.string({ unit: fc.constantFrom("a", "b", "\0"), maxLength: 3 });
const aRange = fc.record({ start: aKey, end: fc.option(aKey, { nil: undefined }) });
const aWrite = fc.record({ isRange: fc.boolean(), range: aRange });

function isIn(key: Key, { start, end }: KeyRange): boolean {
  return key >= start && (end === undefined || key < end);
}

/** Every key that aKey makes. */
const universe = ["", ..."ab\0"].flatMap((a) =>
  ["", ..."ab\0"].flatMap((b) => ["", ..."ab\0"].map((c) => a + b + c)),
);

test("CommitHistory knows exactly which keys have been written since", () => {
  const property = fc.property(
    fc.array(aWrite, { maxLength: 20 }),
    fc.array(aKey, { maxLength: 3 }),
    fc.array(aRange, { maxLength: 3 }),
    fc.constantFrom(100, 1_000_000),
    (writes, keys, ranges, bytesMax) => {
      const history = new CommitHistory(bytesMax);
      const readers = writes.map((_, seen) => history.open(logIndex(seen)));
      const versions = new Map<Key, number>(universe.map((key) => [key, 0]));
      for (const [at, write] of writes.entries()) {
        const sink = history.noting(logIndex(at + 1));
        const { start, end } = write.range;
        if (write.isRange) sink.deleteRange(start, end);
        else sink.put(start, Buffer.of());
        const span = write.isRange ? write.range : { start, end: `${start}\0` };
        for (const key of universe) if (isIn(key, span)) versions.set(key, at + 1);
      }
      for (const [seen, reader] of readers.entries()) {
        const conflict = reader.conflict({ keys, ranges });
        if (conflict === "too-old") {
          assert.equal(bytesMax, 100);
          continue;
        }
        const read = (key: Key) => keys.includes(key) || ranges.some((range) => isIn(key, range));
        const newer = universe.filter((key) => read(key) && (versions.get(key) ?? 0) > seen);
        if (conflict === undefined) assert.deepEqual(newer, []);
        else assert.ok(read(conflict.key) && newer.length > 0, JSON.stringify(conflict));
      }
    },
  );
  fc.assert(property, { numRuns: 500 });
});
