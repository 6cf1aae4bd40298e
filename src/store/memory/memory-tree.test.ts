import assert from "node:assert/strict";
import { test } from "node:test";
import { isCronosError } from "../../base/errors.ts";
import { logIndex } from "../../base/ids.ts";
import type { Mutation } from "../base-tree.ts";
import { MemoryTreeStorage, openMemoryTree } from "./memory-tree.ts";

function puts(...keys: readonly string[]): Mutation[] {
  return keys.map((key) => ({ kind: "put", key, value: Buffer.from(key) }));
}

test("MemoryTree: a crash between slices leaves rows but not the applied index", async () => {
  const storage = new MemoryTreeStorage();
  const hangs = new Promise<void>(() => undefined);
  storage.faults = { sliceRows: 2, beforeSlice: (slice) => (slice < 2 ? undefined : hangs) };
  void openMemoryTree(storage).write(puts("a", "b", "c", "d", "e"), logIndex(4));
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  const reopened = openMemoryTree(storage);
  assert.equal(reopened.appliedIndex, 0);
  assert.deepEqual(Array.from(reopened.range("", undefined), ([key]) => key), ["a", "b", "c", "d"]);
});

test("MemoryTree: a tree whose storage was opened again writes nothing any more", async () => {
  const storage = new MemoryTreeStorage();
  const old = openMemoryTree(storage);
  const tree = openMemoryTree(storage);
  const late = old.write(puts("a"), logIndex(1));
  await assert.rejects(late, (error) => isCronosError(error, "CLOSED"));
  await tree.write(puts("b"), logIndex(1));
  assert.equal(tree.get("a"), undefined);
});

test("MemoryTree: stats count the bytes of keys and values", async () => {
  const tree = openMemoryTree();
  await tree.write(puts("aa", "bbb"), logIndex(1));
  assert.deepEqual(tree.stats(), { bytesOnDisk: 10, bytesUsed: 10, rows: 2 });
  await tree.write([{ kind: "delete", key: "aa" }, ...puts("bbb")], logIndex(2));
  assert.deepEqual(tree.stats(), { bytesOnDisk: 6, bytesUsed: 6, rows: 1 });
});
