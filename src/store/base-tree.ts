/**
 * The base tree: the on-disk ordered tree under the memtable. Backends: lmdb/, runs/ and memory/;
 * routed-tree.ts makes one of two. test/contracts/base-tree-contract.ts holds all to what is said
 * here.
 *
 * Keys of rows are binary strings of 1 to keyBytesMax bytes (write() asserts it); bounds of ranges
 * and keys that are only looked for may have any length. Values are bytes. Values returned stay
 * valid for as long as the caller keeps them (they are copies or immutable), and must not be
 * written to.
 * Every value is stored with a checksum that is verified on each read: a mismatch throws CORRUPTION
 * naming the file and the key.
 */
import type { LogIndex } from "../base/ids.ts";
import type { Key } from "../base/key.ts";

/** Longest key of a row, in bytes: LMDB's limit with 4 KiB pages is 1978. */
export const keyBytesMax = 1900;

/** A key and its value. */
export type Row = readonly [key: Key, value: Uint8Array];

export interface RangeOptions {
  /** From the end of the range to its start. */
  readonly reverse?: boolean;
  /** At most so many rows. */
  readonly limit?: number;
}

/** Something that can be read: a tree, a snapshot, a transaction. Reads are synchronous. */
export interface ReadView {
  get(key: Key): Uint8Array | undefined;
  /** Rows with start <= key < end (no end: to the last). Leaving the loop frees the cursor. */
  range(start: Key, end: Key | undefined, options?: RangeOptions): Iterable<Row>;
}

/** A view that stays as it is until it is released. Reading after release() is an assertion. */
export interface Snapshot extends ReadView {
  release(): void;
}

/** An absolute change: replaying it any number of times, in order, gives the same tree. */
export type Mutation =
  | { readonly kind: "put"; readonly key: Key; readonly value: Uint8Array }
  | { readonly kind: "delete"; readonly key: Key }
  | { readonly kind: "deleteRange"; readonly start: Key; readonly end: Key | undefined };

export interface BaseTreeStats {
  /** Bytes of the files on disk, and of them those that rows occupy, as far as is known. */
  readonly bytesOnDisk: number;
  readonly bytesUsed: number;
  /** In run files, rows written over count more than once until the next merge. */
  readonly rows: number;
}

export interface BaseTree extends ReadView {
  /** Index of the last record whose mutations are all in the tree; 0 for a new tree. */
  readonly appliedIndex: LogIndex;
  /**
   * Applies the mutations in order: all deleteRange first, then puts and deletes sorted by key,
   * each key once. They may be iterated more than once, one time after the other.
   * May commit in slices, so that neither the event loop nor memory suffers; `appliedIndex` moves
   * in the last slice only. A crash between slices leaves rows of records after appliedIndex in the
   * tree; replaying those records makes it right. Durable when it resolves. One call at a time.
   */
  write(mutations: Iterable<Mutation>, appliedIndex: LogIndex): Promise<void>;
  snapshot(): Snapshot;
  stats(): BaseTreeStats;
  close(): Promise<void>;
}
