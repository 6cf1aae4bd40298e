/**
 * How a row stands in LMDB:
 *
 *   key     the key's bytes, 1 to keyBytesMax
 *   value   0      n   the value
 *           n      4   crc32 of value, then key (zlib's), little-endian
 *
 * The key is under the checksum, so a row whose key was changed on disk is found out by a scan.
 *
 * lmdb-js is given a RowCodec as encoder of keys and values. It reads a value into a buffer that
 * the next read overwrites, and hands that to decode(), which only notes where it is; take() then
 * checks it and copies it. In between nothing else may be read. This way a read makes one small
 * copy, while the library's own binary encoding makes an ArrayBuffer for every key and value.
 */
import { crc32 } from "node:zlib";
import { must } from "../../base/assert.ts";
import { CronosError } from "../../base/errors.ts";
import type { Key } from "../../base/key.ts";
import { keyBytesMax } from "../base-tree.ts";

/** Bytes that a row takes besides its key and value. */
export const rowChecksumBytes = 4;

/** Up to this length a loop is faster than a call that leaves JavaScript. */
const loopBytesMax = 32;

/** A bound longer than any row's key, cut to what LMDB takes, has this many bytes. */
export const boundBytesMax = keyBytesMax + 1;

/** The bytes of the key of which a checksum is being made, as a view of each length. */
const keyScratch = Buffer.alloc(boundBytesMax);
const keyViews: Buffer[] = [];

function keyBytes(key: Key): Buffer {
  const { length } = key;
  writeLatin1(key, keyScratch, 0);
  return (keyViews[length] ??= keyScratch.subarray(0, length));
}

function writeLatin1(text: string, target: Buffer, start: number): void {
  const { length } = text;
  if (length > loopBytesMax) {
    target.write(text, start, length, "latin1");
    return;
  }
  for (let i = 0; i < length; i++) target[start + i] = text.charCodeAt(i);
}

/**
 * The encoder of keys that lmdb-js asks for. Throwing a RangeError makes it get a larger buffer.
 */
export const latin1Keys = {
  writeKey(key: Key, target: Buffer, start: number): number {
    const end = start + key.length;
    if (end > target.length) throw new RangeError("Key does not fit into the buffer");
    writeLatin1(key, target, start);
    return end;
  },
  readKey(source: Buffer, start: number, end: number): Key {
    return source.toString("latin1", start, end);
  },
};

export class RowCodec {
  readonly #file: string;
  #read: Uint8Array | undefined = undefined;

  /** `file` is named in errors. */
  constructor(file: string) {
    this.#file = file;
  }

  /** The stored form of a row's value. */
  store(key: Key, value: Uint8Array): Buffer {
    const { length } = value;
    const stored = Buffer.allocUnsafe(length + rowChecksumBytes);
    copyBytes(value, stored, length);
    stored.writeUInt32LE(crc32(keyBytes(key), crc32(value)), length);
    return stored;
  }

  /** For lmdb-js: the value is stored already. */
  encode(stored: Buffer): Buffer {
    return stored;
  }

  /** For lmdb-js: notes the bytes just read and returns how many they are. */
  decode(bytes: Uint8Array): number {
    this.#read = bytes;
    return bytes.length;
  }

  /** Checks the value that was read last, of `size` stored bytes, and returns a copy of it. */
  take(key: Key, size: number): Buffer {
    const value = this.takeIfSound(key, size);
    if (value === undefined) throw this.corruption(key);
    return value;
  }

  /** As take(), but undefined if the checksum is wrong. */
  takeIfSound(key: Key, size: number): Buffer | undefined {
    const length = size - rowChecksumBytes;
    if (length < 0) return undefined;
    const read = must(this.#read);
    const value = Buffer.allocUnsafe(length);
    copyBytes(read, value, length);
    const stored =
      (byteAt(read, length) |
        (byteAt(read, length + 1) << 8) |
        (byteAt(read, length + 2) << 16) |
        (byteAt(read, length + 3) << 24)) >>>
      0;
    return crc32(keyBytes(key), crc32(value)) === stored ? value : undefined;
  }

  corruption(key: Key): CronosError {
    const keyHex = Buffer.from(key, "latin1").toString("hex");
    return new CronosError(
      "CORRUPTION",
      `Cannot read the row ${keyHex} of ${this.#file}: its checksum does not match`,
      { details: { file: this.#file, keyHex } },
    );
  }
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

/** Copies the first `length` bytes. The library's buffers lie about their length, so no slice(). */
function copyBytes(from: Uint8Array, to: Buffer, length: number): void {
  if (length > loopBytesMax) {
    to.set(new Uint8Array(from.buffer, from.byteOffset, length), 0);
    return;
  }
  for (let i = 0; i < length; i++) to[i] = from[i] as number;
}
