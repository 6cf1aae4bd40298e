import assert from "node:assert/strict";
import { test } from "node:test";
import { entryOverheadBytes, imageMutations, Memtable } from "./memtable.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);

test("Memtable: an entry decides, then the deleted ranges, then the layers below", () => {
  const memtable = new Memtable();
  memtable.set("a", bytes("1"));
  memtable.set("c", null);
  memtable.deleteRange("d", "f");
  memtable.set("e", bytes("2"));
  for (const reader of [memtable, memtable.image()]) {
    assert.deepEqual(reader.lookup("a"), bytes("1"));
    assert.equal(reader.lookup("b"), undefined);
    assert.equal(reader.lookup("c"), null);
    assert.equal(reader.lookup("d"), null);
    assert.deepEqual(reader.lookup("e"), bytes("2"));
    assert.equal(reader.lookup("f"), undefined);
  }
});

test("Memtable: deleteRange() removes older entries and leaves newer ones", () => {
  const memtable = new Memtable();
  memtable.set("a", bytes("1"));
  memtable.set("b", bytes("1"));
  memtable.deleteRange("a", undefined);
  memtable.set("b", bytes("2"));
  assert.equal(memtable.lookup("a"), null);
  assert.deepEqual(memtable.lookup("b"), bytes("2"));
});

test("Memtable: an image stays as it was, and is the same while nothing is written", () => {
  const memtable = new Memtable();
  memtable.set("a", bytes("1"));
  const image = memtable.image();
  assert.equal(memtable.image(), image);
  memtable.set("a", bytes("2"));
  memtable.deleteRange("a", "b");
  assert.notEqual(memtable.image(), image);
  assert.deepEqual(image.lookup("a"), bytes("1"));
  const resumed = new Memtable(image);
  resumed.set("b", bytes("3"));
  assert.equal(image.lookup("b"), undefined);
  assert.equal(resumed.image().entryCount, 2);
});

test("Memtable: bytes follow puts, overwrites, deletions and deleted ranges", () => {
  const memtable = new Memtable();
  memtable.set("key", bytes("four"));
  assert.equal(memtable.bytes, entryOverheadBytes + 3 + 4);
  memtable.set("key", bytes("sixsix"));
  assert.equal(memtable.bytes, entryOverheadBytes + 3 + 6);
  memtable.set("key", null);
  assert.equal(memtable.bytes, entryOverheadBytes + 3);
  memtable.deleteRange("a", "z");
  const rangeBytes = memtable.bytes;
  memtable.deleteRange("b", "c");
  assert.equal(memtable.bytes, rangeBytes);
  assert.equal(new Memtable(memtable.image()).bytes, rangeBytes);
});

test("imageMutations() gives deleted ranges first, then entries by key", () => {
  const memtable = new Memtable();
  memtable.set("b", bytes("2"));
  memtable.deleteRange("c", "d");
  memtable.set("a", null);
  assert.deepEqual([...imageMutations(memtable.image())], [
    { kind: "deleteRange", start: "c", end: "d" },
    { kind: "delete", key: "a" },
    { kind: "put", key: "b", value: bytes("2") },
  ]);
});

test("ImageMutations.within() cuts ranges to the spans and leaves out what is between", () => {
  const memtable = new Memtable();
  memtable.deleteRange("b", "f");
  for (const key of ["a", "b", "c", "d", "e", "g"]) memtable.set(key, Buffer.of(1));
  const spans = [
    { start: "b", end: "c" },
    { start: "e", end: undefined },
  ];
  const mutations = [...imageMutations(memtable.image()).within(spans)];
  assert.deepEqual(
    mutations.map((each) => (each.kind === "deleteRange" ? [each.start, each.end] : each.key)),
    [["b", "c"], ["e", "f"], "b", "e", "g"],
  );
});
