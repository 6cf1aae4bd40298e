/**
 * Replies as bytes, in RESP2 or RESP3, one behind the other in one buffer.
 *
 *   +simple  -error  :integer  $bulk  *array                       both
 *   _null  %map  ~set  ,double  #boolean  (big number  =verbatim  >push   RESP3
 *
 * In RESP2 the second line is written with types of the first: a map as an array of keys and
 * values, a double and a big number as bulk strings, a boolean as 1 or 0, a push as an array.
 *
 * Memory comes from a slab that all writers of a listener share in turn: a writer takes it with its
 * first byte and gives back what it did not use with take(). A writer that keeps it over a wait
 * does no harm: the next one gets another slab.
 */

/** Bytes of a slab: many small replies share one. */
const SLAB_BYTES = 64 * 1024;
/** What is left of a slab when it is not worth passing on. */
const SLAB_REST_BYTES_MIN = 1024;
/** The longest header or number: a sign, 20 digits, CRLF and some. */
const HEADER_BYTES_MAX = 32;
/** Texts up to this length are written byte by byte: that is faster than a call out of the VM. */
const SHORT_BYTES_MAX = 24;
/** The same for a part of some bytes, where the call needs a view of them too. */
const ROW_BYTES_MAX = 96;

const CR = 0x0d;
const LF = 0x0a;
const ZERO = 0x30;
const none = Buffer.alloc(0);

export type RespVersion = 2 | 3;

/** The bytes that one writer after the other writes to. */
export class ReplySlab {
  #buffer: Buffer = none;
  #used = 0;

  /** The rest of the slab, or a new one if it is in use or used up. */
  acquire(): { readonly buffer: Buffer; readonly from: number } {
    const slab = { buffer: this.#buffer, from: this.#used };
    this.#buffer = none;
    if (slab.buffer.length - slab.from >= SLAB_REST_BYTES_MIN) return slab;
    return { buffer: Buffer.allocUnsafeSlow(SLAB_BYTES), from: 0 };
  }

  /** Gives back a slab whose first `used` bytes must not be written to any more. */
  release(buffer: Buffer, used: number): void {
    if (buffer.length !== SLAB_BYTES) return;
    this.#buffer = buffer;
    this.#used = used;
  }
}

const okBytes = Buffer.from("+OK\r\n");
const pongBytes = Buffer.from("+PONG\r\n");
const queuedBytes = Buffer.from("+QUEUED\r\n");
const null2Bytes = Buffer.from("$-1\r\n");
const null3Bytes = Buffer.from("_\r\n");
const nullArrayBytes = Buffer.from("*-1\r\n");

export class ReplyWriter {
  version: RespVersion = 2;
  readonly #slab: ReplySlab;
  #buffer: Buffer = none;
  #start = 0;
  #at = 0;

  constructor(slab: ReplySlab = new ReplySlab()) {
    this.#slab = slab;
  }

  /** Bytes written since take(): a place that rewind() can go back to. */
  get length(): number {
    return this.#at - this.#start;
  }

  /** Forgets what was written behind `length`. */
  rewind(length: number): void {
    this.#at = this.#start + length;
  }

  /** What was written since the last take(); undefined if that is nothing. */
  take(): Buffer | undefined {
    const { length } = this;
    const buffer = this.#buffer;
    if (buffer.length === 0) return undefined;
    const bytes = length === 0 ? undefined : buffer.subarray(this.#start, this.#at);
    this.#slab.release(buffer, this.#at);
    this.#buffer = none;
    this.#start = 0;
    this.#at = 0;
    return bytes;
  }

  ok(): void {
    this.#constant(okBytes);
  }

  pong(): void {
    this.#constant(pongBytes);
  }

  queued(): void {
    this.#constant(queuedBytes);
  }

  /** A status. The text must hold no line break. */
  simple(text: string): void {
    this.#line("+", text);
  }

  /** An error: a word in capitals, then the text. Line breaks become blanks. */
  error(text: string): void {
    this.#line("-", text.replaceAll(/[\r\n]+/g, " "));
  }

  integer(value: number | bigint): void {
    if (typeof value === "number" && value >= 0 && value < 0x7fffffff) {
      this.#header(0x3a, value);
    } else {
      this.#line(":", String(value));
    }
  }

  /** A string of bytes. */
  bulk(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#header(0x24, length);
    this.#reserve(length + 2);
    const buffer = this.#buffer;
    let at = this.#at;
    if (length <= SHORT_BYTES_MAX) {
      for (let index = 0; index < length; index++) buffer[at++] = bytes[index] as number;
    } else {
      buffer.set(bytes, at);
      at += length;
    }
    buffer[at] = CR;
    buffer[at + 1] = LF;
    this.#at = at + 2;
  }

  /** The bytes from `from` on as a string of bytes, without a view of them. */
  bulkFrom(bytes: Uint8Array, from: number): void {
    const length = bytes.length - from;
    if (length > ROW_BYTES_MAX) {
      this.bulk(bytes.subarray(from));
      return;
    }
    this.#header(0x24, length);
    this.#reserve(length + 2);
    const buffer = this.#buffer;
    let at = this.#at;
    for (let index = from; index < bytes.length; index++) buffer[at++] = bytes[index] as number;
    buffer[at] = CR;
    buffer[at + 1] = LF;
    this.#at = at + 2;
  }

  /** A text, as UTF-8. */
  text(text: string): void {
    const length = Buffer.byteLength(text);
    this.#header(0x24, length);
    this.#reserve(length + 2);
    this.#at += this.#buffer.write(text, this.#at, length, "utf8");
    this.#end();
  }

  /** A binary string: one character per byte. */
  binary(text: string): void {
    const { length } = text;
    this.#header(0x24, length);
    this.#reserve(length + 2);
    this.#at += this.#buffer.write(text, this.#at, length, "latin1");
    this.#end();
  }

  /** `bytes` as a bulk string, or null. */
  bulkOrNull(bytes: Uint8Array | undefined): void {
    if (bytes === undefined) this.null();
    else this.bulk(bytes);
  }

  null(): void {
    this.#constant(this.version === 3 ? null3Bytes : null2Bytes);
  }

  /** Null where an array was asked for. */
  nullArray(): void {
    this.#constant(this.version === 3 ? null3Bytes : nullArrayBytes);
  }

  /** `length` replies follow. */
  array(length: number): void {
    this.#header(0x2a, length);
  }

  /** `pairs` times a key and a value follow. */
  map(pairs: number): void {
    if (this.version === 3) this.#header(0x25, pairs);
    else this.#header(0x2a, 2 * pairs);
  }

  /** `length` different replies follow, in no order. */
  set(length: number): void {
    this.#header(this.version === 3 ? 0x7e : 0x2a, length);
  }

  /** `length` replies follow that answer nothing. */
  push(length: number): void {
    this.#header(this.version === 3 ? 0x3e : 0x2a, length);
  }

  double(value: number): void {
    const text = doubleText(value);
    if (this.version === 3) this.#line(",", text);
    else this.binary(text);
  }

  boolean(value: boolean): void {
    if (this.version === 3) this.#line("#", value ? "t" : "f");
    else this.integer(value ? 1 : 0);
  }

  bigNumber(value: bigint): void {
    if (this.version === 3) this.#line("(", String(value));
    else this.binary(String(value));
  }

  /** A text that says how it is to be read: "txt" or "mkd". */
  verbatim(text: string, format: "txt" | "mkd" = "txt"): void {
    if (this.version === 2) {
      this.text(text);
      return;
    }
    const body = `${format}:${text}`;
    this.#line("=", String(Buffer.byteLength(body)));
    this.raw(Buffer.from(body));
    this.#reserve(2);
    this.#end();
  }

  /** Bytes that are replies already. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #constant(bytes: Buffer): void {
    const { length } = bytes;
    this.#reserve(length);
    const buffer = this.#buffer;
    let at = this.#at;
    for (let index = 0; index < length; index++) buffer[at++] = bytes[index] as number;
    this.#at = at;
  }

  #line(type: string, text: string): void {
    const line = `${type}${text}\r\n`;
    const length = Buffer.byteLength(line);
    this.#reserve(length);
    this.#at += this.#buffer.write(line, this.#at, length, "utf8");
  }

  /** A type byte, a number of 0 or more, CRLF. */
  #header(type: number, value: number): void {
    this.#reserve(HEADER_BYTES_MAX);
    const buffer = this.#buffer;
    let at = this.#at;
    buffer[at++] = type;
    let power = 1;
    while (value / power >= 10) power *= 10;
    for (let rest = value; power >= 1; power = Math.floor(power / 10)) {
      const digit = Math.floor(rest / power);
      buffer[at++] = ZERO + digit;
      rest -= digit * power;
      if (power === 1) break;
    }
    buffer[at] = CR;
    buffer[at + 1] = LF;
    this.#at = at + 2;
  }

  #end(): void {
    this.#buffer[this.#at] = CR;
    this.#buffer[this.#at + 1] = LF;
    this.#at += 2;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes > this.#buffer.length) this.#grow(bytes);
  }

  #grow(bytes: number): void {
    if (this.#buffer.length === 0) {
      const { buffer, from } = this.#slab.acquire();
      this.#buffer = buffer;
      this.#start = from;
      this.#at = from;
      if (from + bytes <= buffer.length) return;
    }
    const { length } = this;
    const needed = length + bytes;
    const buffer = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 2 * needed));
    this.#buffer.copy(buffer, 0, this.#start, this.#at);
    this.#buffer = buffer;
    this.#start = 0;
    this.#at = length;
  }
}

/** A double as Redis writes it. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (value === Number.POSITIVE_INFINITY) return "inf";
  if (value === Number.NEGATIVE_INFINITY) return "-inf";
  return Object.is(value, -0) ? "-0" : String(value);
}
