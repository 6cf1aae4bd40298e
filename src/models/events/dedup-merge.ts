/**
 * Merging runs of the dedup index: which ones, and their entries as one sorted stream.
 *
 * Runs are merged with others of about their size (a tier: sizes within a factor of four), four at
 * a time. An id is so rewritten about once for each factor of four that the index grows, and there
 * are at most three runs in a tier, plus those that wait to be merged.
 */
import { assert } from "../../base/assert.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { EntrySource } from "./dedup-run-writer.ts";
import type { DedupRun } from "./dedup-run.ts";
import { PAGE_ENTRIES, readPage } from "./dedup-run.ts";
import { ENTRY_WORDS } from "./dedup-table.ts";

/** Runs that are merged into one. */
export const MERGED_RUNS = 4;
/** Smaller runs are all in tier 0. */
const TIER_ENTRIES_MIN = 4096;
/**
 * Runs of this tier, 16 Mi entries, are not merged any more: it would save little, and large runs
 * keep their oldest ids as long as their newest.
 */
const TIER_MAX = 6;

function tierOf(run: DedupRun): number {
  let tier = 0;
  for (let size = TIER_ENTRIES_MIN; run.entries >= size * 4; size *= 4) tier++;
  return Math.min(tier, TIER_MAX);
}

/** The runs to merge next, smallest tier first; undefined when there are too few in each. */
export function runsToMerge(runs: readonly DedupRun[]): readonly DedupRun[] | undefined {
  for (let tier = 0; tier < TIER_MAX; tier++) {
    const same = runs.filter((run) => tierOf(run) === tier);
    if (same.length >= MERGED_RUNS) return same.slice(0, MERGED_RUNS);
  }
  return undefined;
}

/** One run, read page by page. */
class RunCursor {
  readonly #run: DedupRun;
  #page = 0;
  words: Uint32Array = new Uint32Array(0);
  /** The current entry: position in `words`; their end when there are no more. */
  at = 0;

  constructor(run: DedupRun) {
    this.#run = run;
  }

  /** Makes sure that the current entry is in `words`; false at the end of the run. */
  load(tx: Transaction): boolean {
    if (this.at < this.words.length) return true;
    if (this.#page * PAGE_ENTRIES >= this.#run.entries) return false;
    this.words = readPage(tx, this.#run, this.#page++);
    this.at = 0;
    return true;
  }
}

export class MergeSource implements EntrySource {
  readonly runs: readonly DedupRun[];
  readonly entries: number;
  #cursors: RunCursor[];

  constructor(runs: readonly DedupRun[]) {
    this.runs = runs;
    this.entries = runs.reduce((sum, run) => sum + run.entries, 0);
    this.#cursors = runs.map((run) => new RunCursor(run));
  }

  read(into: Uint32Array, tx: Transaction): void {
    this.#cursors = this.#cursors.filter((cursor) => cursor.load(tx));
    for (let filled = 0; filled < into.length; filled += ENTRY_WORDS) {
      const cursor = smallest(this.#cursors);
      assert(cursor !== undefined, "No more entries must be read than there are");
      for (let k = 0; k < ENTRY_WORDS; k++) {
        into[filled + k] = cursor.words[cursor.at + k] as number;
      }
      cursor.at += ENTRY_WORDS;
      if (!cursor.load(tx)) this.#cursors = this.#cursors.filter((other) => other !== cursor);
    }
  }
}

/** The cursor with the smallest current entry. */
function smallest(cursors: readonly RunCursor[]): RunCursor | undefined {
  let best = cursors[0];
  if (best === undefined) return undefined;
  let best1 = best.words[best.at] as number;
  for (let i = 1; i < cursors.length; i++) {
    const cursor = cursors[i] as RunCursor;
    const hash1 = cursor.words[cursor.at] as number;
    if (hash1 > best1) continue;
    const isSmaller =
      hash1 < best1 ||
      (cursor.words[cursor.at + 1] as number) < (best.words[best.at + 1] as number);
    if (!isSmaller) continue;
    best = cursor;
    best1 = hash1;
  }
  return best;
}
