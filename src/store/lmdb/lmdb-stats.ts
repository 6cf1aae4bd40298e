/** What LMDB tells about its file. lmdb-js has no types for it, so it is checked here. */
import { assert } from "../../base/assert.ts";
import type { BaseTreeStats } from "../base-tree.ts";
import type { LmdbEnvironment } from "./lmdb-environment.ts";

export function readStats({ rows }: LmdbEnvironment): BaseTreeStats {
  const stats: object = rows.getStats();
  const pageSize = numberOf(stats, "pageSize");
  const pagesUsed =
    numberOf(stats, "treeBranchPageCount") +
    numberOf(stats, "treeLeafPageCount") +
    numberOf(stats, "overflowPages");
  return {
    // The file never shrinks: pages up to the last one ever used, free ones among them.
    bytesOnDisk: (numberOf(stats, "lastPageNumber") + 1) * pageSize,
    bytesUsed: pagesUsed * pageSize,
    rows: numberOf(stats, "entryCount"),
  };
}

function numberOf(stats: object, name: string): number {
  const value: unknown = Reflect.get(stats, name);
  assert(typeof value === "number", () => `LMDB must tell ${name}`);
  return value;
}
