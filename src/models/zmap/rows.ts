/**
 * The rows of ordered maps. A namespace has one map; its id, of fixed width, stands first, so that
 * a key needs no escape and the order of rows is the order of keys.
 *
 *   key        row key                                          value
 *   short      "Z", namespace u32, key                          value
 *   long       "Z", namespace u32, first 1800 bytes, SHA-256    key length u32 LE, key, value
 *
 * A key is long if it has more than 1800 bytes; the hash is over all of it. A row key tells by its
 * length which it is. Long keys that begin alike stand together, behind the short key that is their
 * beginning, in the order of their hashes: who reads them in order sorts that group.
 */
import type { Key } from "../../base/key.ts";
import { joinKey, keyAfterPrefix, keyFromBytes, keyU32 } from "../../base/key.ts";
import { sha256 } from "../../base/sha256.ts";

/** Bytes of a key that stand in row keys; keys up to this are stored as they are. */
export const SHORT_KEY_BYTES_MAX = 1800;
/** Before the key: "Z" and the namespace. */
const PREFIX_BYTES = 5;
const LENGTH_BYTES = 4;

/** An entry of a map. */
export interface ZEntry {
  readonly key: Key;
  readonly value: Uint8Array;
}

/** The rows of one namespace's map. */
export class ZSpace {
  readonly namespaceId: number;
  readonly start: Key;
  readonly end: Key;

  constructor(namespaceId: number) {
    this.namespaceId = namespaceId;
    this.start = `Z${keyU32(namespaceId)}`;
    this.end = keyAfterPrefix(this.start) as Key;
  }

  /** Row of a key. */
  row(key: Key): Key {
    if (!isLong(key)) return joinKey(this.start, key);
    return this.start + key.slice(0, SHORT_KEY_BYTES_MAX) + sha256(key);
  }

  /** The first row that can hold `key` or a later one. */
  from(key: Key): Key {
    return this.start + key.slice(0, SHORT_KEY_BYTES_MAX);
  }

  /** A row behind all that hold a key before `key`. */
  until(key: Key): Key {
    if (!isLong(key)) return this.start + key;
    return keyAfterPrefix(this.from(key)) as Key;
  }
}

export function isLong(key: Key): boolean {
  return key.length > SHORT_KEY_BYTES_MAX;
}

/** Whether the row holds a long key, whose beginning it shares with others. */
export function isLongRow(row: Key): boolean {
  return row.length > PREFIX_BYTES + SHORT_KEY_BYTES_MAX;
}

/** What the rows of long keys that begin alike have in common. */
export function groupOf(row: Key): Key {
  return row.slice(0, PREFIX_BYTES + SHORT_KEY_BYTES_MAX);
}

/** A value as its row has it. */
export function rowValue(key: Key, value: Uint8Array): Uint8Array {
  if (!isLong(key)) return value;
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES + key.length + value.length);
  bytes.writeUInt32LE(key.length, 0);
  bytes.write(key, LENGTH_BYTES, "latin1");
  bytes.set(value, LENGTH_BYTES + key.length);
  return bytes;
}

/** The value in the row of `key`. */
export function valueOf(key: Key, bytes: Uint8Array): Uint8Array {
  return isLong(key) ? bytes.subarray(LENGTH_BYTES + key.length) : bytes;
}

/** The entry in a row. */
export function readEntry(row: Key, bytes: Uint8Array): ZEntry {
  if (!isLongRow(row)) return { key: row.slice(PREFIX_BYTES), value: bytes };
  const length = Buffer.from(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).readUInt32LE(0);
  const end = LENGTH_BYTES + length;
  return { key: keyFromBytes(bytes.subarray(LENGTH_BYTES, end)), value: bytes.subarray(end) };
}
