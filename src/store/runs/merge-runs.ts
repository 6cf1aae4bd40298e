/**
 * Merges runs into one file: of each key the newest entry, without rows that deleted ranges hide.
 * Tombstones and deleted ranges go on into the file if there are older runs for them to hide.
 *
 * In slices: the event loop is held for about 1 ms at a time.
 */
import { must } from "../../base/assert.ts";
import type { Key } from "../../base/key.ts";
import { OrderedTree, TreeCursor, treeFloor } from "../ordered-tree.ts";
import { hideRange, hides } from "../range-tombstones.ts";
import type { HiddenRanges } from "../range-tombstones.ts";
import { MergeSource } from "./merge-source.ts";
import { hiddenSets } from "./partitions.ts";
import type { RunEntry } from "./partitions.ts";
import type { RunFiles } from "./run.ts";
import { RunWriter } from "./run-writer.ts";
import type { DeletedRange, RunInfo } from "./run-writer.ts";
import { Slices, turn } from "./slices.ts";

export interface MergeInput {
  /** To be merged, newest first. */
  readonly entries: readonly RunEntry[];
  /** Whether the partition has older runs than these. */
  readonly hasOlder: boolean;
  /** Deleted ranges of newer runs, which hide rows as well. */
  readonly newerHidden: readonly HiddenRanges[];
}

export interface MergeOutput {
  readonly id: number;
  /** Asked between slices: the merge is to end without a result. */
  readonly isCancelled: () => boolean;
}

interface Source {
  readonly source: MergeSource;
  readonly hidden: readonly HiddenRanges[];
}

/** Writes the merged run; undefined if it was cancelled. */
export async function mergeRuns(
  files: RunFiles,
  input: MergeInput,
  { id, isCancelled }: MergeOutput,
): Promise<RunInfo | undefined> {
  const sources: Source[] = [];
  const writer = await RunWriter.open(files.disk, files.path(id), id);
  try {
    for (const [at, { run }] of input.entries.entries()) {
      const source = await MergeSource.open(files.disk, run);
      const newer = hiddenSets(input.entries.slice(0, at));
      sources.push({ source, hidden: [...input.newerHidden, ...newer] });
    }
    if (!(await mergeRows(sources, { writer, input, isCancelled }))) {
      await writer.abandon();
      return undefined;
    }
    return await writer.finish(input.hasOlder ? mergedRanges(input.entries) : []);
  } catch (error) {
    await writer.abandon().catch(() => undefined);
    throw error;
  } finally {
    for (const { source } of sources) await source.close().catch(() => undefined);
  }
}

interface MergeWork {
  readonly writer: RunWriter;
  readonly input: MergeInput;
  readonly isCancelled: () => boolean;
}

/** False if it was cancelled. */
async function mergeRows(sources: readonly Source[], work: MergeWork): Promise<boolean> {
  const { writer, input, isCancelled } = work;
  const slices = new Slices();
  for (;;) {
    const nearest = nearestOf(sources);
    if (nearest === undefined) return true;
    const { source, hidden } = nearest;
    const key = must(source.key);
    const { value } = source;
    const isKept = (value !== null || input.hasOlder) && !isHidden(hidden, key);
    if (isKept) writer.put(key, value);
    for (const { source: other } of sources) {
      if (other.key === key && !other.advance()) await other.nextPage();
    }
    if (writer.isFull) await writer.drain();
    if (slices.isDone(value === null ? 0 : value.length)) {
      await turn();
      if (isCancelled()) return false;
    }
  }
}

/** The source with the first key; of several with the same the newest. */
function nearestOf(sources: readonly Source[]): Source | undefined {
  let nearest: Source | undefined;
  let first: Key | undefined;
  for (const each of sources) {
    const { key } = each.source;
    if (key === undefined || (first !== undefined && key >= first)) continue;
    nearest = each;
    first = key;
  }
  return nearest;
}

function isHidden(sets: readonly HiddenRanges[], key: Key): boolean {
  return sets.some((ranges) => hides(treeFloor(ranges, key), key));
}

function mergedRanges(entries: readonly RunEntry[]): DeletedRange[] {
  const merged = new OrderedTree<Key | null>();
  for (const ranges of hiddenSets(entries)) {
    const cursor = new TreeCursor(ranges);
    for (cursor.seek(""); cursor.key !== undefined; cursor.next()) {
      hideRange(merged, cursor.key, cursor.value ?? undefined);
    }
  }
  const ranges: DeletedRange[] = [];
  const cursor = new TreeCursor(merged.capture());
  for (cursor.seek(""); cursor.key !== undefined; cursor.next()) {
    ranges.push([cursor.key, cursor.value ?? null]);
  }
  return ranges;
}
