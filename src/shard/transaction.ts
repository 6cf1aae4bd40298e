/**
 * What an operation sees and can do. The contract between the shard below and the models above.
 *
 * An operation is a synchronous function over a Transaction: it touches nothing else, so that it is
 * atomic and serial by construction. A throw undoes it. Its own writes are visible to its reads.
 */
import type { ShardTimeMs } from "../base/ids.ts";
import type { Key } from "../base/key.ts";
import type { ReadView } from "../store/base-tree.ts";

/**
 * Makes a row's new value of the one that is there; undefined: no row. It keeps neither. `stamp`
 * gives 10 bytes that say the transaction's place in the order of commits: they are larger than
 * those of every transaction committed before. They are not known before the commit: until then
 * `stamp` throws INVALID_ARGUMENT.
 */
export type Merge = (
  before: Uint8Array | undefined,
  stamp: () => Uint8Array,
) => Uint8Array | undefined;

/** A view whose reads may be checked at commit, as those of an interactive transaction are. */
export interface CheckedView extends ReadView {
  /**
   * The row that get() has just shown is to the reader as if it were not there (it has expired):
   * that another removes it is no conflict then. `ifGone` runs at commit if that has happened.
   */
  readAsAbsent?(key: Key, ifGone?: (tx: Transaction) => void): void;
  /** Checks the row at commit even if reads are not checked now: what is written rests on it. */
  checkRow?(key: Key): void;
}

export interface Transaction extends CheckedView {
  /** The shard's clock: never behind the last record, the same during the whole operation. */
  readonly now: ShardTimeMs;
  /** Writes a row. The value is copied. */
  put(key: Key, value: Uint8Array): void;
  /**
   * Writes a row of `length` bytes and returns those bytes for the caller to fill before the
   * operation ends: a large value is then built in place instead of copied.
   */
  reserve(key: Key, length: number): Buffer;
  delete(key: Key): void;
  /** Deletes every row with start <= key < end (no end: to the last). */
  deleteRange(start: Key, end: Key | undefined): void;
  /**
   * For changes that are made blindly, such as adding to a counter: runs at once; in an interactive
   * transaction at commit, after the read set was checked, so that it never makes two conflict.
   */
  atCommit(run: (tx: Transaction) => void): void;
  /**
   * Changes one row by a function of its value alone. In an interactive transaction that happens at
   * commit, so that it never makes two conflict; a read before that shows the change, and is a read
   * like any other. `heldBytes` is what the function keeps in memory until then.
   */
  modify(key: Key, merge: Merge, heldBytes?: number): void;
  /** Runs after the operation succeeded and its writes are the tip; not when it is undone. */
  onApplied(run: () => void): void;
  /** Runs if the operation is undone (it threw), newest first: takes derived state back. */
  onUndone(run: () => void): void;
  /** Runs once the operation's record is durable; not when it is lost. */
  onDurable(run: () => void): void;
}
