/**
 * The base tree of a database in files: LMDB, and runs for the rows of time series, which are many,
 * written in bulk and dropped by the window.
 *
 *   <directory>/base.mdb   LMDB
 *   <directory>/runs/      runs; a partition for each window of blocks of a policy, and for each
 *                          kind of row of the series index
 */
import { toCronosError } from "../base/errors.ts";
import type { Disk } from "../ports/disk.ts";
import type { BaseTree } from "../store/base-tree.ts";
import { openLmdbTree } from "../store/lmdb/lmdb-tree.ts";
import { RoutedTree } from "../store/routed-tree.ts";
import { openRunTree } from "../store/runs/run-tree.ts";

/** "Sb", policy u32, window start u32; "Si", kind u8. */
const rules = [
  { prefix: "Sb", bytes: 10 },
  { prefix: "Si", bytes: 3 },
];

/** Opens the tree in `directory`, which must be locked by the caller. */
export async function openFileTree(
  disk: Disk,
  directory: string,
  warn: (message: string) => void,
): Promise<BaseTree> {
  const onMergeError = (error: unknown): void => {
    warn(`Runs in ${directory}/runs were not merged: ${toCronosError(error).message}`);
  };
  const main = openLmdbTree(directory);
  try {
    const routed = await openRunTree(disk, `${directory}/runs`, { rules, onMergeError });
    return new RoutedTree({ main, routed, prefixes: rules.map(({ prefix }) => prefix) });
  } catch (error) {
    await main.close();
    throw error;
  }
}
