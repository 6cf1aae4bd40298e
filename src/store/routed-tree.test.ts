import assert from "node:assert/strict";
import { test } from "node:test";
import { logIndex } from "../base/ids.ts";
import type { Key } from "../base/key.ts";
import type { Mutation } from "./base-tree.ts";
import { MemoryTreeStorage, openMemoryTree } from "./memory/memory-tree.ts";
import { RoutedTree } from "./routed-tree.ts";
import { Store } from "./store.ts";

function put(key: Key): Mutation {
  return { kind: "put", key, value: Buffer.from(key) };
}

function parts() {
  const [main, routed] = [new MemoryTreeStorage(), new MemoryTreeStorage()];
  const open = (): RoutedTree => {
    const prefixes = ["Si", "Sb"];
    return new RoutedTree({ main: openMemoryTree(main), routed: openMemoryTree(routed), prefixes });
  };
  return { main, routed, open };
}

function keys(rows: Iterable<readonly [Key, Uint8Array]>): string {
  return Array.from(rows, ([key]) => key).join(" ");
}

const all = ["E1", "Sa9", "Sb1", "Sb2", "Sc1", "Si1", "Sj1", "Z"];

test("RoutedTree puts each row where its prefix says, and scans across", async () => {
  const { main, routed, open } = parts();
  const tree = open();
  await tree.write(all.map(put), logIndex(5));
  assert.equal(keys(openMemoryTree(routed).range("", undefined)), "Sb1 Sb2 Si1");
  assert.equal(keys(openMemoryTree(main).range("", undefined)), "E1 Sa9 Sc1 Sj1 Z");
  assert.equal(keys(tree.range("", undefined)), all.join(" "));
  assert.equal(keys(tree.range("Sb2", "Sj", { reverse: true })), "Si1 Sc1 Sb2");
  assert.equal(keys(tree.range("Sa", undefined, { limit: 4 })), "Sa9 Sb1 Sb2 Sc1");
  assert.equal(keys(tree.range("Sb", "Sc")), "Sb1 Sb2");
  assert.equal(tree.stats().rows, all.length);
});

test("RoutedTree.write() without routed rows leaves the routed tree alone", async () => {
  const { routed, open } = parts();
  const tree = open();
  await tree.write([put("E1")], logIndex(1));
  assert.equal(routed.appliedIndex, 0);
  assert.equal(tree.appliedIndex, 1);
});

test("RoutedTree.write() that fails in main is not applied, and can be repeated", async () => {
  const { main, open } = parts();
  const tree = open();
  main.faults = {
    beforeSlice: () => {
      throw new Error("disk");
    },
  };
  await assert.rejects(tree.write(all.map(put), logIndex(3)), /disk/);
  assert.equal(tree.appliedIndex, 0);
  main.faults = {};
  await tree.write(all.map(put), logIndex(3));
  assert.equal(keys(tree.range("", undefined)), all.join(" "));
  assert.equal(tree.appliedIndex, 3);
});

test("RoutedTree under a store: flushed ranges are cut to each tree", async () => {
  const { open } = parts();
  const tree = open();
  await tree.write(all.map(put), logIndex(1));
  const store = new Store(tree);
  store.deleteRange("Sa", "Sc");
  store.deleteRange("Si", undefined);
  store.put("Sb3", Buffer.of(1));
  const snapshot = tree.snapshot();
  store.freeze(logIndex(2));
  await store.flush(logIndex(2));
  assert.equal(keys(tree.range("", undefined)), "E1 Sb3 Sc1");
  assert.equal(keys(snapshot.range("", undefined)), all.join(" "));
  snapshot.release();
});
