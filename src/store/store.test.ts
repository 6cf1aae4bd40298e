import assert from "node:assert/strict";
import { test } from "node:test";
import { CronosError, isCronosError } from "../base/errors.ts";
import { logIndex } from "../base/ids.ts";
import { keyBytesMax } from "./base-tree.ts";
import type { ReadView } from "./base-tree.ts";
import { MemoryTreeStorage, openMemoryTree } from "./memory/memory-tree.ts";
import { RoutedTree } from "./routed-tree.ts";
import { Store } from "./store.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);

function rowsOf(view: ReadView): string {
  return Array.from(view.range("", undefined), ([key, value]) => `${key}=${value}`).join(" ");
}

test("Store: a mark reads the tip as it was, across a flush of what it holds", async () => {
  const store = new Store(openMemoryTree());
  store.put("a", bytes("1"));
  store.freeze(logIndex(1));
  const mark = store.mark();
  store.put("a", bytes("2"));
  store.put("b", bytes("2"));
  assert.equal(rowsOf(store.view(mark)), "a=1");
  assert.equal(rowsOf(store.tip), "a=2 b=2");
  assert.equal(await store.flush(logIndex(1)), 1);
  assert.equal(rowsOf(store.view(mark)), "a=1");
  assert.equal(store.stats().frozenBytes, 0);
});

test("Store: a scan of the tip reads the tip as it was when the scan began", () => {
  const store = new Store(openMemoryTree());
  for (const key of ["a", "b", "c"]) store.put(key, bytes("1"));
  for (const [key] of store.tip.range("", undefined)) {
    store.delete(key);
    store.put(`${key}x`, bytes("2"));
  }
  assert.equal(rowsOf(store.tip), "ax=2 bx=2 cx=2");
});

test("Store: flush() leaves a layer alone until its records are durable", async () => {
  const store = new Store(openMemoryTree());
  store.put("a", bytes("1"));
  store.freeze(logIndex(3));
  assert.equal(await store.flush(logIndex(2)), 0);
  assert.equal(store.stats().frozenCount, 1);
  assert.equal(await store.flush(logIndex(3)), 3);
  assert.equal(store.stats().frozenCount, 0);
});

test("Store: freeze() with nothing written does nothing", async () => {
  const store = new Store(openMemoryTree());
  store.freeze(logIndex(1));
  assert.equal(store.stats().frozenCount, 0);
  store.put("a", bytes("1"));
  store.freeze(logIndex(2));
  store.freeze(logIndex(3));
  assert.equal(store.stats().frozenCount, 1);
});

test("Store: rollback() brings back a mark from before a freeze", () => {
  const store = new Store(openMemoryTree());
  store.put("a", bytes("1"));
  const durable = store.mark();
  store.put("b", bytes("2"));
  store.freeze(logIndex(2));
  store.put("c", bytes("3"));
  store.rollback(durable);
  assert.equal(rowsOf(store.tip), "a=1");
  assert.equal(store.stats().frozenCount, 0);
});

test("Store: a failed flush keeps the layer and can be repeated", async () => {
  const storage = new MemoryTreeStorage();
  const store = new Store(openMemoryTree(storage));
  store.put("a", bytes("1"));
  store.freeze(logIndex(1));
  storage.faults = {
    beforeSlice: () => {
      throw new CronosError("DISK_FULL", "Disk is full");
    },
  };
  const failed = store.flush(logIndex(1));
  await assert.rejects(failed, (error) => isCronosError(error, "DISK_FULL"));
  assert.equal(rowsOf(store.tip), "a=1");
  storage.faults = {};
  assert.equal(await store.flush(logIndex(1)), 1);
  assert.equal(rowsOf(store.tip), "a=1");
});

test("Store: a snapshot outlives flushes and must not be read after its release", async () => {
  const store = new Store(openMemoryTree());
  store.put("a", bytes("1"));
  const snapshot = store.snapshot(store.mark());
  store.deleteRange("", undefined);
  store.freeze(logIndex(1));
  await store.flush(logIndex(1));
  assert.equal(rowsOf(snapshot), "a=1");
  assert.equal(rowsOf(store.tip), "");
  assert.equal(store.stats().snapshotCount, 1);
  snapshot.release();
  snapshot.release();
  assert.equal(store.stats().snapshotCount, 0);
  assert.throws(() => snapshot.get("a"), /after its release/);
});

test("Store: a mark older than a layer whose flush has begun is refused", async () => {
  const store = new Store(openMemoryTree());
  const old = store.mark();
  store.put("a", bytes("1"));
  store.freeze(logIndex(1));
  await store.flush(logIndex(1));
  assert.throws(() => store.view(old), /older than a layer/);
  assert.throws(() => store.rollback(old), /older than a layer/);
});

test("Store: a key over keyBytesMax is TOO_LARGE to write and absent to everything else", () => {
  const store = new Store(openMemoryTree());
  const key = "k".repeat(keyBytesMax + 1);
  assert.throws(() => store.put(key, bytes("")), (error) => isCronosError(error, "TOO_LARGE"));
  store.delete(key);
  assert.equal(store.tip.get(key), undefined);
  store.put(key.slice(1), bytes(""));
  assert.equal(store.tip.get(key.slice(1))?.length, 0);
});

test("Store: a flush tells a routed tree every row, and the row cache what changed", async () => {
  const [main, routed] = [openMemoryTree(), openMemoryTree()];
  const store = new Store(new RoutedTree({ main, routed, prefixes: ["r"] }));
  const missing = ["a", "r1", "z"].map((key) => store.view(store.mark()).get(key));
  assert.deepEqual(missing, [undefined, undefined, undefined]);
  for (const key of ["a", "r1", "z"]) store.put(key, bytes(key));
  store.freeze(logIndex(1));
  await store.flush(logIndex(1));
  assert.equal(rowsOf(main), "a=a z=z");
  assert.equal(rowsOf(routed), "r1=r1");
  const view = store.view(store.mark());
  for (const key of ["a", "r1", "z"]) assert.equal(String(view.get(key)), key);
  store.deleteRange("a", "b");
  store.put("z", bytes("Z"));
  store.delete("r1");
  store.freeze(logIndex(2));
  await store.flush(logIndex(2));
  assert.equal(store.tip.get("a"), undefined);
  assert.equal(store.tip.get("r1"), undefined);
  assert.equal(String(store.tip.get("z")), "Z");
});
