import assert from "node:assert/strict";
import { test } from "node:test";
import { AssertionError } from "../base/assert.ts";
import { MutationArena } from "./mutation-arena.ts";

test("put() returns a copy that later writes leave alone", () => {
  const arena = new MutationArena();
  const value = Buffer.from("value");
  const stored = arena.put("k", value);
  value.fill(0);
  const undone = arena.mark();
  for (let count = 0; count < 5000; count++) arena.put(`key ${count}`, Buffer.alloc(100, count));
  arena.rewind(undone);
  const next = arena.next();
  for (let count = 0; count < 5000; count++) next.put(`key ${count}`, Buffer.alloc(100, count));
  assert.equal(stored.toString(), "value");
  assert.equal(Buffer.concat(arena.chunks()).toString("latin1"), "\x01\x01k\x05value");
});

test("reserve() returns the bytes to fill", () => {
  const arena = new MutationArena();
  arena.reserve("k", 3).write("abc");
  arena.reserve("empty", 0);
  const body = Buffer.concat(arena.chunks()).toString("latin1");
  assert.equal(body, "\x01\x01k\x03abc\x01\x05empty\x00");
});

test("deleteRange() and delete() encode as documented", () => {
  const arena = new MutationArena();
  arena.delete("\xff");
  arena.deleteRange("a", "b");
  arena.deleteRange("c", undefined);
  const body = Buffer.concat(arena.chunks()).toString("latin1");
  assert.equal(body, "\x02\x01\xff" + "\x03\x01a\x01b" + "\x04\x01c");
});

test("put() takes values of megabytes and lengths around every varint step", () => {
  for (const length of [0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 5_000_000]) {
    const arena = new MutationArena();
    arena.put("before", Buffer.from("x"));
    const stored = arena.put("k".repeat(300), Buffer.alloc(length, 7));
    arena.put("after", Buffer.from("x"));
    assert.equal(stored.length, length);
    assert.equal(arena.byteLength, Buffer.concat(arena.chunks()).length);
  }
});

test("next() seals the batch", () => {
  const arena = new MutationArena();
  const next = arena.next();
  assert.throws(() => arena.delete("k"), AssertionError);
  next.delete("k");
  assert.deepEqual(arena.chunks(), []);
});
