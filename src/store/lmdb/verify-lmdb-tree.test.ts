import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { isCronosError } from "../../base/errors.ts";
import { logIndex } from "../../base/ids.ts";
import { openLmdbTree } from "./lmdb-tree.ts";
import { verifyLmdbTree } from "./verify-lmdb-tree.ts";

async function treeOf(context: TestContext, keys: readonly string[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-verify-"));
  context.after(() => rm(directory, { recursive: true }));
  const tree = openLmdbTree(directory);
  await tree.write(
    keys.map((key) => ({ kind: "put", key, value: Buffer.from(`value-${key}`) })),
    logIndex(5),
  );
  await tree.close();
  return directory;
}

test("verifyLmdbTree() counts rows and bytes, by first byte of the key", async (context) => {
  const directory = await treeOf(context, ["a1", "a2", "b1"]);
  const report = await verifyLmdbTree(directory);
  assert.deepEqual(report, {
    file: join(directory, "base.mdb"),
    appliedIndex: 5,
    rows: 3,
    bytes: 30,
    byFirstByte: new Map([
      [0x61, { rows: 2, bytes: 20 }],
      [0x62, { rows: 1, bytes: 10 }],
    ]),
    faultCount: 0,
    faults: [],
  });
});

test("verifyLmdbTree() names every bad row and goes on", async (context) => {
  const directory = await treeOf(context, ["a1", "a2", "a3", "b1"]);
  const file = join(directory, "base.mdb");
  const bytes = await readFile(file);
  for (const text of ["value-a2", "value-b1"]) bytes.write("V", bytes.indexOf(text));
  await writeFile(file, bytes);
  const report = await verifyLmdbTree(directory);
  assert.equal(report.rows, 4);
  assert.equal(report.faultCount, 2);
  assert.match(report.faults.join("\n"), /6132 of .*base\.mdb.*\n.*6231 of/);
});

test("verifyLmdbTree() of a directory without a tree is NOT_FOUND", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-verify-"));
  context.after(() => rm(directory, { recursive: true }));
  const verifying = verifyLmdbTree(directory);
  await assert.rejects(verifying, (error) => isCronosError(error, "NOT_FOUND"));
});
