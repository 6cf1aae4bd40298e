import { MemoryTreeStorage, openMemoryTree } from "../../src/store/memory/memory-tree.ts";
import { baseTreeContract } from "./base-tree-contract.ts";

baseTreeContract("MemoryTree", async () => {
  const storage = new MemoryTreeStorage();
  return async () => openMemoryTree(storage);
});
