import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { isCronosError } from "../../base/errors.ts";
import { logIndex } from "../../base/ids.ts";
import { checkFile } from "./lmdb-file.ts";
import { openLmdbTree } from "./lmdb-tree.ts";

/** A directory and the file of a tree with 200 rows in it, closed. */
async function treeFile(context: TestContext): Promise<{ directory: string; file: string }> {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-file-"));
  context.after(() => rm(directory, { recursive: true }));
  const tree = openLmdbTree(directory);
  await tree.write(
    Array.from({ length: 200 }, (_, n) => {
      return { kind: "put", key: `k${n}`, value: Buffer.alloc(500, `${n}`) } as const;
    }),
    logIndex(1),
  );
  await tree.close();
  return { directory, file: join(directory, "base.mdb") };
}

test("checkFile() finds what LMDB wrote present, and nothing missing", async (context) => {
  const { directory, file } = await treeFile(context);
  assert.equal(checkFile(file, false), "present");
  assert.equal(checkFile(file, true), "present");
  assert.equal(checkFile(join(directory, "other.mdb"), false), "missing");
});

test("checkFile() reports either damaged meta page as CORRUPTION", async (context) => {
  const { directory, file } = await treeFile(context);
  const sound = await readFile(file);
  for (const at of [24, 28, 48, 4096 + 24, 4096 + 28]) {
    const bytes = Buffer.from(sound);
    bytes[at] = 0x7f;
    await writeFile(file, bytes);
    const isNamed = (error: unknown): boolean => {
      return isCronosError(error, "CORRUPTION") && error.message.includes(file);
    };
    assert.throws(() => checkFile(file, true), isNamed);
    assert.throws(() => openLmdbTree(directory), isNamed);
  }
});

test("checkFile() removes a file that was never finished", async (context) => {
  const { directory, file } = await treeFile(context);
  for (const size of [0, 100, 8192]) {
    await writeFile(file, Buffer.alloc(size));
    const tree = openLmdbTree(directory);
    assert.equal(tree.stats().rows, 0);
    await tree.close();
  }
});

test("checkFile() makes a cut file readable as far as it goes", async (context) => {
  const { directory, file } = await treeFile(context);
  const { size } = await stat(file);
  await truncate(file, 5 * 4096);
  assert.throws(() => checkFile(file, true), (error) => isCronosError(error, "CORRUPTION"));
  assert.equal(checkFile(file, false), "present");
  assert.equal((await stat(file)).size, size);
  assert.throws(
    () => [...openLmdbTree(directory).range("", undefined)],
    (error) => isCronosError(error, "CORRUPTION"),
  );
});
