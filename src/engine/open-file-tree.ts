/**
 * The base tree of a database in files: LMDB, and runs for the rows of time series, which are many,
 * written in bulk and dropped by the window.
 *
 *   <directory>/base.mdb   LMDB
 *   <directory>/runs/      runs; a partition for each window of blocks of a policy, for each kind
 *                          of row of the series index, and for the chunks of each head
 */
import { toCronosError } from "../base/errors.ts";
import type { Disk } from "../ports/disk.ts";
import type { BaseTree } from "../store/base-tree.ts";
import { RoutedTree } from "../store/routed-tree.ts";
import { openRunTree } from "../store/runs/run-tree.ts";

/** "Sb", policy u32, window start u32; "Si", kind u8; "Sw", head u32. */
const rules = [
  { prefix: "Sb", bytes: 10 },
  { prefix: "Si", bytes: 3 },
  { prefix: "Sw", bytes: 6 },
];

/** Opens the tree in `directory`, which must be locked by the caller. */
export async function openFileTree(
  disk: Disk,
  directory: string,
  warn: (message: string) => void,
): Promise<BaseTree> {
  // Loaded when it is needed: simulations do without the native library.
  const { openLmdbTree } = await import("../store/lmdb/lmdb-tree.ts");
  const main = openLmdbTree(directory);
  try {
    return await withRuns(main, { disk, directory, warn });
  } catch (error) {
    await main.close();
    throw error;
  }
}

export interface RunsPlace {
  readonly disk: Disk;
  /** The runs are in runs/ of it. */
  readonly directory: string;
  readonly warn: (message: string) => void;
}

/** The tree of `main` and of runs for the rows of time series. */
export async function withRuns(
  main: BaseTree,
  { disk, directory, warn }: RunsPlace,
): Promise<BaseTree> {
  const onMergeError = (error: unknown): void => {
    warn(`Runs in ${directory}/runs were not merged: ${toCronosError(error).message}`);
  };
  const routed = await openRunTree(disk, `${directory}/runs`, { rules, onMergeError });
  return new RoutedTree({ main, routed, prefixes: rules.map(({ prefix }) => prefix) });
}
