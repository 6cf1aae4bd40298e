/**
 * Writes events given as objects as cronos_db.Event messages, one behind the other in one growing
 * buffer. Short ASCII text, the usual case, is written byte by byte: a call into Buffer.write costs
 * more than a dozen characters.
 */
import { CronosError } from "../../base/errors.ts";

/** An event as a caller gives it; see engine/events-api.ts for the meaning of the fields. */
export interface EventFields {
  readonly topic: string;
  readonly id: string;
  readonly at: number;
  readonly payload: Uint8Array | string;
  readonly meta?: Readonly<Record<string, string>>;
}

const START_BYTES = 64 * 1024;
/** A buffer that grew beyond this is given back before the next batch. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024;
/** Longer text goes through Buffer.write. */
const SHORT_TEXT_MAX = 64;

export class EventEncoder {
  bytes = Buffer.alloc(START_BYTES);
  length = 0;

  /** Forgets everything written; returns the buffer. */
  reset(): Buffer {
    if (this.bytes.length > KEPT_BYTES_MAX) this.bytes = Buffer.alloc(START_BYTES);
    this.length = 0;
    return this.bytes;
  }

  /** Appends one event. INVALID_ARGUMENT names a field of a wrong type. */
  add(event: EventFields): void {
    checkTypes(event);
    if (event.id !== "") this.#text(0x0a, event.id);
    this.#reserve(16);
    if (event.at !== 0) {
      this.bytes[this.length++] = 0x10;
      this.#integer(event.at);
    }
    if (typeof event.payload === "string") this.#text(0x1a, event.payload);
    else this.#payload(event.payload);
    if (event.topic !== "") this.#text(0x22, event.topic);
    if (event.meta !== undefined) {
      if (typeof event.meta !== "object" || event.meta === null) {
        refuse("meta", "an object of strings", event.meta);
      }
      for (const key of Object.keys(event.meta)) this.#meta(key, event.meta[key] as string);
    }
  }

  #payload(payload: Uint8Array): void {
    this.#reserve(payload.length + 6);
    this.bytes[this.length++] = 0x1a;
    this.#unsigned(payload.length);
    this.bytes.set(payload, this.length);
    this.length += payload.length;
  }

  #meta(key: string, value: string): void {
    if (typeof value !== "string") {
      throw new CronosError(
        "INVALID_ARGUMENT",
        `Event meta value must be a string: ${key} is ${typeof value}`,
      );
    }
    // An entry that may need a two-byte length is measured first.
    const worst = (key.length + value.length) * 3 + 4;
    const inner = worst < 0x80 ? -1 : textSize(key) + textSize(value);
    this.#reserve(worst + 12);
    this.bytes[this.length++] = 0x2a;
    if (inner >= 0) this.#unsigned(inner);
    const lengthAt = inner >= 0 ? -1 : this.length++;
    this.#text(0x0a, key);
    this.#text(0x12, value);
    if (lengthAt >= 0) this.bytes[lengthAt] = this.length - lengthAt - 1;
  }

  /** Field tag, length and UTF-8 bytes. */
  #text(tag: number, text: string): void {
    this.#reserve(text.length * 3 + 6);
    this.bytes[this.length++] = tag;
    if (text.length > SHORT_TEXT_MAX || !this.#shortAscii(text)) {
      this.#unsigned(Buffer.byteLength(text));
      this.length += this.bytes.write(text, this.length, "utf8");
    }
  }

  /** Length and bytes of ASCII text of at most SHORT_TEXT_MAX characters; false for other text. */
  #shortAscii(text: string): boolean {
    const bytes = this.bytes;
    const start = this.length + 1;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return false;
      bytes[start + i] = code;
    }
    bytes[this.length] = text.length;
    this.length = start + text.length;
    return true;
  }

  #unsigned(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.length++] = rest;
  }

  #integer(value: number): void {
    if (value > 0) {
      this.#unsigned(value);
      return;
    }
    // Negative numbers are refused later, in one place for all callers; here they only need a form.
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest >= 0x80n) {
      this.bytes[this.length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.bytes[this.length++] = Number(rest);
  }

  #reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}

/** Bytes of a text field with its tag and length. */
function textSize(text: string): number {
  const bytes = Buffer.byteLength(text);
  let size = 2 + bytes;
  for (let rest = bytes; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

function checkTypes(event: EventFields): void {
  if (typeof event !== "object" || event === null) {
    throw new CronosError("INVALID_ARGUMENT", `Event must be an object: got ${String(event)}`);
  }
  const { id, topic, at, payload } = event;
  if (typeof id !== "string") refuse("id", "a string", id);
  if (typeof topic !== "string") refuse("topic", "a string", topic);
  if (typeof at !== "number" || !Number.isInteger(at) || Math.abs(at) > 2 ** 63 - 1025) {
    refuse("at", "an integer of Unix milliseconds", at);
  }
  if (typeof payload !== "string" && !(payload instanceof Uint8Array)) {
    refuse("payload", "a string or a Uint8Array", payload);
  }
}

function refuse(field: string, expected: string, value: unknown): never {
  const shown = typeof value === "object" ? typeof value : String(value);
  throw new CronosError("INVALID_ARGUMENT", `Event ${field} must be ${expected}: got ${shown}`);
}
