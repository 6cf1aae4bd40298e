import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLmdbTree } from "../../src/store/lmdb/lmdb-tree.ts";
import { MemoryTreeStorage, openMemoryTree } from "../../src/store/memory/memory-tree.ts";
import { baseTreeContract } from "./base-tree-contract.ts";

baseTreeContract("MemoryTree", async () => {
  const storage = new MemoryTreeStorage();
  return async () => openMemoryTree(storage);
});

baseTreeContract("LmdbTree", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-tree-"));
  context.after(() => rm(directory, { recursive: true }));
  return async () => openLmdbTree(directory);
});
