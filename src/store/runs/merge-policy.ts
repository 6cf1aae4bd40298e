/**
 * Which runs of a partition to merge next. Only neighbours in age are merged, so that newer stays
 * newer.
 *
 * - Garbage: when a quarter of the partition's bytes is deleted rows, all of it is merged, so that
 *   the disk gets them back soon. Half of the rows deleted is always more than that.
 * - Tiers: four or more runs of about the same size become one. So a partition has a few runs for
 *   each factor of four in size, and a row is written again about once for each.
 */
import type { RunEntry } from "./partitions.ts";

/** Part of the bytes, in percent, that may be garbage. */
const garbagePercentMax = 25;

/** Runs of a tier that are merged at once, at least. */
const tierRuns = 4;

/** A run belongs to the tier of the newer ones while it is at most so many times their sum. */
const tierFactor = 2;

/** Smaller runs count as this large: they are all alike. */
const tierBytesMin = 256 * 1024;

/** Places in the list of entries: `from` is in, `to` is not. */
export interface MergePlan {
  readonly from: number;
  readonly to: number;
}

export function pickMerge(entries: readonly RunEntry[]): MergePlan | undefined {
  if (hasGarbage(entries)) return { from: 0, to: entries.length };
  return pickTier(entries.map(({ run }) => Math.max(tierBytesMin, run.info.fileBytes)));
}

function hasGarbage(entries: readonly RunEntry[]): boolean {
  let bytes = 0;
  let garbageBytes = 0;
  let puts = 0;
  let tombstones = 0;
  for (const { run, hiddenBytes } of entries) {
    bytes += run.info.fileBytes;
    garbageBytes += hiddenBytes;
    puts += run.info.puts;
    tombstones += run.info.tombstones;
  }
  // Without a row there is nothing that a tombstone or a deleted range could hide.
  if (puts === 0) return true;
  garbageBytes += (tombstones * bytes) / puts;
  return garbageBytes * 100 >= bytes * garbagePercentMax;
}

function pickTier(sizes: readonly number[]): MergePlan | undefined {
  for (let from = 0; from + tierRuns <= sizes.length; from++) {
    let to = from;
    let sum = 0;
    for (; to < sizes.length; to++) {
      const bytes = sizes[to] ?? 0;
      if (to > from && bytes > tierFactor * sum) break;
      sum += bytes;
    }
    if (to - from >= tierRuns) return { from, to };
  }
  return undefined;
}
