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
  const keyHex = Buffer.from("w00000100").toString("hex");
  assert.throws(
    () => damaged.get("w00000100"),
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
