/**
 * Hashes, as Redis 7 has them: a header with the count of fields, and a row per field, so that a
 * hash may have any number of them. Field order is that of their bytes.
 */
import type { Key } from "../../base/key.ts";
import { keyAfterPrefix } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { asBuffer, hashCount, headerExpiry, keyTypes } from "./header.ts";
import { KeyError, hashNotFloat, hashNotInteger, incrementOverflow } from "./key-error.ts";
import type { KeyContext } from "./keys.ts";
import { changed, findForWrite, findHeader, putHeader, removeKey, requireType } from "./keys.ts";
import { parseLongDouble, sumText } from "./long-double.ts";
import type { LongDouble } from "./long-double.ts";
import { isInt64, parseInt64 } from "./numbers.ts";
import { isLong, shortened } from "./rows.ts";

const LONG = 0x80;

/** A field and its value. */
export type Field = readonly [name: Key, value: Buffer];

/** HGET. */
export function getField(
  view: ReadView,
  at: KeyContext,
  { key, name }: { readonly key: Key; readonly name: Key },
): Buffer | undefined {
  const header = hashHeader(view, at, key);
  if (header === undefined) return undefined;
  const row = view.get(at.space.hashFields(key) + shortened(name));
  return row === undefined ? undefined : fieldValue(row);
}

/** HMGET: one entry per name. */
export function getFields(
  view: ReadView,
  at: KeyContext,
  { key, names }: { readonly key: Key; readonly names: readonly Key[] },
): (Buffer | undefined)[] {
  if (hashHeader(view, at, key) === undefined) return names.map(() => undefined);
  const prefix = at.space.hashFields(key);
  return names.map((name) => {
    const row = view.get(prefix + shortened(name));
    return row === undefined ? undefined : fieldValue(row);
  });
}

/** Every field behind `after` (all if undefined), at most `limit`. */
export function listFields(
  view: ReadView,
  at: KeyContext,
  page: { readonly key: Key; readonly after?: Key; readonly limit?: number },
): Field[] {
  const { key, after, limit = Number.POSITIVE_INFINITY } = page;
  if (hashHeader(view, at, key) === undefined) return [];
  const prefix = at.space.hashFields(key);
  const start = after === undefined ? prefix : `${prefix}${shortened(after)}\x00`;
  const fields: Field[] = [];
  for (const [row, value] of view.range(start, keyAfterPrefix(prefix))) {
    if (fields.length >= limit) break;
    fields.push([fieldName(row.slice(prefix.length), value), fieldValue(value)]);
  }
  return fields;
}

/** HLEN. */
export function countFields(view: ReadView, at: KeyContext, key: Key): number {
  const header = hashHeader(view, at, key);
  return header === undefined ? 0 : hashCount(header);
}

/** HSET: how many fields are new. */
export function setFields(
  tx: Transaction,
  at: KeyContext,
  { key, fields }: { readonly key: Key; readonly fields: readonly (readonly [Key, Uint8Array])[] },
): number {
  const before = hashForWrite(tx, at, key);
  const prefix = at.space.hashFields(key);
  let added = 0;
  for (const [name, value] of fields) {
    const row = prefix + shortened(name);
    if (tx.get(row) === undefined) added++;
    putField(tx, row, { name, value });
  }
  putCount(tx, at, { key, before, added });
  changed(tx, at, { event: "hset", key });
  return added;
}

/** HSETNX: tells whether the field was stored. */
export function setFieldIfAbsent(
  tx: Transaction,
  at: KeyContext,
  { key, name, value }: { readonly key: Key; readonly name: Key; readonly value: Uint8Array },
): boolean {
  hashForWrite(tx, at, key);
  if (tx.get(at.space.hashFields(key) + shortened(name)) !== undefined) return false;
  setFields(tx, at, { key, fields: [[name, value]] });
  return true;
}

/** HDEL: how many were there. The last one takes the key with it. */
export function deleteFields(
  tx: Transaction,
  at: KeyContext,
  { key, names }: { readonly key: Key; readonly names: readonly Key[] },
): number {
  const before = hashForWrite(tx, at, key);
  if (before === undefined) return 0;
  const prefix = at.space.hashFields(key);
  let removed = 0;
  for (const name of names) {
    const row = prefix + shortened(name);
    if (tx.get(row) === undefined) continue;
    tx.delete(row);
    removed++;
  }
  if (removed === 0) return 0;
  changed(tx, at, { event: "hdel", key });
  if (hashCount(before) === removed) {
    removeKey(tx, at, { key, row: before });
    changed(tx, at, { event: "del", key });
  } else putCount(tx, at, { key, before, added: -removed });
  return removed;
}

/** HINCRBY: the new value. */
export function incrementField(
  tx: Transaction,
  at: KeyContext,
  { key, name, by }: { readonly key: Key; readonly name: Key; readonly by: bigint },
): bigint {
  hashForWrite(tx, at, key);
  const old = getField(tx, at, { key, name });
  const value = (old === undefined ? 0n : parseInt64(old, hashNotInteger)) + by;
  if (!isInt64(value)) throw new KeyError(incrementOverflow);
  storeIncrement(tx, at, { key, name, text: value.toString(), event: "hincrby" });
  return value;
}

/** HINCRBYFLOAT: the new value as it is stored. */
export function incrementFieldFloat(
  tx: Transaction,
  at: KeyContext,
  { key, name, by }: { readonly key: Key; readonly name: Key; readonly by: LongDouble },
): string {
  hashForWrite(tx, at, key);
  const old = getField(tx, at, { key, name }) ?? zero;
  const text = sumText(parseLongDouble(old, hashNotFloat), by);
  storeIncrement(tx, at, { key, name, text, event: "hincrbyfloat" });
  return text;
}

/** Copies every field of a hash to another key, whose header is there already. */
export function copyFields(
  tx: Transaction,
  from: { readonly at: KeyContext; readonly key: Key },
  to: { readonly at: KeyContext; readonly key: Key },
): void {
  const source = from.at.space.hashFields(from.key);
  const target = to.at.space.hashFields(to.key);
  for (const [row, value] of tx.range(source, keyAfterPrefix(source))) {
    tx.put(target + row.slice(source.length), value);
  }
}

function storeIncrement(
  tx: Transaction,
  at: KeyContext,
  change: { readonly key: Key; readonly name: Key; readonly text: string; readonly event: string },
): void {
  const { key, name, text, event } = change;
  const before = hashForWrite(tx, at, key);
  const row = at.space.hashFields(key) + shortened(name);
  const added = tx.get(row) === undefined ? 1 : 0;
  putField(tx, row, { name, value: Buffer.from(text, "latin1") });
  putCount(tx, at, { key, before, added });
  changed(tx, at, { event, key });
}

function hashHeader(view: ReadView, at: KeyContext, key: Key): Uint8Array | undefined {
  const row = findHeader(view, at, key);
  requireType(row, keyTypes.hash);
  return row;
}

function hashForWrite(tx: Transaction, at: KeyContext, key: Key): Uint8Array | undefined {
  const row = findForWrite(tx, at, key);
  requireType(row, keyTypes.hash);
  return row;
}

/** Writes the header when the count changed. */
function putCount(
  tx: Transaction,
  at: KeyContext,
  change: { readonly key: Key; readonly before: Uint8Array | undefined; readonly added: number },
): void {
  const { key, before, added } = change;
  if (before !== undefined && added === 0) return;
  const count = (before === undefined ? 0 : hashCount(before)) + added;
  const expiry = before === undefined ? 0 : headerExpiry(before);
  const header = { key, type: keyTypes.hash, expiry, before, bodyBytes: 4 };
  putHeader(tx, at, header).writeUInt32LE(count, 0);
}

function putField(
  tx: Transaction,
  row: Key,
  { name, value }: { readonly name: Key; readonly value: Uint8Array },
): void {
  if (!isLong(name)) {
    const bytes = tx.reserve(row, 1 + value.length);
    bytes[0] = 0;
    bytes.set(value, 1);
    return;
  }
  const bytes = tx.reserve(row, 5 + name.length + value.length);
  bytes[0] = LONG;
  bytes.writeUInt32LE(name.length, 1);
  bytes.write(name, 5, "latin1");
  bytes.set(value, 5 + name.length);
}

function fieldValue(row: Uint8Array): Buffer {
  const bytes = asBuffer(row);
  if (((bytes[0] as number) & LONG) === 0) return bytes.subarray(1);
  return bytes.subarray(5 + bytes.readUInt32LE(1));
}

function fieldName(tail: Key, row: Uint8Array): Key {
  const bytes = asBuffer(row);
  if (((bytes[0] as number) & LONG) === 0) return tail;
  return bytes.toString("latin1", 5, 5 + bytes.readUInt32LE(1));
}

const zero = Buffer.from("0", "latin1");
