import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { isCronosError } from "../../base/errors.ts";
import { logIndex } from "../../base/ids.ts";
import type { Key } from "../../base/key.ts";
import type { Mutation, ReadView } from "../base-tree.ts";
import { openLmdbTree } from "./lmdb-tree.ts";

async function freshDirectory(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-lmdb-"));
  context.after(() => rm(directory, { recursive: true }));
  return directory;
}

function puts(count: number, value: string): Mutation[] {
  return Array.from({ length: count }, (_, n) => {
    const key = `k${String(n).padStart(5, "0")}`;
    return { kind: "put", key, value: Buffer.from(`${value} ${n}`) };
  });
}

function keysOf(view: ReadView): Key[] {
  return Array.from(view.range("", undefined), ([key]) => key);
}

/** Flips one bit of the first byte of `text` in the file. */
async function damage(file: string, text: string): Promise<void> {
  const at = (await readFile(file)).indexOf(text);
  assert.ok(at > 0);
  const handle = await open(file, "r+");
  await handle.write(Buffer.from([text.charCodeAt(0) ^ 1]), 0, 1, at);
  await handle.close();
}

test("LmdbTree: a byte changed on disk is CORRUPTION that names file and key", async (context) => {
  const directory = await freshDirectory(context);
  let tree = openLmdbTree(directory);
  await tree.write(puts(50, "needle"), logIndex(1));
  await tree.close();
  await damage(join(directory, "base.mdb"), "needle 17");
  tree = openLmdbTree(directory);
  const isNamed = (error: unknown): boolean => {
    return (
      isCronosError(error, "CORRUPTION") &&
      error.message.includes(join(directory, "base.mdb")) &&
      error.message.includes(Buffer.from("k00017").toString("hex"))
    );
  };
  const snapshot = tree.snapshot();
  for (const view of [tree, snapshot]) {
    assert.throws(() => view.get("k00017"), isNamed);
    assert.throws(() => keysOf(view), isNamed);
    assert.equal(view.get("k00016")?.toString(), "needle 16");
    assert.equal(Array.from(view.range("k00018", undefined)).length, 32);
  }
  await tree.close();
});

test("LmdbTree: a file that is not of LMDB is CORRUPTION", async (context) => {
  const directory = await freshDirectory(context);
  await writeFile(join(directory, "base.mdb"), Buffer.alloc(65_536, "not lmdb"));
  assert.throws(() => openLmdbTree(directory), (error) => isCronosError(error, "CORRUPTION"));
});

test("LmdbTree: a long write lets the event loop run between slices", async (context) => {
  const tree = openLmdbTree(await freshDirectory(context));
  let turns = 0;
  let pending: NodeJS.Immediate;
  const count = (): void => {
    turns++;
    pending = setImmediate(count);
  };
  pending = setImmediate(count);
  await tree.write(puts(10_000, "value"), logIndex(1));
  clearImmediate(pending);
  assert.ok(turns >= 5, `${turns} turns`);
  assert.equal(tree.stats().rows, 10_000);
  await tree.close();
});

test("LmdbTree: a reader between slices sees whole slices, a snapshot none", async (context) => {
  const tree = openLmdbTree(await freshDirectory(context));
  await tree.write(puts(10_000, "old"), logIndex(1));
  const snapshot = tree.snapshot();
  const writing = tree.write([{ kind: "deleteRange", start: "", end: undefined }], logIndex(2));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(keysOf(tree).length % 1000, 0);
  assert.equal(keysOf(snapshot).length, 10_000);
  assert.equal(tree.appliedIndex, 1);
  await writing;
  assert.equal(tree.appliedIndex, 2);
  assert.deepEqual(keysOf(tree), []);
  assert.equal(keysOf(snapshot).length, 10_000);
  snapshot.release();
  await tree.close();
});

test("LmdbTree: released snapshots give their pages back", async (context) => {
  const tree = openLmdbTree(await freshDirectory(context));
  for (let round = 0; round < 30; round++) {
    const snapshots = [tree.snapshot(), tree.snapshot()];
    await tree.write(puts(500, `round ${round}`), logIndex(round + 1));
    for (const snapshot of snapshots) snapshot.release();
  }
  const { bytesOnDisk, bytesUsed } = tree.stats();
  assert.ok(bytesOnDisk < 8 * bytesUsed, `${bytesOnDisk} on disk, ${bytesUsed} used`);
  await tree.close();
});

test("LmdbTree: nothing can be read or written after close()", async (context) => {
  const tree = openLmdbTree(await freshDirectory(context));
  const snapshot = tree.snapshot();
  await tree.close();
  await tree.close();
  assert.throws(() => tree.get("a"), /after close/);
  assert.throws(() => snapshot.get("a"), /after close/);
  assert.throws(() => tree.snapshot(), /after close/);
  snapshot.release();
  await assert.rejects(tree.write([], logIndex(1)), /after close/);
});

test("LmdbTree: a full disk is DISK_FULL, reads go on, and it passes", async (context) => {
  const directory = await freshDirectory(context);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", directory]);
  if (mounted.status !== 0) {
    context.skip("needs the right to mount a small file system");
    return;
  }
  try {
    const tree = openLmdbTree(directory);
    const large = puts(2000, "x".repeat(1000));
    await tree.write(large.slice(0, 1000), logIndex(1));
    await writeFile(join(directory, "ballast"), Buffer.alloc(5_000_000));
    const failed = tree.write(large, logIndex(2));
    await assert.rejects(failed, (error) => isCronosError(error, "DISK_FULL"));
    assert.equal(tree.appliedIndex, 1);
    assert.equal(keysOf(tree).length, 1000);
    await rm(join(directory, "ballast"));
    await tree.write(large, logIndex(2));
    assert.equal(keysOf(tree).length, 2000);
    await tree.close();
  } finally {
    spawnSync("umount", [directory]);
  }
});
