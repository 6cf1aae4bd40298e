import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLmdbTree } from "../../src/store/lmdb/lmdb-tree.ts";
import { MemoryTreeStorage, openMemoryTree } from "../../src/store/memory/memory-tree.ts";
import { RealDisk } from "../../src/ports/real-disk.ts";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import { SimulatedDisk } from "../../src/ports/simulated-disk.ts";
import { RoutedTree } from "../../src/store/routed-tree.ts";
import { openRunTree } from "../../src/store/runs/run-tree.ts";
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

/** A partition for each first byte. */
const rules = [{ prefix: "", bytes: 1 }];

baseTreeContract("RunTree", async (context) => {
  const directory = await mkdtemp(join(tmpdir(), "cronosdb-tree-"));
  context.after(() => rm(directory, { recursive: true }));
  return () => openRunTree(new RealDisk(), directory, { rules });
});

baseTreeContract("RunTree on a simulated disk", async () => {
  const disk = new SimulatedDisk(new SeededRandom(1));
  return () => openRunTree(disk, "tree", { rules: [{ prefix: "", bytes: 2 }] });
});

baseTreeContract("RoutedTree", async () => {
  const disk = new SimulatedDisk(new SeededRandom(2));
  const storage = new MemoryTreeStorage();
  return async () => {
    const routed = await openRunTree(disk, "tree", { rules: [{ prefix: "", bytes: 2 }] });
    const prefixes = ["a", "k0001", "\xff"];
    return new RoutedTree({ main: openMemoryTree(storage), routed, prefixes });
  };
});
