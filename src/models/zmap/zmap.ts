/**
 * Operations on an ordered map: bytes to bytes, ordered by the bytes of the keys, one map per
 * namespace. Functions over a view or a transaction; keys are binary strings.
 */
import { CronosError } from "../../base/errors.ts";
import type { Key } from "../../base/key.ts";
import { keyAfterPrefix } from "../../base/key.ts";
import type { Merge, Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { isLong, readEntry, rowValue, valueOf } from "./rows.ts";
import type { ZEntry, ZSpace } from "./rows.ts";
import { scan, selectRange } from "./scan.ts";
import type { SelectedRange, ZRange } from "./scan.ts";

/** Longest key and value, in bytes. */
export const KEY_BYTES_MAX = 64 * 1024;
export const VALUE_BYTES_MAX = 16 * 1024 * 1024;

/** Entries that a range read gives if it is not told how many. */
export const LIMIT_DEFAULT = 100;

export function zget(view: ReadView, space: ZSpace, key: Key): Uint8Array | undefined {
  const bytes = view.get(space.row(key));
  return bytes === undefined ? undefined : valueOf(key, bytes);
}

/** Stores a copy of the value. Throws TOO_LARGE. */
export function zset(
  tx: Transaction,
  space: ZSpace,
  { key, value }: { readonly key: Key; readonly value: Uint8Array },
): void {
  checkKey(key);
  checkValue(value);
  tx.put(space.row(key), rowValue(key, value));
}

export function zdel(tx: Transaction, space: ZSpace, key: Key): void {
  tx.delete(space.row(key));
}

/** Deletes begin <= key < end. */
export function zdelRange(tx: Transaction, space: ZSpace, { begin = "", end }: ZRange): void {
  if (end !== undefined && begin >= end) return;
  let from = space.from(begin);
  let until = end === undefined ? space.end : space.until(end);
  // Rows that share their beginning with a long bound hold keys on both sides of it.
  if (isLong(begin)) from = deleteEdge(tx, space, { edge: begin, begin, end }).after;
  if (end !== undefined && isLong(end)) {
    until = deleteEdge(tx, space, { edge: end, begin, end }).before;
  }
  if (from < until) tx.deleteRange(from, until);
}

export interface ZChange {
  readonly key: Key;
  readonly change: Merge;
  /** Bytes that `change` keeps in memory. */
  readonly heldBytes?: number;
}

/** The value becomes what `change` makes of it (undefined: none), as Transaction.modify() does. */
export function zchange(
  tx: Transaction,
  space: ZSpace,
  { key, change, heldBytes = 0 }: ZChange,
): void {
  checkKey(key);
  const merge: Merge = (bytes, stamp) => {
    const before = bytes === undefined ? undefined : valueOf(key, bytes);
    const after = change(before, stamp);
    if (after === undefined) return undefined;
    // Unchanged: no second copy of a long key's row.
    if (after === before) return bytes;
    checkValue(after);
    return rowValue(key, after);
  };
  tx.modify(space.row(key), merge, heldBytes);
}

/** The same with the value read first: what is wrong with it shows at once. */
export function zupdate(
  tx: Transaction,
  space: ZSpace,
  update: {
    readonly key: Key;
    readonly change: (before: Uint8Array | undefined) => Uint8Array;
  },
): void {
  const { key, change } = update;
  zset(tx, space, { key, value: change(zget(tx, space, key)) });
}

export interface RangeRead extends SelectedRange {
  readonly limit?: number | undefined;
  readonly reverse?: boolean | undefined;
}

/** Entries of a range, both ends included unless selectors say otherwise. */
export function zgetRange(view: ReadView, space: ZSpace, read: RangeRead): ZEntry[] {
  const { limit = LIMIT_DEFAULT, reverse = false } = read;
  const range = selectRange(view, space, read);
  const entries: ZEntry[] = [];
  if (range === undefined || limit <= 0) return entries;
  for (const entry of scan(view, space, { ...range, reverse })) {
    entries.push(entry);
    if (entries.length >= limit) break;
  }
  return entries;
}

/** Deletes the rows that begin like a long bound, one by one; tells where they are. */
function deleteEdge(
  tx: Transaction,
  space: ZSpace,
  { edge, begin, end }: { readonly edge: Key; readonly begin: Key; readonly end: Key | undefined },
): { readonly before: Key; readonly after: Key } {
  const before = space.from(edge);
  const after = keyAfterPrefix(before) as Key;
  for (const [row, bytes] of tx.range(before, after)) {
    const { key } = readEntry(row, bytes);
    if (key >= begin && (end === undefined || key < end)) tx.delete(row);
  }
  return { before, after };
}

function checkKey(key: Key): void {
  if (key.length <= KEY_BYTES_MAX) return;
  throw new CronosError(
    "TOO_LARGE",
    `Key must have at most ${KEY_BYTES_MAX} bytes: it has ${key.length}`,
    { details: { word: "KEY_TOO_LARGE", bytes: key.length } },
  );
}

function checkValue(value: Uint8Array): void {
  if (value.length <= VALUE_BYTES_MAX) return;
  throw new CronosError(
    "TOO_LARGE",
    `Value must have at most ${VALUE_BYTES_MAX} bytes: it has ${value.length}`,
    { details: { word: "VALUE_TOO_LARGE", bytes: value.length } },
  );
}
