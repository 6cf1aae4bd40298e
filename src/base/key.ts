/**
 * Keys of the ordered tree. A key is a "binary string": one character per byte (0x00–0xff), so that
 * JavaScript's own string comparison is the byte order and a key can be built by concatenation.
 *
 * Building blocks keep order: fixed-width big-endian integers, and strings that are escaped so that
 * a shorter one sorts before its extensions even when more follows (00 -> 00 ff, end = 00 01;
 * FoundationDB's tuple layer uses the same trick).
 */
import { assert } from "./assert.ts";

/** One character per byte, compared as bytes. */
export type Key = string;

const byteChars: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  return String.fromCharCode(byte);
});

/** One byte. */
export function keyU8(value: number): Key {
  return byteChars[value] as string;
}

/** Two bytes, big-endian. */
export function keyU16(value: number): Key {
  return String.fromCharCode(value >>> 8, value & 0xff);
}

/** Four bytes, big-endian. */
export function keyU32(value: number): Key {
  return String.fromCharCode(
    value >>> 24,
    (value >>> 16) & 0xff,
    (value >>> 8) & 0xff,
    value & 0xff,
  );
}

/** Six bytes, big-endian: integers 0 … 2^48-1 (Unix ms until the year 10889, offsets, ids). */
export function keyU48(value: number): Key {
  const high = Math.floor(value / 0x100000000);
  return String.fromCharCode(
    (high >>> 8) & 0xff,
    high & 0xff,
    (value >>> 24) & 0xff,
    (value >>> 16) & 0xff,
    (value >>> 8) & 0xff,
    value & 0xff,
  );
}

/** Largest integer keyU48 can hold. */
export const keyU48Max = 2 ** 48 - 1;

/** Reads what keyU16 wrote at `at`. */
export function readKeyU16(key: Key, at: number): number {
  return (key.charCodeAt(at) << 8) | key.charCodeAt(at + 1);
}

/** Reads what keyU32 wrote at `at`. */
export function readKeyU32(key: Key, at: number): number {
  return (
    ((key.charCodeAt(at) << 24) |
      (key.charCodeAt(at + 1) << 16) |
      (key.charCodeAt(at + 2) << 8) |
      key.charCodeAt(at + 3)) >>>
    0
  );
}

/** Reads what keyU48 wrote at `at`. */
export function readKeyU48(key: Key, at: number): number {
  return readKeyU16(key, at) * 0x100000000 + readKeyU32(key, at + 2);
}

/** Text as UTF-8, escaped and ended, so that more may follow it in the key. */
export function keyText(text: string): Key {
  return keyBytes(Buffer.from(text, "utf8").toString("latin1"));
}

/** A binary string, escaped and ended, so that more may follow it in the key. */
export function keyBytes(bytes: Key): Key {
  return (bytes.includes("\x00") ? bytes.replaceAll("\x00", "\x00\xff") : bytes) + "\x00\x01";
}

/** Reads what keyBytes wrote at `at`: the bytes and where the next part starts. */
export function readKeyBytes(key: Key, at: number): { bytes: Key; next: number } {
  let end = at;
  for (;;) {
    end = key.indexOf("\x00", end);
    assert(end >= 0 && end + 1 < key.length, "Key part must be ended by 00 01");
    if (key.charCodeAt(end + 1) === 0x01) break;
    end += 2;
  }
  const escaped = key.slice(at, end);
  const bytes = escaped.includes("\x00") ? escaped.replaceAll("\x00\xff", "\x00") : escaped;
  return { bytes, next: end + 2 };
}

/** Reads what keyText wrote at `at`: the text and where the next part starts. */
export function readKeyText(key: Key, at: number): { text: string; next: number } {
  const { bytes, next } = readKeyBytes(key, at);
  return { text: Buffer.from(bytes, "latin1").toString("utf8"), next };
}

const joined = Buffer.alloc(64);

/**
 * `prefix` followed by `rest`, as a text of its own: + would make a pair of two texts, which every
 * comparison has to put together first. Worth it for keys that are looked up or stored.
 */
export function joinKey(prefix: Key, rest: Key): Key {
  const { length } = prefix;
  const end = length + rest.length;
  if (end > joined.length) return prefix + rest;
  for (let at = 0; at < length; at++) joined[at] = prefix.charCodeAt(at);
  for (let at = length; at < end; at++) joined[at] = rest.charCodeAt(at - length);
  return joined.toString("latin1", 0, end);
}

/** The smallest key that is larger than every key starting with `prefix`; undefined if none is. */
export function keyAfterPrefix(prefix: Key): Key | undefined {
  let end = prefix.length;
  while (end > 0 && prefix.charCodeAt(end - 1) === 0xff) end--;
  if (end === 0) return undefined;
  return prefix.slice(0, end - 1) + keyU8(prefix.charCodeAt(end - 1) + 1);
}

/** The bytes of a key, for logs and files. */
export function keyToBytes(key: Key): Buffer {
  return Buffer.from(key, "latin1");
}

/** The key of bytes read from a log or file. */
export function keyFromBytes(bytes: Uint8Array): Key {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
