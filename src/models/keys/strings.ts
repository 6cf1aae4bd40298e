/**
 * Strings, as Redis 7 has them. Reads take a view, writes a transaction; a wrong type throws
 * WRONGTYPE. Values returned are views of stored rows.
 */
import type { Key } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { headerExpiry, headerType, keyTypes, stringValue } from "./header.ts";
import {
  KeyError,
  STRING_BYTES_MAX,
  incrementOverflow,
  offsetOutOfRange,
  stringTooLong,
} from "./key-error.ts";
import type { KeyContext } from "./keys.ts";
import {
  changed,
  findForWrite,
  findHeader,
  putExpiry,
  putHeader,
  putHeaderRow,
  removeBody,
  removeKey,
  requireType,
} from "./keys.ts";
import { parseLongDouble, sumText } from "./long-double.ts";
import { isInt64, parseInt64 } from "./numbers.ts";

/** When a key goes: a time in Unix ms, never, or as it was. */
export type NewExpiry = number | "none" | "keep";

export interface SetOptions {
  readonly expiry: NewExpiry;
  /** Store only if the key is there ("present") or not ("absent"). */
  readonly only?: "present" | "absent";
  /** The caller wants the old value: another type than string is then an error. */
  readonly wantsOld?: boolean;
}

export interface SetResult {
  readonly stored: boolean;
  readonly old: Buffer | undefined;
}

/** The row that the value is in, from bodyAt() on; undefined when there is none. */
export function findString(view: ReadView, at: KeyContext, key: Key): Uint8Array | undefined {
  const row = findHeader(view, at, key);
  requireType(row, keyTypes.string);
  return row;
}

/** The value, or undefined when there is none. */
export function getString(view: ReadView, at: KeyContext, key: Key): Buffer | undefined {
  const row = findString(view, at, key);
  return row === undefined ? undefined : stringValue(row);
}

/** MGET: one entry per key; undefined for one that is not there or holds something else. */
export function getTexts(
  view: ReadView,
  at: KeyContext,
  keys: readonly Key[],
): (Buffer | undefined)[] {
  return keys.map((key) => {
    const row = findHeader(view, at, key);
    return row === undefined || headerType(row) !== keyTypes.string ? undefined : stringValue(row);
  });
}

/** Stores a value without conditions; replaces a key of any type and its expiry. */
export function setString(
  tx: Transaction,
  at: KeyContext,
  { key, value }: { readonly key: Key; readonly value: Uint8Array },
): void {
  checkLength(value.length);
  const before = findForWrite(tx, at, key);
  if (before !== undefined) removeBody(tx, at, { key, row: before });
  store(tx, at, { key, value, before, expiry: 0 });
  changed(tx, at, { event: "set", key });
}

/** SET with its options. */
export function setStringIf(
  tx: Transaction,
  at: KeyContext,
  set: SetOptions & { readonly key: Key; readonly value: Uint8Array },
): SetResult {
  const { key, value, expiry } = set;
  checkLength(value.length);
  const before = findForWrite(tx, at, key);
  if (set.wantsOld === true) requireType(before, keyTypes.string);
  const old = set.wantsOld === true && before !== undefined ? stringValue(before) : undefined;
  if (set.only === "absent" && before !== undefined) return { stored: false, old };
  if (set.only === "present" && before === undefined) return { stored: false, old };
  if (before !== undefined) removeBody(tx, at, { key, row: before });
  const kept = before === undefined ? 0 : headerExpiry(before);
  const expiresAt = expiry === "none" ? 0 : expiry === "keep" ? kept : expiry;
  if (expiresAt !== 0 && expiresAt <= at.now) {
    // Due already: as if it had been stored and had expired.
    if (before !== undefined) removeKey(tx, at, { key, row: withoutBody(before) });
    changed(tx, at, { event: "del", key });
    return { stored: true, old };
  }
  store(tx, at, { key, value, before, expiry: expiresAt });
  changed(tx, at, { event: "set", key });
  if (typeof expiry === "number") changed(tx, at, { event: "expire", key });
  return { stored: true, old };
}

/** GETEX: the value, with another expiry set on the way. */
export function getAndExpire(
  tx: Transaction,
  at: KeyContext,
  { key, expiry }: { readonly key: Key; readonly expiry: NewExpiry },
): Buffer | undefined {
  const row = findForWrite(tx, at, key);
  if (row === undefined) return undefined;
  requireType(row, keyTypes.string);
  const value = stringValue(row);
  if (expiry === "keep") return value;
  if (typeof expiry === "number" && expiry <= at.now) {
    removeKey(tx, at, { key, row });
    changed(tx, at, { event: "del", key });
    return value;
  }
  const had = headerExpiry(row) !== 0;
  putExpiry(tx, at, { key, row, expiry: expiry === "none" ? 0 : expiry });
  if (expiry !== "none") changed(tx, at, { event: "expire", key });
  else if (had) changed(tx, at, { event: "persist", key });
  return value;
}

/** GETDEL. */
export function getAndDelete(tx: Transaction, at: KeyContext, key: Key): Buffer | undefined {
  const row = findForWrite(tx, at, key);
  if (row === undefined) return undefined;
  requireType(row, keyTypes.string);
  removeKey(tx, at, { key, row });
  changed(tx, at, { event: "del", key });
  return stringValue(row);
}

/** MSETNX: all or nothing; tells whether they were stored. */
export function setAllIfAbsent(
  tx: Transaction,
  at: KeyContext,
  pairs: readonly (readonly [Key, Uint8Array])[],
): boolean {
  for (const [key] of pairs) if (findForWrite(tx, at, key) !== undefined) return false;
  for (const [key, value] of pairs) setString(tx, at, { key, value });
  return true;
}

/** APPEND: the new length. */
export function appendString(
  tx: Transaction,
  at: KeyContext,
  { key, value }: { readonly key: Key; readonly value: Uint8Array },
): number {
  const before = findForWrite(tx, at, key);
  requireType(before, keyTypes.string);
  const old = before === undefined ? noBytes : stringValue(before);
  const length = old.length + value.length;
  checkLength(length);
  const expiry = before === undefined ? 0 : headerExpiry(before);
  const header = { key, type: keyTypes.string, expiry, before, bodyBytes: length };
  // The old value may be a view of a row that the new one replaces, never of the same bytes.
  const body = putHeader(tx, at, header);
  body.set(old);
  body.set(value, old.length);
  changed(tx, at, { event: "append", key });
  return length;
}

/** GETRANGE; negative positions count from the end. */
export function substring(value: Buffer, start: number, end: number): Buffer {
  const { length } = value;
  if (start < 0 && end < 0 && start > end) return noBytes;
  const from = Math.max(0, start < 0 ? length + start : start);
  const to = Math.min(length - 1, Math.max(0, end < 0 ? length + end : end));
  return length === 0 || from > to ? noBytes : value.subarray(from, to + 1);
}

/** SETRANGE: the new length. */
export function overwriteString(
  tx: Transaction,
  at: KeyContext,
  write: { readonly key: Key; readonly offset: number; readonly value: Uint8Array },
): number {
  const { key, offset, value } = write;
  if (offset < 0) throw new KeyError(offsetOutOfRange);
  const before = findForWrite(tx, at, key);
  requireType(before, keyTypes.string);
  const old = before === undefined ? noBytes : stringValue(before);
  if (value.length === 0) return old.length;
  const length = Math.max(old.length, offset + value.length);
  checkLength(length);
  const expiry = before === undefined ? 0 : headerExpiry(before);
  const body = putHeader(tx, at, {
    key,
    type: keyTypes.string,
    expiry,
    before,
    bodyBytes: length,
  });
  body.set(old);
  if (offset > old.length) body.fill(0, old.length, offset);
  body.set(value, offset);
  changed(tx, at, { event: "setrange", key });
  return length;
}

/**
 * SETBIT and BITFIELD: `change` gets the bytes of the string, made at least so long, and changes
 * them in place. Keeps the expiry.
 */
export function changeBytes<T>(
  tx: Transaction,
  at: KeyContext,
  edit: {
    readonly key: Key;
    readonly lengthMin: number;
    readonly change: (bytes: Buffer) => T;
  },
): T {
  const { key, lengthMin, change } = edit;
  const before = findForWrite(tx, at, key);
  requireType(before, keyTypes.string);
  const old = before === undefined ? noBytes : stringValue(before);
  const bodyBytes = Math.max(old.length, lengthMin);
  checkLength(bodyBytes);
  const expiry = before === undefined ? 0 : headerExpiry(before);
  const body = putHeader(tx, at, { key, type: keyTypes.string, expiry, before, bodyBytes });
  body.set(old);
  body.fill(0, old.length);
  const result = change(body);
  changed(tx, at, { event: "setbit", key });
  return result;
}

/** INCRBY and the like: the new value. Keeps the expiry. */
export function incrementString(
  tx: Transaction,
  at: KeyContext,
  { key, by }: { readonly key: Key; readonly by: bigint },
): bigint {
  const before = findForWrite(tx, at, key);
  requireType(before, keyTypes.string);
  const value = (before === undefined ? 0n : parseInt64(stringValue(before))) + by;
  if (!isInt64(value)) throw new KeyError(incrementOverflow);
  const expiry = before === undefined ? 0 : headerExpiry(before);
  store(tx, at, { key, value: Buffer.from(value.toString(), "latin1"), before, expiry });
  changed(tx, at, { event: "incrby", key });
  return value;
}

/** INCRBYFLOAT: the new value as it is stored. */
export function incrementFloat(
  tx: Transaction,
  at: KeyContext,
  { key, by }: { readonly key: Key; readonly by: Buffer },
): string {
  const before = findForWrite(tx, at, key);
  requireType(before, keyTypes.string);
  const old = before === undefined ? zero : stringValue(before);
  const text = sumText(parseLongDouble(old), parseLongDouble(by));
  const expiry = before === undefined ? 0 : headerExpiry(before);
  store(tx, at, { key, value: Buffer.from(text, "latin1"), before, expiry });
  changed(tx, at, { event: "incrbyfloat", key });
  return text;
}

function store(
  tx: Transaction,
  at: KeyContext,
  row: {
    readonly key: Key;
    readonly value: Uint8Array;
    readonly before: Uint8Array | undefined;
    readonly expiry: number;
  },
): void {
  const { key, value, before, expiry } = row;
  const bodyBytes = value.length;
  const header = { key, type: keyTypes.string, expiry, before, bodyBytes };
  const stored = putHeaderRow(tx, at, header);
  stored.set(value, stored.length - bodyBytes);
}

function checkLength(length: number): void {
  if (length > STRING_BYTES_MAX) throw new KeyError(stringTooLong);
}

/** A header whose fields were removed already: as that of a string. */
function withoutBody(row: Uint8Array): Uint8Array {
  const copy = Buffer.from(row.subarray(0, 7));
  copy[0] = keyTypes.string;
  return copy;
}

const noBytes = Buffer.alloc(0);
const zero = Buffer.from("0", "latin1");
