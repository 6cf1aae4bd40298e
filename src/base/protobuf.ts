/**
 * The protobuf wire format by hand, for the few messages that are read and written so often that a
 * general library would be the largest cost. A message is a sequence of fields:
 *
 *   tag varint     field number << 3 | wire type
 *   wire type 0    varint: 7 bits per byte, least significant first, high bit = more follow;
 *                  a negative int64 is its two's complement, ten bytes
 *   wire type 1    8 bytes        wire type 5    4 bytes
 *   wire type 2    varint length, then so many bytes (text, bytes, a message, packed numbers)
 *
 * Numbers are JavaScript numbers: exact within ±2^53, rounded beyond.
 */
import { CronosError } from "./errors.ts";

export const wireVarint = 0;
export const wireFixed64 = 1;
export const wireBytes = 2;
export const wireFixed32 = 5;

/** Bytes of a varint with its sign bit set. */
const varintBytesMax = 10;

/** How many bytes writeVarint takes for `value`. */
export function varintSize(value: number): number {
  if (value < 0) return varintBytesMax;
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  if (value < 0x10000000) return 4;
  let size = 5;
  for (let rest = Math.floor(value / 0x800000000); rest >= 1; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Writes an integer within ±2^53 at `at` and returns where the next byte goes. */
export function writeVarint(into: Uint8Array, at: number, value: number): number {
  if (value < 0) return writeNegativeVarint(into, at, value);
  let next = at;
  let rest = value;
  while (rest > 0x7fffffff) {
    into[next++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  while (rest > 0x7f) {
    into[next++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  into[next++] = rest;
  return next;
}

function writeNegativeVarint(into: Uint8Array, at: number, value: number): number {
  let rest = BigInt.asUintN(64, BigInt(value));
  let next = at;
  while (rest > 0x7fn) {
    into[next++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  into[next++] = Number(rest);
  return next;
}

/** Reads the fields of one message, in order. Malformed bytes are INVALID_ARGUMENT. */
export class ProtobufReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  /** Position of the next byte. */
  at: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  /** The tag of the next field, 0 at the end of the message. */
  tag(): number {
    if (this.at >= this.end) return 0;
    const tag = this.varint();
    if (tag < 8 || tag > 0xffffffff) throw malformed(`tag ${tag} at byte ${this.at}`);
    return tag;
  }

  /** A varint as an int64: values from 2^63 up are negative. */
  varint(): number {
    const { bytes, end } = this;
    let at = this.at;
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      if (at >= end) throw malformed("it ends inside a number");
      const byte = bytes[at++] as number;
      low += (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = at;
        return low;
      }
    }
    this.at = at;
    return low + this.#varintRest() * 0x10000000;
  }

  /** Bits 28 to 63 of a varint, signed. */
  #varintRest(): number {
    let rest = 0;
    for (let place = 1, count = 4; count < varintBytesMax; count++, place *= 128) {
      if (this.at >= this.end) throw malformed("it ends inside a number");
      const byte = this.bytes[this.at++] as number;
      if (count === varintBytesMax - 1) {
        // The tenth byte has only bit 63: the sign.
        if (byte > 1) throw malformed(`a number of more than 64 bits at byte ${this.at}`);
        return byte === 1 ? negativeRest(this.bytes, this.at) : rest;
      }
      rest += (byte & 0x7f) * place;
      if (byte < 0x80) return rest;
    }
    return rest;
  }

  bool(): boolean {
    return this.varint() !== 0;
  }

  /** A view of a wire type 2 field. */
  view(): Uint8Array {
    const length = this.varint();
    const start = this.at;
    this.#pass(length);
    return this.bytes.subarray(start, this.at);
  }

  text(): string {
    const view = this.view();
    return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("utf8");
  }

  /** Passes over the value of a field whose tag was just read. */
  skip(tag: number): void {
    const wireType = tag & 7;
    if (wireType === wireVarint) this.varint();
    else if (wireType === wireBytes) this.#pass(this.varint());
    else if (wireType === wireFixed64) this.#pass(8);
    else if (wireType === wireFixed32) this.#pass(4);
    else throw malformed(`wire type ${wireType} at byte ${this.at}`);
  }

  #pass(count: number): void {
    if (count < 0 || count > this.end - this.at) throw malformed("it ends inside a field");
    this.at += count;
  }
}

/**
 * Bits 28 to 63 of the ten-byte varint that ends at `end`, as the negative number they stand for.
 * Inverted first, so that small negative values stay exact.
 */
function negativeRest(bytes: Uint8Array, end: number): number {
  let inverted = 0;
  for (let at = end - 2; at >= end - 6; at--) {
    inverted = inverted * 128 + (~(bytes[at] as number) & 0x7f);
  }
  return -inverted - 1;
}

function malformed(what: string): CronosError {
  return new CronosError("INVALID_ARGUMENT", `Read a protobuf message: ${what}`);
}

/** Writes the fields of one message into a buffer that is large enough. */
export class ProtobufWriter {
  readonly out: Buffer;
  /** Bytes written so far. */
  at = 0;

  constructor(bytesMax: number) {
    this.out = Buffer.allocUnsafe(bytesMax);
  }

  /** A varint field; 0 is left out, as proto3 does. */
  number(field: number, value: number): void {
    if (value === 0) return;
    this.at = writeVarint(this.out, this.at, (field << 3) | wireVarint);
    this.at = writeVarint(this.out, this.at, value);
  }

  /** Bytes that are fields already. */
  raw(fields: Uint8Array): void {
    this.out.set(fields, this.at);
    this.at += fields.length;
  }

  /** What was written. */
  message(): Buffer {
    return this.out.subarray(0, this.at);
  }
}

/** Text, or a message already encoded, as one field. */
export function bytesField(field: number, content: Uint8Array | string): Buffer {
  const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  const tag = (field << 3) | wireBytes;
  const head = varintSize(tag) + varintSize(bytes.length);
  const out = Buffer.allocUnsafe(head + bytes.length);
  out.set(bytes, writeVarint(out, writeVarint(out, 0, tag), bytes.length));
  return out;
}

/** A varint as one field. */
export function varintField(field: number, value: number): Buffer {
  const tag = (field << 3) | wireVarint;
  const out = Buffer.allocUnsafe(varintSize(tag) + varintSize(value));
  writeVarint(out, writeVarint(out, 0, tag), value);
  return out;
}
