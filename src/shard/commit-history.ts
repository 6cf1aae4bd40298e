/**
 * Which keys were written since the oldest interactive transaction began: what commit() checks its
 * read set against. Kept only while interactive transactions are open, so that plain operations
 * pay nothing for it.
 *
 * A write's version is the index of the record it belongs to; a reader saw every record up to
 * its snapshot's index. Conflict: a key it read has a larger version.
 *
 * Bounded: above HISTORY_KEYS_MAX keys everything is forgotten and the readers of that time are too
 * old to commit writes.
 */
import type { LogIndex } from "../base/ids.ts";
import type { Key } from "../base/key.ts";
import { OrderedTree, TreeCursor } from "../store/ordered-tree.ts";
import type { WriteSink } from "./write-overlay.ts";

/** About 100 bytes each: 50 MB. */
const HISTORY_KEYS_MAX = 500_000;

/** What a transaction read: single keys and ranges (end undefined: to the last key). */
export interface ReadSet {
  readonly keys: Iterable<Key>;
  readonly ranges: Iterable<{ readonly start: Key; readonly end: Key | undefined }>;
}

/** An open reader; `close()` once. */
export interface HistoryReader {
  /** The first key in the read set that was written since, "too-old" if that is not known any more. */
  conflict(reads: ReadSet): { readonly key: Key } | "too-old" | undefined;
  close(): void;
}

interface DeletedRange {
  readonly start: Key;
  readonly end: Key | undefined;
  readonly version: LogIndex;
}

export class CommitHistory {
  #readers = 0;
  #written = new OrderedTree<LogIndex>();
  #deleted: DeletedRange[] = [];
  /** Writes of records up to here may have been forgotten. */
  #floor = 0;

  get active(): boolean {
    return this.#readers > 0;
  }

  /** Opens a reader that saw every record up to `snapshotIndex`. */
  open(snapshotIndex: LogIndex): HistoryReader {
    this.#readers++;
    let closed = false;
    return {
      conflict: (reads) => this.#conflict(reads, snapshotIndex),
      close: () => {
        if (closed) return;
        closed = true;
        this.#readers--;
        if (this.#readers === 0) this.#forget();
      },
    };
  }

  /** A sink that notes writes of the record `version`. */
  sink(version: LogIndex): WriteSink {
    if (this.#written.size + this.#deleted.length > HISTORY_KEYS_MAX) {
      this.#forget();
      this.#floor = version;
    }
    return {
      put: (key) => void this.#written.set(key, version),
      delete: (key) => void this.#written.set(key, version),
      deleteRange: (start, end) => void this.#deleted.push({ start, end, version }),
    };
  }

  #forget(): void {
    this.#written = new OrderedTree<LogIndex>();
    this.#deleted = [];
  }

  #conflict(reads: ReadSet, seen: LogIndex): { readonly key: Key } | "too-old" | undefined {
    if (seen < this.#floor) return "too-old";
    for (const key of reads.keys) {
      const version = this.#written.get(key);
      if (version !== undefined && version > seen) return { key };
      if (this.#deleted.some((range) => range.version > seen && contains(range, key))) return { key };
    }
    for (const range of reads.ranges) {
      const key = this.#writtenIn(range, seen) ?? this.#deletedIn(range, seen);
      if (key !== undefined) return { key };
    }
    return undefined;
  }

  #writtenIn(range: { start: Key; end: Key | undefined }, seen: LogIndex): Key | undefined {
    const cursor = new TreeCursor(this.#written.capture());
    for (cursor.seek(range.start); cursor.key !== undefined; cursor.next()) {
      if (range.end !== undefined && cursor.key >= range.end) return undefined;
      if ((cursor.value as LogIndex) > seen) return cursor.key;
    }
    return undefined;
  }

  #deletedIn(range: { start: Key; end: Key | undefined }, seen: LogIndex): Key | undefined {
    for (const deleted of this.#deleted) {
      if (deleted.version <= seen) continue;
      const startsBefore = range.end === undefined || deleted.start < range.end;
      const endsAfter = deleted.end === undefined || deleted.end > range.start;
      if (startsBefore && endsAfter) return deleted.start > range.start ? deleted.start : range.start;
    }
    return undefined;
  }
}

function contains(range: DeletedRange, key: Key): boolean {
  return key >= range.start && (range.end === undefined || key < range.end);
}
