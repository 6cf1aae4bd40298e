/**
 * Header rows: a key's type, expiry and, for a string, its value. Layout in rows.ts.
 */
import type { Key } from "../../base/key.ts";
import { isLong } from "./rows.ts";

export const keyTypes = { string: 1, hash: 2 } as const;
export type KeyType = (typeof keyTypes)[keyof typeof keyTypes];

const LONG = 0x80;
const FIXED_BYTES = 7;

/** The type in a header. */
export function headerType(row: Uint8Array): KeyType {
  return ((row[0] as number) & ~LONG) as KeyType;
}

/** Expiry of a key, Unix ms; 0 = none. */
export function headerExpiry(row: Uint8Array): number {
  const high = (row[5] as number) | ((row[6] as number) << 8);
  const low =
    ((row[1] as number) | ((row[2] as number) << 8) | ((row[3] as number) << 16)) +
    (row[4] as number) * 0x1000000;
  return high * 0x100000000 + low;
}

/** Where what belongs to the type starts: of a string, its bytes. */
export function bodyAt(row: Uint8Array): number {
  if (((row[0] as number) & LONG) === 0) return FIXED_BYTES;
  return FIXED_BYTES + 4 + asBuffer(row).readUInt32LE(FIXED_BYTES);
}

/** A string's value: a view of the row. */
export function stringValue(row: Uint8Array): Buffer {
  return asBuffer(row).subarray(bodyAt(row));
}

/** A hash's count of fields. */
export function hashCount(row: Uint8Array): number {
  return asBuffer(row).readUInt32LE(bodyAt(row));
}

/** The whole key of a header row; `tail` is the row key behind the prefix. */
export function headerKey(tail: Key, row: Uint8Array): Key {
  if (((row[0] as number) & LONG) === 0) return tail;
  const bytes = asBuffer(row);
  const start = FIXED_BYTES + 4;
  return bytes.toString("latin1", start, start + bytes.readUInt32LE(FIXED_BYTES));
}

/** What a header says beside its body. */
export interface HeaderStart {
  readonly key: Key;
  readonly type: KeyType;
  /** Unix ms; 0 = none. */
  readonly expiry: number;
}

/** Bytes of a header with a body of `bodyBytes`. */
export function headerSize(key: Key, bodyBytes: number): number {
  return FIXED_BYTES + (isLong(key) ? 4 + key.length : 0) + bodyBytes;
}

/** Writes everything before the body; returns where the body goes. */
export function writeHeaderStart(into: Buffer, { key, type, expiry }: HeaderStart): number {
  const long = isLong(key);
  into[0] = long ? type | LONG : type;
  into.writeUIntLE(expiry, 1, 6);
  if (!long) return FIXED_BYTES;
  into.writeUInt32LE(key.length, FIXED_BYTES);
  into.write(key, FIXED_BYTES + 4, "latin1");
  return FIXED_BYTES + 4 + key.length;
}

/** A buffer over the same bytes. */
export function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
