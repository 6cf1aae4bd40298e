import assert from "node:assert/strict";
import { test } from "node:test";
import { isCronosError } from "../../base/errors.ts";
import { logIndex } from "../../base/ids.ts";
import type { Key } from "../../base/key.ts";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { SimulatedDisk } from "../../ports/simulated-disk.ts";
import type { Mutation } from "../base-tree.ts";
import { openRunTree } from "./run-tree.ts";
import type { RunTree } from "./run-tree.ts";

const rules = [{ prefix: "w", bytes: 3 }];

function put(key: Key, value: string): Mutation {
  return { kind: "put", key, value: Buffer.from(value) };
}

/** Rows of the windows "w00", "w01" … */
function windowRows(windows: number, rowsEach: number): Mutation[] {
  return Array.from({ length: windows * rowsEach }, (_, n) => {
    const window = String(Math.floor(n / rowsEach)).padStart(2, "0");
    return put(`w${window}${String(n % rowsEach).padStart(6, "0")}`, `value ${n}`.repeat(10));
  });
}

async function tree(
  disk = new SimulatedDisk(new SeededRandom(7)),
): Promise<[RunTree, SimulatedDisk]> {
  return [await openRunTree(disk, "tree", { rules }), disk];
}

test("openRunTree() refuses a directory of runs without a manifest", async () => {
  const [written, disk] = await tree();
  await written.write(windowRows(1, 10), logIndex(1));
  await written.close();
  await disk.remove("tree/manifest");
  await assert.rejects(openRunTree(disk, "tree", { rules }), (error) => {
    return isCronosError(error, "CORRUPTION");
  });
});

test("openRunTree() refuses a damaged manifest and leaves the runs alone", async () => {
  const [written, disk] = await tree();
  await written.write(windowRows(2, 10), logIndex(1));
  await written.close();
  const names = await disk.list("tree");
  disk.flipBit("tree/manifest", 20, 3);
  await assert.rejects(openRunTree(disk, "tree", { rules }), /manifest: its checksum/);
  assert.deepEqual(await disk.list("tree"), names);
});

test("RunTree.write() that deletes a partition removes its files", async () => {
  const [store, disk] = await tree();
  await store.write(windowRows(4, 500), logIndex(1));
  const before = store.stats();
  await store.write([{ kind: "deleteRange", start: "w01", end: "w03" }], logIndex(2));
  await new Promise((resolve) => setImmediate(resolve));
  const after = store.stats();
  assert.equal(after.rows, 1000);
  assert.ok(after.bytesOnDisk < 0.51 * before.bytesOnDisk, `${after.bytesOnDisk}`);
  assert.equal((await disk.list("tree")).length, 3);
  await store.close();
});

test("RunTree names file and key where a bit of a run was flipped", async () => {
  const [written, disk] = await tree();
  await written.write(windowRows(1, 500), logIndex(1));
  await written.close();
  const run = (await disk.list("tree")).find((name) => name.endsWith(".run"));
  disk.flipBit(`tree/${run}`, 5000, 1);
  const [damaged] = await tree(disk);
  const keyHex = Buffer.from("w00000010").toString("hex");
  assert.throws(
    () => damaged.get("w00000010"),
    (error) => isCronosError(error, "CORRUPTION") && error.message.includes(keyHex),
  );
  assert.throws(() => [...damaged.range("w00", undefined)], /\.run: the checksum of the page/);
  await damaged.close();
});

test("RunTree.write() that fails leaves the tree as it was, and can be repeated", async () => {
  const [store, disk] = await tree();
  await store.write([put("w00a", "1")], logIndex(1));
  for (const operation of ["open", "write", "sync", "syncDirectory", "rename"] as const) {
    disk.failNext(operation, "EIO");
    await assert.rejects(store.write([put("w00a", "2")], logIndex(2)), { code: "EIO" });
    assert.equal(String(store.get("w00a")), "1");
    assert.equal(store.appliedIndex, 1);
  }
  await store.write([put("w00a", "2")], logIndex(2));
  assert.equal(String(store.get("w00a")), "2");
  await store.close();
  const [again] = await tree(disk);
  assert.equal(String(again.get("w00a")), "2");
  await again.close();
});

test("RunTree gives the space of half its rows back, deleted by key or by range", async () => {
  const rows = windowRows(3, 2000);
  const byKey = rows.flatMap(({ kind, ...row }, n): Mutation[] => {
    return n % 2 === 0 && kind === "put" && "key" in row ? [{ kind: "delete", key: row.key }] : [];
  });
  const byRange = ["w00", "w01", "w02"].map((window): Mutation => {
    return { kind: "deleteRange", start: `${window}000500`, end: `${window}001500` };
  });
  for (const deletes of [byKey, byRange]) {
    const [store, disk] = await tree();
    await store.write(rows, logIndex(1));
    const before = store.stats();
    await store.write(deletes, logIndex(2));
    await store.idle();
    await new Promise((resolve) => setImmediate(resolve));
    const after = store.stats();
    assert.equal(after.rows, 3000);
    assert.ok(after.bytesOnDisk < 0.55 * before.bytesOnDisk, `${after.bytesOnDisk}`);
    assert.ok(disk.usedBytes < after.bytesOnDisk + 1000);
    assert.equal([...store.range("w", undefined)].length, 3000);
    await store.close();
  }
});

test("RunTree keeps few runs in a partition that is written to often", async () => {
  const [store, disk] = await tree();
  for (let n = 1; n <= 60; n++) {
    await store.write([put(`w00${String((n * 37) % 60).padStart(3, "0")}`, "v")], logIndex(n));
  }
  await store.idle();
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok((await disk.list("tree")).length <= 1 + 8);
  assert.equal(store.stats().rows, 60);
  await store.close();
});

test("RunTree: a merge leaves the files of a snapshot alone until its release", async () => {
  const [store, disk] = await tree();
  await store.write(windowRows(1, 1000), logIndex(1));
  const snapshot = store.snapshot();
  await store.write([{ kind: "deleteRange", start: "w00000100", end: undefined }], logIndex(2));
  await store.idle();
  assert.equal([...snapshot.range("w", undefined)].length, 1000);
  const held = disk.usedBytes;
  snapshot.release();
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(disk.usedBytes < 0.2 * held);
  assert.equal([...store.range("w", undefined)].length, 100);
  await store.close();
});

test("RunTree: a merge that fails is told of, and loses nothing", async () => {
  const disk = new SimulatedDisk(new SeededRandom(3));
  const errors: unknown[] = [];
  const onMergeError = (error: unknown) => errors.push(error);
  const store = await openRunTree(disk, "tree", { rules, onMergeError });
  await store.write(windowRows(1, 1000), logIndex(1));
  await store.write([{ kind: "deleteRange", start: "w00000100", end: undefined }], logIndex(2));
  disk.failNext("write", "ENOSPC");
  await store.idle();
  assert.equal(errors.length, 1);
  assert.equal([...store.range("w", undefined)].length, 100);
  await store.write([put("w00x", "again")], logIndex(3));
  await store.idle();
  assert.equal(store.stats().rows, 101);
  await store.close();
});

test("openRunTree() after a kill, then a power loss, finds one of the states", async () => {
  for (let seed = 1; seed <= 120; seed++) {
    const [store, disk] = await tree(new SimulatedDisk(new SeededRandom(seed)));
    await store.write(windowRows(1, 3), logIndex(1));
    disk.powerOffAfter(1 + (seed % 12));
    const change: Mutation = { kind: "deleteRange", start: "w00", end: undefined };
    await store.write([change, put("w01", "new")], logIndex(2)).catch(() => undefined);
    const killed = disk.kill();
    await store.close();
    const [between] = await tree(killed);
    await between.close();
    const [last] = await tree(killed.crash());
    const rows = [...last.range("w", undefined)].length;
    assert.equal(rows, last.appliedIndex === 1 ? 3 : 1);
    await last.close();
  }
});
