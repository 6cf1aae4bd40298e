/**
 * What every operation on keys starts and ends with: finding a key that has not expired, storing a
 * header, removing a key with all its rows.
 *
 * An expired key is as good as gone for every reader; a writer that meets one removes it first.
 */
import type { Key } from "../../base/key.ts";
import { keyAfterPrefix } from "../../base/key.ts";
import type { CheckedView, Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import {
  asBuffer,
  hashCount,
  headerExpiry,
  headerSize,
  headerType,
  keyTypes,
  writeHeaderStart,
} from "./header.ts";
import type { KeyType } from "./header.ts";
import { KeyError, wrongType } from "./key-error.ts";
import type { Keyspace } from "./rows.ts";

/** Told what happens to keys. */
export interface KeyWatcher {
  /** Whether changed() is to be called at all. */
  readonly enabled: boolean;
  /** Something durable happened to a key; events as Redis' keyspace notifications name them. */
  changed(namespaceId: number, event: string, key: Key): void;
  /** The earliest time, Unix ms, that somebody knows a key to expire at. */
  readonly nextExpiry: number;
  /** A key expires before that. */
  expiresAt(time: number): void;
}

/** Where an operation works. It may be another one when the operation is over. */
export interface KeyContext {
  readonly space: Keyspace;
  /** Wall clock, Unix ms. */
  readonly now: number;
  readonly watcher: KeyWatcher;
}

/** Tells what happened to a key, once it is durable. */
export function changed(
  tx: Transaction,
  at: KeyContext,
  { event, key }: { readonly event: string; readonly key: Key },
): void {
  const { watcher, space } = at;
  if (watcher.enabled) tx.onDurable(() => watcher.changed(space.namespaceId, event, key));
}

/** The key's header if it is there and has not expired. */
export function findHeader(view: CheckedView, at: KeyContext, key: Key): Uint8Array | undefined {
  const header = at.space.header(key);
  const row = view.get(header);
  if (row === undefined) return undefined;
  const expiry = headerExpiry(row);
  if (expiry === 0 || expiry > at.now) return row;
  view.readAsAbsent?.(header);
  return undefined;
}

/** The same for an operation that goes on to write: an expired key is removed. */
export function findForWrite(tx: Transaction, at: KeyContext, key: Key): Uint8Array | undefined {
  const header = at.space.header(key);
  const row = tx.get(header);
  // The count of keys is right only if the key is at commit what it was here.
  tx.checkRow?.(header);
  if (row === undefined) return undefined;
  const expiry = headerExpiry(row);
  if (expiry === 0 || expiry > at.now) return row;
  // Whoever removed it until the commit has counted it already.
  tx.readAsAbsent?.(header, (committing) => {
    addToCount(committing, at.space, { keys: 1, timed: 1 });
  });
  removeKey(tx, at, { key, row });
  changed(tx, at, { event: "expired", key });
  return undefined;
}

/** Throws WRONGTYPE unless the row, if there is one, is of the type. */
export function requireType(row: Uint8Array | undefined, type: KeyType): void {
  if (row !== undefined && headerType(row) !== type) throw new KeyError(wrongType);
}

/** What a new header replaces, and what it holds. */
export interface NewHeader {
  readonly key: Key;
  readonly type: KeyType;
  readonly expiry: number;
  /** The header that was there. */
  readonly before: Uint8Array | undefined;
  readonly bodyBytes: number;
}

/**
 * Stores a header and keeps expiry row and count in step; returns the body to fill. Fields of a
 * hash that was there before must be gone already.
 */
export function putHeader(tx: Transaction, at: KeyContext, header: NewHeader): Buffer {
  const row = putHeaderRow(tx, at, header);
  return row.subarray(row.length - header.bodyBytes);
}

/** The same, returning the row: its last `bodyBytes` are the body. */
export function putHeaderRow(tx: Transaction, at: KeyContext, header: NewHeader): Buffer {
  const { key, before, expiry } = header;
  const expiryBefore = before === undefined ? 0 : headerExpiry(before);
  if (expiryBefore !== expiry) {
    if (expiryBefore !== 0) tx.delete(at.space.expiry(key, expiryBefore));
    if (expiry !== 0) putExpiryRow(tx, at, { key, expiry });
  }
  const timed = (expiry === 0 ? 0 : 1) - (expiryBefore === 0 ? 0 : 1);
  if (before === undefined) addToCount(tx, at.space, { keys: 1, timed });
  else if (timed !== 0) addToCount(tx, at.space, { keys: 0, timed });
  const row = tx.reserve(at.space.header(key), headerSize(key, header.bodyBytes));
  writeHeaderStart(row, header);
  return row;
}

/** Stores the same body with another expiry. */
export function putExpiry(
  tx: Transaction,
  at: KeyContext,
  change: { readonly key: Key; readonly row: Uint8Array; readonly expiry: number },
): void {
  const { key, row, expiry } = change;
  const before = headerExpiry(row);
  if (before === expiry) return;
  if (before !== 0) tx.delete(at.space.expiry(key, before));
  if (expiry !== 0) putExpiryRow(tx, at, { key, expiry });
  const timed = (expiry === 0 ? 0 : 1) - (before === 0 ? 0 : 1);
  if (timed !== 0) addToCount(tx, at.space, { keys: 0, timed });
  const copy = tx.reserve(at.space.header(key), row.length);
  copy.set(row);
  copy.writeUIntLE(expiry, 1, 6);
}

function putExpiryRow(
  tx: Transaction,
  at: KeyContext,
  { key, expiry }: { readonly key: Key; readonly expiry: number },
): void {
  tx.put(at.space.expiry(key, expiry), noBytes);
  const { watcher } = at;
  if (expiry < watcher.nextExpiry) tx.onApplied(() => watcher.expiresAt(expiry));
}

/** Removes a key with everything that belongs to it. */
export function removeKey(
  tx: Transaction,
  at: KeyContext,
  { key, row }: { readonly key: Key; readonly row: Uint8Array },
): void {
  tx.delete(at.space.header(key));
  const expiry = headerExpiry(row);
  if (expiry !== 0) tx.delete(at.space.expiry(key, expiry));
  removeBody(tx, at, { key, row });
  addToCount(tx, at.space, { keys: -1, timed: expiry === 0 ? 0 : -1 });
}

/** Removes the rows beside the header: those of a hash. */
export function removeBody(
  tx: Transaction,
  at: KeyContext,
  { key, row }: { readonly key: Key; readonly row: Uint8Array },
): void {
  if (headerType(row) !== keyTypes.hash || hashCount(row) === 0) return;
  const fields = at.space.hashFields(key);
  tx.deleteRange(fields, keyAfterPrefix(fields));
}

/** How many keys the namespace has; expired ones count until they are removed. */
export function countKeys(view: ReadView, space: Keyspace): number {
  const value = view.get(space.countKey);
  return value === undefined ? 0 : asBuffer(value).readUIntLE(0, 6);
}

/** How many of them expire some time. */
export function countTimedKeys(view: ReadView, space: Keyspace): number {
  const value = view.get(space.countKey);
  return value === undefined ? 0 : asBuffer(value).readUIntLE(6, 6);
}

function addToCount(
  tx: Transaction,
  space: Keyspace,
  delta: { readonly keys: number; readonly timed: number },
): void {
  // At commit, without reading it in the transaction: two that add keys do not conflict.
  tx.atCommit((committing) => {
    const keys = countKeys(committing, space) + delta.keys;
    const timed = countTimedKeys(committing, space) + delta.timed;
    const row = committing.reserve(space.countKey, 12);
    // Below zero: the row was removed, with the keys that this takes away, in the same transaction.
    row.writeUIntLE(Math.max(0, keys), 0, 6);
    row.writeUIntLE(Math.max(0, timed), 6, 6);
  });
}

const noBytes = new Uint8Array(0);
