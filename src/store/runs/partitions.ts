/**
 * Partitions: contiguous parts of the keys, each with runs of its own, newest first. The partition
 * of a key is the part it begins with that the rule for it says; keys shorter than that have one
 * each. Immutable: a change makes new ones, readers keep what they have.
 *
 * An entry is decided by the newest run that says something about its key: a row, a tombstone, or a
 * deleted range, which hides older runs only.
 */
import { assert } from "../../base/assert.ts";
import { keyAfterPrefix } from "../../base/key.ts";
import type { Key } from "../../base/key.ts";
import { MergedRows, VisibleSource } from "../merged-rows.ts";
import type { EntrySource } from "../merged-rows.ts";
import type { RangeOptions, Row } from "../base-tree.ts";
import { treeFloor } from "../ordered-tree.ts";
import { firstVisible, hides } from "../range-tombstones.ts";
import type { HiddenRanges, Span } from "../range-tombstones.ts";
import type { Run } from "./run.ts";
import { RunCursor } from "./run-cursor.ts";
import { hashKey } from "./run-filter.ts";

/** Keys with `prefix` are in the partition of their first `bytes` bytes. */
export interface PartitionRule {
  readonly prefix: Key;
  readonly bytes: number;
}

/** A run in its partition, and what of it the deleted ranges of newer runs hide. */
export interface RunEntry {
  readonly run: Run;
  /** Rows with a value less tombstones. */
  readonly hiddenRows: number;
  readonly hiddenBytes: number;
}

export interface Partition {
  readonly prefix: Key;
  /** Newest first, at least one. */
  readonly entries: readonly RunEntry[];
}

/** The partition of a key; asserts that there is a rule for it. */
export function partitionOf(rules: readonly PartitionRule[], key: Key): Key {
  for (const rule of rules) {
    if (key.startsWith(rule.prefix)) return key.slice(0, rule.bytes);
  }
  assert(false, "Key must be one that a partition rule is for");
}

export function partitionGet({ entries }: Partition, key: Key): Uint8Array | undefined {
  const hash = hashKey(key);
  for (let i = 0; i < entries.length; i++) {
    const { run } = entries[i] as RunEntry;
    const value = run.get(key, hash);
    if (value !== undefined) return value ?? undefined;
    const hidden = run.hidden();
    if (hidden !== undefined && hides(treeFloor(hidden, key), key)) return undefined;
  }
  return undefined;
}

export function partitionRows(
  partition: Partition,
  span: Span,
  options: RangeOptions,
): IterableIterator<Row> {
  return new MergedRows(() => openSources(partition, span, options.reverse ?? false), options);
}

function openSources({ entries }: Partition, span: Span, reverse: boolean): EntrySource[] {
  const sources: EntrySource[] = [];
  let hidden: HiddenRanges[] = [];
  for (const { run } of entries) {
    const cursor = new RunCursor(run, reverse);
    const source = hidden.length === 0 ? cursor : new VisibleSource(cursor, hidden, reverse);
    source.seek(span);
    if (source.key !== undefined) sources.push(source);
    const ranges = run.hidden();
    if (ranges !== undefined) hidden = [...hidden, ranges];
  }
  return sources;
}

/** The deleted ranges of the runs. */
export function hiddenSets(entries: readonly RunEntry[]): HiddenRanges[] {
  return entries.flatMap(({ run }) => run.hidden() ?? []);
}

/** The run as an entry below deleted ranges of newer runs. */
export function entryBelow(run: Run, sets: readonly HiddenRanges[]): RunEntry {
  if (sets.length === 0 || run.entryCount === 0) return { run, hiddenRows: 0, hiddenBytes: 0 };
  const { puts, tombstones, firstKey, lastKey } = run.info;
  const total = run.rank(undefined);
  let rows = puts - tombstones;
  let bytes = total.fileOffset;
  const end = `${lastKey}\0`;
  let gap = firstVisible(sets, { start: firstKey, end });
  while (gap !== undefined) {
    const from = run.rank(gap.start);
    const to = run.rank(gap.end);
    rows -= to.puts - to.tombstones - (from.puts - from.tombstones);
    bytes -= to.fileOffset - from.fileOffset;
    gap = gap.end === undefined ? undefined : firstVisible(sets, { start: gap.end, end });
  }
  return { run, hiddenRows: Math.max(0, rows), hiddenBytes: Math.max(0, bytes) };
}

/** All partitions at some moment. */
export class Partitions {
  readonly #byPrefix: ReadonlyMap<Key, Partition>;
  /** Sorted. */
  readonly #prefixes: readonly Key[];

  constructor(partitions: Iterable<Partition>) {
    this.#byPrefix = new Map(Array.from(partitions, (each) => [each.prefix, each]));
    this.#prefixes = [...this.#byPrefix.keys()].sort();
  }

  get(prefix: Key): Partition | undefined {
    return this.#byPrefix.get(prefix);
  }

  all(): Iterable<Partition> {
    return this.#byPrefix.values();
  }

  /** These with some replaced; one without entries is left out. */
  with(changed: readonly Partition[]): Partitions {
    const partitions = new Map(this.#byPrefix);
    for (const partition of changed) {
      if (partition.entries.length > 0) partitions.set(partition.prefix, partition);
      else partitions.delete(partition.prefix);
    }
    return new Partitions(partitions.values());
  }

  /** Those that the span has keys of, in order or backwards. */
  *within({ start, end }: Span, reverse = false): IterableIterator<Partition> {
    const prefixes = this.#prefixes;
    let first = lowerBound(prefixes, start);
    const before = prefixes[first - 1];
    if (before !== undefined && start.startsWith(before)) first--;
    let last = (end === undefined ? prefixes.length : lowerBound(prefixes, end)) - 1;
    while (first <= last) {
      const partition = this.#byPrefix.get(prefixes[reverse ? last-- : first++] as Key);
      if (partition !== undefined) yield partition;
    }
  }
}

/** The keys of a partition. */
export function partitionSpan(prefix: Key): Span {
  return { start: prefix, end: keyAfterPrefix(prefix) };
}

/** What is in both spans; undefined if nothing is. */
export function intersection(a: Span, b: Span): Span | undefined {
  const start = a.start > b.start ? a.start : b.start;
  let end = a.end ?? b.end;
  if (a.end !== undefined && b.end !== undefined) end = a.end < b.end ? a.end : b.end;
  return end !== undefined && end <= start ? undefined : { start, end };
}

function lowerBound(sorted: readonly Key[], key: Key): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as Key) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
