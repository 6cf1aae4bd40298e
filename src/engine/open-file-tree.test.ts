import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { logIndex } from "../base/ids.ts";
import { keyU32 } from "../base/key.ts";
import { RealDisk } from "../ports/real-disk.ts";
import { openFileTree } from "./open-file-tree.ts";

test("openFileTree() keeps each window of blocks in files of its own", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-tree-"));
  context.after(() => rm(directory, { recursive: true }));
  const tree = await openFileTree(new RealDisk(), directory, assert.fail);
  const value = Buffer.alloc(100);
  const windows = [1, 2, 3].map((hour) => `Sb${keyU32(7)}${keyU32(hour)}`);
  const keys = ["E1", ...windows.map((window) => `${window}${keyU32(1)}`), "Sc1", "Si\x01x"];
  await tree.write(keys.map((key) => ({ kind: "put", key, value })), logIndex(1));
  assert.equal((await readdir(`${directory}/runs`)).length, 5);
  assert.deepEqual(Array.from(tree.range("", undefined), ([key]) => key), keys);
  const [start = "", , end] = windows;
  await tree.write([{ kind: "deleteRange", start, end }], logIndex(2));
  await tree.close();
  assert.equal((await readdir(`${directory}/runs`)).length, 3);
  assert.ok((await readdir(directory)).includes("base.mdb"));
});
