/**
 * What works on keys of any type: existence, deletion, expiry, renaming, copying, listing.
 */
import type { Key } from "../../base/key.ts";
import { keyAfterPrefix, keyU8 } from "../../base/key.ts";
import type { Random } from "../../ports/random.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { copyFields, listFields } from "./hashes.ts";
import {
  hashCount,
  headerExpiry,
  headerKey,
  headerType,
  keyTypes,
  stringValue,
} from "./header.ts";
import type { KeyType } from "./header.ts";
import { KeyError, noSuchKey } from "./key-error.ts";
import { isInt64Text } from "./numbers.ts";
import type { KeyContext } from "./keys.ts";
import { changed, countKeys, findForWrite, findHeader } from "./keys.ts";
import { putExpiry, putHeader, removeKey } from "./keys.ts";
import {
  countPrefix,
  countPrefixEnd,
  expiryPrefix,
  expiryPrefixEnd,
  keysPrefix,
  keysPrefixEnd,
  readExpiryKey,
} from "./rows.ts";
import type { Keyspace } from "./rows.ts";

/** The key's type, or undefined when it is not there. */
export function typeOfKey(view: ReadView, at: KeyContext, key: Key): KeyType | undefined {
  const row = findHeader(view, at, key);
  return row === undefined ? undefined : headerType(row);
}

/** DEL of one key: tells whether it was there. */
export function deleteKey(tx: Transaction, at: KeyContext, key: Key): boolean {
  const row = findForWrite(tx, at, key);
  if (row === undefined) return false;
  removeKey(tx, at, { key, row });
  changed(tx, at, { event: "del", key });
  return true;
}

/** Condition of an EXPIRE: against the expiry that is there (none counts as infinitely late). */
export interface ExpireCondition {
  readonly onlyNone?: boolean;
  readonly onlySome?: boolean;
  readonly onlyLater?: boolean;
  readonly onlyEarlier?: boolean;
}

/** EXPIRE and the like: tells whether the expiry was set. A time that has passed deletes. */
export function expireKey(
  tx: Transaction,
  at: KeyContext,
  change: { readonly key: Key; readonly expiresAt: number; readonly condition: ExpireCondition },
): boolean {
  const { key, expiresAt, condition } = change;
  const row = findForWrite(tx, at, key);
  if (row === undefined) return false;
  const before = headerExpiry(row);
  if (condition.onlyNone === true && before !== 0) return false;
  if (condition.onlySome === true && before === 0) return false;
  if (condition.onlyLater === true && (before === 0 || expiresAt <= before)) return false;
  if (condition.onlyEarlier === true && before !== 0 && expiresAt >= before) return false;
  if (expiresAt <= at.now) {
    removeKey(tx, at, { key, row });
    changed(tx, at, { event: "del", key });
    return true;
  }
  putExpiry(tx, at, { key, row, expiry: expiresAt });
  changed(tx, at, { event: "expire", key });
  return true;
}

/** PERSIST: tells whether there was an expiry. */
export function persistKey(tx: Transaction, at: KeyContext, key: Key): boolean {
  const row = findForWrite(tx, at, key);
  if (row === undefined || headerExpiry(row) === 0) return false;
  putExpiry(tx, at, { key, row, expiry: 0 });
  changed(tx, at, { event: "persist", key });
  return true;
}

/** Expiry in Unix ms; -1 when there is none, -2 when there is no key. */
export function expiryOfKey(view: ReadView, at: KeyContext, key: Key): number {
  const row = findHeader(view, at, key);
  if (row === undefined) return -2;
  const expiry = headerExpiry(row);
  return expiry === 0 ? -1 : expiry;
}

/** RENAME and RENAMENX: tells whether it was renamed. Throws when there is no such key. */
export function renameKey(
  tx: Transaction,
  at: KeyContext,
  names: { readonly from: Key; readonly to: Key; readonly onlyIfAbsent: boolean },
): boolean {
  const { from, to, onlyIfAbsent } = names;
  const row = findForWrite(tx, at, from);
  if (row === undefined) throw new KeyError(noSuchKey);
  if (from === to) return !onlyIfAbsent;
  if (onlyIfAbsent && findForWrite(tx, at, to) !== undefined) return false;
  copyTo(tx, { at, key: from, row }, { at, key: to });
  removeKey(tx, at, { key: from, row });
  changed(tx, at, { event: "rename_from", key: from });
  changed(tx, at, { event: "rename_to", key: to });
  return true;
}

/** COPY: tells whether it was copied. */
export function copyKey(
  tx: Transaction,
  at: KeyContext,
  names: { readonly from: Key; readonly to: Key; readonly replace: boolean },
): boolean {
  const { from, to, replace } = names;
  const row = findForWrite(tx, at, from);
  if (row === undefined) return false;
  if (!replace && findForWrite(tx, at, to) !== undefined) return false;
  copyTo(tx, { at, key: from, row }, { at, key: to });
  changed(tx, at, { event: "copy_to", key: to });
  return true;
}

/** A page of a listing: the keys, and where to go on; undefined at the end. */
export interface KeyPage {
  readonly keys: readonly { readonly key: Key; readonly type: KeyType }[];
  readonly next: Key | undefined;
}

/**
 * Up to `limit` rows of the namespace from row-key tail `from` on, in key order. A key that is
 * there all the time while the pages are read one after another is in one of them.
 */
export function listKeys(
  view: ReadView,
  at: KeyContext,
  page: { readonly from: Key; readonly limit: number },
): KeyPage {
  const { headers, headersEnd } = at.space;
  const keys: { key: Key; type: KeyType }[] = [];
  let seen = 0;
  for (const [row, value] of view.range(headers + page.from, headersEnd)) {
    const tail = row.slice(headers.length);
    if (seen++ >= page.limit) return { keys, next: tail };
    const expiry = headerExpiry(value);
    if (expiry !== 0 && expiry <= at.now) continue;
    keys.push({ key: headerKey(tail, value), type: headerType(value) });
  }
  return { keys, next: undefined };
}

/** FLUSHDB: removes every key of the namespace. Expiry rows go when they are due. */
export function removeAllKeys(tx: Transaction, space: Keyspace): void {
  tx.deleteRange(space.headers, space.headersEnd);
  tx.deleteRange(space.fields, space.fieldsEnd);
  // In its place among the changes to the count: those before it are of keys that are gone.
  tx.atCommit((committing) => committing.delete(space.countKey));
}

/** FLUSHALL: removes every key of every namespace. */
export function removeKeysEverywhere(tx: Transaction): void {
  tx.deleteRange(keysPrefix, keysPrefixEnd);
  tx.atCommit((committing) => committing.deleteRange(countPrefix, countPrefixEnd));
}

/** Keys among which one is drawn evenly. */
const EVEN_DRAW_KEYS = 256;

/**
 * Some key that has not expired; undefined when there is none. Of few keys each is as likely as the
 * others; of many, one whose bytes are near a drawn place between the first and the last.
 */
export function randomKey(view: ReadView, at: KeyContext, random: Random): Key | undefined {
  const from = randomPlace(view, at.space, random);
  const near = listKeys(view, at, { from, limit: EVEN_DRAW_KEYS }).keys;
  const first = { from: "", limit: EVEN_DRAW_KEYS };
  const some = near.length > 0 ? near : listKeys(view, at, first).keys;
  return some[random.below(Math.max(1, some.length))]?.key;
}

/** A row-key tail between the first and the last; "" when there are so few keys that all fit. */
function randomPlace(view: ReadView, space: Keyspace, random: Random): Key {
  if (countKeys(view, space) <= EVEN_DRAW_KEYS) return "";
  const { headers, headersEnd } = space;
  const [first] = view.range(headers, headersEnd, { limit: 1 });
  const [last] = view.range(headers, headersEnd, { limit: 1, reverse: true });
  if (first === undefined || last === undefined) return "";
  const low = first[0].slice(headers.length);
  const high = last[0].slice(headers.length);
  let same = 0;
  while (same < low.length && low[same] === high[same]) same++;
  const lowest = low.length > same ? low.charCodeAt(same) : 0;
  const highest = high.length > same ? high.charCodeAt(same) : 0xff;
  let place = low.slice(0, same) + keyU8(lowest + random.below(highest - lowest + 1));
  // What follows looks like the rest of some key: digits stay digits.
  for (let index = same + 1; index < Math.min(low.length, high.length, same + 9); index++) {
    const a = Math.min(low.charCodeAt(index), high.charCodeAt(index), 0x30);
    const b = Math.max(low.charCodeAt(index), high.charCodeAt(index), 0x39);
    place += keyU8(a + random.below(b - a + 1));
  }
  return place;
}

/** What active expiry found. */
export interface ExpiryScan {
  /** Rows it looked at. */
  readonly seen: number;
  /** When the next key expires; undefined: none does. */
  readonly next: number | undefined;
}

/** Removes keys whose time has come, looking at no more than `limit` rows. */
export function removeExpired(
  tx: Transaction,
  options: {
    readonly now: number;
    readonly limit: number;
    readonly contextOf: (namespaceId: number) => KeyContext;
  },
): ExpiryScan {
  const { now, limit, contextOf } = options;
  const rows: Key[] = [];
  let next: number | undefined;
  for (const [row] of tx.range(expiryPrefix, expiryPrefixEnd, { limit: limit + 1 })) {
    next = readExpiryKey(row).at;
    if (next > now || rows.length === limit) break;
    rows.push(row);
    next = undefined;
  }
  for (const row of rows) {
    const { at: due, namespaceId, tail } = readExpiryKey(row);
    tx.delete(row);
    const at = contextOf(namespaceId);
    const header = tx.get(at.space.headers + tail);
    // FLUSHDB leaves rows behind, of keys that are gone or there again with another expiry.
    if (header === undefined || headerExpiry(header) !== due) continue;
    const key = headerKey(tail, header);
    removeKey(tx, at, { key, row: header });
    changed(tx, at, { event: "expired", key });
  }
  return { seen: rows.length, next };
}

/** When the first key expires that is known to; undefined: none does. */
export function firstExpiry(view: ReadView): number | undefined {
  for (const [row] of view.range(expiryPrefix, expiryPrefixEnd, { limit: 1 })) {
    return readExpiryKey(row).at;
  }
  return undefined;
}

/**
 * Bytes of the key's rows, names included; of a hash, as its first `samples` fields let it be
 * estimated. Undefined if there is no such key.
 */
export function bytesOfKey(
  view: ReadView,
  at: KeyContext,
  { key, samples }: { readonly key: Key; readonly samples: number },
): number | undefined {
  const row = findHeader(view, at, key);
  if (row === undefined) return undefined;
  const bytes = at.space.header(key).length + row.length;
  if (headerType(row) !== keyTypes.hash) return bytes;
  const fields = at.space.hashFields(key);
  let sampled = 0;
  let sampledBytes = 0;
  for (const [name, value] of view.range(fields, keyAfterPrefix(fields), { limit: samples })) {
    sampled++;
    sampledBytes += name.length + value.length;
  }
  return bytes + Math.round((sampledBytes * hashCount(row)) / Math.max(1, sampled));
}

/** Fields, and bytes of each, up to which Redis packs a hash. */
const PACKED_FIELDS_MAX = 128;
const PACKED_BYTES_MAX = 64;
/** Bytes up to which Redis embeds a string. */
const EMBEDDED_BYTES_MAX = 44;

/** OBJECT ENCODING's word for a key: what Redis would hold it as; undefined if it is not there. */
export function encodingOfKey(view: ReadView, at: KeyContext, key: Key): string | undefined {
  const row = findHeader(view, at, key);
  if (row === undefined) return undefined;
  if (headerType(row) === keyTypes.hash) {
    if (hashCount(row) > PACKED_FIELDS_MAX) return "hashtable";
    const isPacked = listFields(view, at, { key }).every(
      ([name, value]) => name.length <= PACKED_BYTES_MAX && value.length <= PACKED_BYTES_MAX,
    );
    return isPacked ? "listpack" : "hashtable";
  }
  const value = stringValue(row);
  if (isInt64Text(value)) return "int";
  return value.length <= EMBEDDED_BYTES_MAX ? "embstr" : "raw";
}

/** Puts a copy of a key, expiry included, in the place of another. */
function copyTo(
  tx: Transaction,
  from: { readonly at: KeyContext; readonly key: Key; readonly row: Uint8Array },
  to: { readonly at: KeyContext; readonly key: Key },
): void {
  const old = findForWrite(tx, to.at, to.key);
  if (old !== undefined) removeKey(tx, to.at, { key: to.key, row: old });
  const type = headerType(from.row);
  const body = type === keyTypes.string ? stringValue(from.row) : undefined;
  const header = putHeader(tx, to.at, {
    key: to.key,
    type,
    expiry: headerExpiry(from.row),
    before: undefined,
    bodyBytes: body?.length ?? 4,
  });
  if (body !== undefined) header.set(body);
  else {
    header.writeUInt32LE(hashCount(from.row), 0);
    copyFields(tx, from, to);
  }
}
