/**
 * Numbers in the bytes of chunks and blocks. An integer is its zigzag number z (0, -1, 1, -2 … are
 * 0, 1, 2, 3 …) in as few bytes as it needs; the first byte tells how many:
 *
 *   00 … ef        z itself
 *   f0 … f7, u8    z = 256 * (first - f0) + second
 *   f8, u16        z
 *   f9, u32        z
 *   fa, i64        the integer, not its z
 *   fb, f64        a double that is none of the above; -0 too
 *
 * Fixed numbers are little-endian. A reader never looks behind its bytes: damaged ones are
 * CORRUPTION.
 */
import { CronosError } from "../../base/errors.ts";

/** Most bytes that one number takes. */
export const NUMBER_BYTES_MAX = 9;
/** Integers of which z is less than 2^31 are handled without doubles. */
const SMALL_MAX = 0x40000000;
const FIRST_BYTES = 1024;

const scratch = new DataView(new ArrayBuffer(8));
const scratchBytes = new Uint8Array(scratch.buffer);

export function corruption(what: string): CronosError {
  return new CronosError("CORRUPTION", `Points cannot be read: ${what}`);
}

/** Bytes that grow. The hot loops of chunk.ts reserve room first and then only write. */
export class SeriesWriter {
  bytes = Buffer.allocUnsafe(FIRST_BYTES);
  at = 0;

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + count));
    this.bytes.copy(grown, 0, 0, this.at);
    this.bytes = grown;
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.at++] = value;
  }

  /** A safe integer. */
  integer(value: number): void {
    this.reserve(NUMBER_BYTES_MAX);
    this.at = putInteger(this.bytes, this.at, value);
  }

  /** Any 64-bit integer. */
  bigInteger(value: bigint): void {
    this.reserve(NUMBER_BYTES_MAX);
    this.at = putBig(this.bytes, this.at, value);
  }

  /** Any double. */
  double(value: number): void {
    this.reserve(NUMBER_BYTES_MAX);
    this.at = putDouble(this.bytes, this.at, value);
  }

  /** Length and UTF-8. */
  text(text: string): void {
    this.reserve(NUMBER_BYTES_MAX + text.length * 3);
    const length = Buffer.byteLength(text);
    this.at = putInteger(this.bytes, this.at, length);
    this.at += this.bytes.write(text, this.at, "utf8");
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** What was written; the next writes overwrite it once `at` is 0 again. */
  written(): Buffer {
    return this.bytes.subarray(0, this.at);
  }
}

/** Writes an integer at `at`, where there is room; returns where the next one goes. */
export function putInteger(bytes: Uint8Array, at: number, value: number): number {
  if (value >= SMALL_MAX || value < -SMALL_MAX) return putBig(bytes, at, BigInt(value));
  const z = (value << 1) ^ (value >> 31);
  if (z < 0xf0) {
    bytes[at] = z;
    return at + 1;
  }
  if (z < 0x800) {
    bytes[at] = 0xf0 + (z >>> 8);
    bytes[at + 1] = z;
    return at + 2;
  }
  bytes[at + 1] = z;
  bytes[at + 2] = z >>> 8;
  if (z < 0x10000) {
    bytes[at] = 0xf8;
    return at + 3;
  }
  bytes[at] = 0xf9;
  bytes[at + 3] = z >>> 16;
  bytes[at + 4] = z >>> 24;
  return at + 5;
}

export function putBig(bytes: Uint8Array, at: number, value: bigint): number {
  scratch.setBigInt64(0, value, true);
  bytes[at] = 0xfa;
  bytes.set(scratchBytes, at + 1);
  return at + 9;
}

export function putDouble(bytes: Uint8Array, at: number, value: number): number {
  const isSmall = value === (value | 0) && value < SMALL_MAX && value >= -SMALL_MAX;
  if (isSmall && (value !== 0 || 1 / value > 0)) return putInteger(bytes, at, value);
  scratch.setFloat64(0, value, true);
  bytes[at] = 0xfb;
  bytes.set(scratchBytes, at + 1);
  return at + 9;
}

/** Reads what SeriesWriter wrote. */
export class SeriesReader {
  readonly bytes: Buffer;
  readonly end: number;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.byteLength;
  }

  /** Bytes that are left. */
  get left(): number {
    return this.end - this.at;
  }

  u8(): number {
    if (this.at >= this.end) throw corruption("they end too early");
    return this.bytes[this.at++] as number;
  }

  /** A safe integer, or NaN for any other; `big` has it then. */
  integer(): number {
    const first = this.u8();
    if (first < 0xf0) return (first >>> 1) ^ -(first & 1);
    if (first === 0xfa) {
      this.big = this.#take(8).readBigInt64LE(0);
      const value = Number(this.big);
      return Number.isSafeInteger(value) ? value : Number.NaN;
    }
    return this.#wide(first);
  }

  /** The last integer that integer() could not tell. */
  big = 0n;

  double(): number {
    if (this.at < this.end && this.bytes[this.at] === 0xfb) {
      if (this.left < 9) throw corruption("they end too early");
      const value = this.bytes.readDoubleLE(this.at + 1);
      this.at += 9;
      if (Number.isNaN(value)) throw corruption("a value is not a number");
      return value;
    }
    return this.count(-SMALL_MAX, SMALL_MAX);
  }

  /** A safe integer. */
  safe(): number {
    return this.count(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  }

  /** An integer from `min` to `max`. */
  count(min: number, max: number): number {
    const value = this.integer();
    if (value >= min && value <= max) return value;
    throw corruption(`${value} must be from ${min} to ${max}`);
  }

  text(): string {
    const length = this.count(0, this.left);
    this.at += length;
    if (this.at > this.end) throw corruption("they end too early");
    return this.bytes.toString("utf8", this.at - length, this.at);
  }

  /** The next `count` bytes, not copied. */
  raw(count: number): Buffer {
    return this.#take(count);
  }

  #wide(first: number): number {
    let z = 0;
    if (first < 0xf8) z = ((first - 0xf0) << 8) | this.u8();
    else if (first === 0xf8) z = this.u8() | (this.u8() << 8);
    else if (first !== 0xf9) throw corruption(`no number begins with ${first}`);
    else z = (this.u8() | (this.u8() << 8) | (this.u8() << 16) | (this.u8() << 24)) >>> 0;
    return (z >>> 1) ^ -(z & 1);
  }

  #take(count: number): Buffer {
    const start = this.at;
    if (count > this.end - start) throw corruption("they end too early");
    this.at = start + count;
    return this.bytes.subarray(start, this.at);
  }
}
