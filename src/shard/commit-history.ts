/**
 * Which keys were written since the oldest interactive transaction began: what commit() checks its
 * read set against. Kept only while interactive transactions are open, so that plain operations
 * pay nothing for it.
 *
 * A write's version is the index of the record it belongs to; a reader saw every record up to
 * its snapshot's index. Conflict: a key it read has a larger version.
 *
 * Bounded: there are two generations. When the newer one holds HISTORY_BYTES_MAX / 2 it becomes the
 * older one, whose predecessor is forgotten; readers that began before the end of what was
 * forgotten are too old to commit writes.
 *
 *   forgotten │ older generation │ newer generation ──▶ writes
 *             └ floor: a reader must have seen the records up to here
 */
import { assert } from "../base/assert.ts";
import { logIndex } from "../base/ids.ts";
import type { LogIndex } from "../base/ids.ts";
import type { Key } from "../base/key.ts";
import { OrderedTree, TreeCursor } from "../store/ordered-tree.ts";
import type { WriteSink } from "./write-overlay.ts";

/** Of both generations. */
const HISTORY_BYTES_MAX = 64 * 1024 * 1024;
/** What an entry costs beside its key, which the memtable usually holds as well. */
const ENTRY_BYTES = 48;

/** start <= key < end; end undefined: to the last key. */
export interface KeyRange {
  readonly start: Key;
  readonly end: Key | undefined;
}

/** What a transaction read: single keys and ranges. */
export interface ReadSet {
  readonly keys: Iterable<Key>;
  readonly ranges: readonly KeyRange[];
}

/** A key that was read and has been written since, or "too-old" if that is not known any more. */
export type Conflict = { readonly key: Key } | "too-old";

/** An open reader; `close()` once. */
export interface HistoryReader {
  /** What in the read set was written since the reader's snapshot, if anything was. */
  conflict(reads: ReadSet): Conflict | undefined;
  close(): void;
}

export class CommitHistory implements WriteSink {
  readonly #bytesMax: number;
  #readers = 0;
  #older = new Generation();
  #newer = new Generation();
  #version = logIndex(0);
  /** Writes of records up to here may have been forgotten. */
  #floor = 0;

  constructor(bytesMax = HISTORY_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** Whether writes must be noted. */
  get active(): boolean {
    return this.#readers > 0;
  }

  /**
   * Opens a reader that saw every record up to `snapshotIndex`. If it is the first one, the writes
   * of newer records are to be noted now.
   */
  open(snapshotIndex: LogIndex): HistoryReader {
    this.#readers++;
    let closed = false;
    return {
      conflict: (reads) => this.#conflict(reads, snapshotIndex),
      close: () => {
        assert(!closed, "A reader of the history must be closed once");
        closed = true;
        if (--this.#readers === 0) this.#forget();
      },
    };
  }

  /** Returns the sink that notes writes of the record `version`, valid until the next call. */
  noting(version: LogIndex): WriteSink {
    if (this.#newer.bytes > this.#bytesMax / 2) {
      this.#floor = this.#older.newestVersion;
      this.#older = this.#newer;
      this.#newer = new Generation();
    }
    this.#version = version;
    return this;
  }

  put(key: Key): void {
    this.#newer.write(key, this.#version);
  }

  delete(key: Key): void {
    this.#newer.write(key, this.#version);
  }

  deleteRange(start: Key, end: Key | undefined): void {
    this.#newer.deleteRange(start, end, this.#version);
  }

  /**
   * The records after `durable` were lost, and their indexes will be used again. What they wrote
   * counts as written by `durable`: it conflicts with nobody who begins from now on.
   */
  rolledBack(durable: LogIndex): void {
    this.#older.lower(durable);
    this.#newer.lower(durable);
  }

  #forget(): void {
    this.#older = new Generation();
    this.#newer = new Generation();
    this.#floor = 0;
  }

  #conflict(reads: ReadSet, seen: LogIndex): Conflict | undefined {
    if (seen < this.#floor) return "too-old";
    const ranges = merged(reads.ranges);
    for (const generation of [this.#older, this.#newer]) {
      if (generation.newestVersion <= seen) continue;
      for (const key of reads.keys) if (generation.versionOf(key) > seen) return { key };
      for (const range of ranges) {
        const key = generation.writtenIn(range, seen);
        if (key !== undefined) return { key };
      }
    }
    return undefined;
  }
}

/** The writes of some stretch of time. */
class Generation {
  newestVersion = 0;
  readonly #written = new OrderedTree<number>();
  /**
   * Version of the newest deleteRange over each key, as steps: an entry holds from its key to the
   * next one's. So it takes as little as its result, however many ranges were deleted.
   */
  readonly #deleted = new OrderedTree<number>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  write(key: Key, version: LogIndex): void {
    this.newestVersion = version;
    if (this.#written.set(key, version) === undefined) this.#bytes += key.length + ENTRY_BYTES;
  }

  deleteRange(start: Key, end: Key | undefined, version: LogIndex): void {
    if (end !== undefined && end <= start) return;
    this.newestVersion = version;
    const behind = end === undefined ? undefined : (this.#deleted.floor(end) ?? 0);
    this.#deleted.deleteRange(start, end, this.#forgetStep);
    this.#setStep(start, version);
    if (end !== undefined && behind !== undefined) this.#setStep(end, behind);
  }

  versionOf(key: Key): number {
    return Math.max(this.#written.get(key) ?? 0, this.#deleted.floor(key) ?? 0);
  }

  /** A key of the range that was written after the record `seen`, if any was. */
  writtenIn(range: KeyRange, seen: LogIndex): Key | undefined {
    if ((this.#deleted.floor(range.start) ?? 0) > seen) return range.start;
    return newerIn(this.#written, range, seen) ?? newerIn(this.#deleted, range, seen);
  }

  lower(version: LogIndex): void {
    if (this.newestVersion <= version) return;
    this.newestVersion = version;
    for (const tree of [this.#written, this.#deleted]) {
      const cursor = new TreeCursor(tree.capture());
      for (cursor.seek(""); cursor.key !== undefined; cursor.next()) {
        if ((cursor.value ?? 0) > version) tree.set(cursor.key, version);
      }
    }
  }

  #setStep(key: Key, version: number): void {
    if (this.#deleted.set(key, version) === undefined) this.#bytes += key.length + ENTRY_BYTES;
  }

  readonly #forgetStep = (key: Key): void => {
    this.#bytes -= key.length + ENTRY_BYTES;
  };
}

function newerIn(tree: OrderedTree<number>, range: KeyRange, seen: LogIndex): Key | undefined {
  const { start, end } = range;
  const cursor = new TreeCursor(tree.capture());
  for (cursor.seek(start); cursor.key !== undefined; cursor.next()) {
    if (end !== undefined && cursor.key >= end) return undefined;
    if ((cursor.value ?? 0) > seen) return cursor.key;
  }
  return undefined;
}

/** The same keys as disjoint ranges: each part of the history is then looked at once. */
function merged(ranges: readonly KeyRange[]): KeyRange[] {
  const sorted = ranges
    .filter(({ start, end }) => end === undefined || start < end)
    .sort((a, b) => (a.start < b.start ? -1 : 1));
  const result: KeyRange[] = [];
  for (const range of sorted) {
    const last = result.at(-1);
    if (last === undefined || (last.end !== undefined && last.end < range.start)) {
      result.push(range);
    } else if (last.end !== undefined && (range.end === undefined || range.end > last.end)) {
      result[result.length - 1] = { start: last.start, end: range.end };
    }
  }
  return result;
}
