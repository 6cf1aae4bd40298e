/**
 * The fast way to read lines: those without escapes, of fields that are known, in the order their
 * fields came in before. What it cannot do it gives up, without a trace. A series that is new is
 * asked for when everything else of the line has been read.
 *
 * No objects are made for a line, and strings only for string values and numbers of many digits.
 */
import { assert } from "../../base/assert.ts";
import type { BatchBuilder } from "./batch-builder.ts";
import { fieldType } from "./field-type.ts";
import type { HashedKey, KeyCache } from "./key-cache.ts";
import { HASH_PRIME, hashSeed } from "./key-cache.ts";
import { byte } from "./line-scan.ts";
import type { LineSource } from "./line-source.ts";
import type { FieldSlot, MeasurementShape } from "./measurement-shape.ts";

/** Whole numbers of so many digits, and quotients by powers of ten up to it, are exact. */
const DIGITS_EXACT = 15;
/** Bytes of a number that is left to the engine; longer ones have to be checked. */
const NUMBER_BYTES_MAX = 26;
const powersOfTen = Float64Array.from({ length: DIGITS_EXACT + 1 }, (_, i) => 10 ** i);
/** Seconds of timestamps that are in range for sure. */
const SECONDS_SAFE = 9_223_372_035;
const TIME_DIGITS_MAX = 19;

const GIVEN_UP = -1;

/** Makes series of keys without escapes; whoever it is may give up, too. */
export interface NewKeys {
  /** What is known of the measurement with this name (binary). */
  shapeOf(source: LineSource, name: string): MeasurementShape | undefined;
  /** The series with the tags between `tagsStart` and the end of the key; -1: given up. */
  seriesOf(key: HashedKey, shape: MeasurementShape, tagsStart: number): number;
}

/** Bytes of a key and fields that need no look at limits. */
const BYTES_SAFE = 60_000;

export class FastLines {
  readonly #keys: KeyCache<MeasurementShape>;
  readonly #newKeys: NewKeys;
  #source: LineSource | undefined;
  #batch: BatchBuilder | undefined;
  #bytes: Buffer = Buffer.alloc(0);
  #end = 0;
  #seed = 0;
  #read = 0;
  /** The key of the line, for the cache. */
  readonly #key = { bytes: this.#bytes as Uint8Array, start: 0, end: 0, hash: 0 };
  #seconds = 0;
  #nanos = 0;

  constructor(keys: KeyCache<MeasurementShape>, newKeys: NewKeys) {
    this.#keys = keys;
    this.#newKeys = newKeys;
  }

  /** Lines of this body go into this batch from now on. */
  begin(source: LineSource, batch: BatchBuilder): void {
    this.#source = source;
    this.#batch = batch;
    this.#bytes = source.bytes;
    this.#end = source.bytes.length;
    this.#seed = hashSeed(source.database.id);
    this.#key.bytes = source.bytes;
  }

  /** Points that were read since it was asked last. */
  takeRead(): number {
    const read = this.#read;
    this.#read = 0;
    return read;
  }

  /** Reads the line at `start`; returns where the next one starts, or -1: nothing was done. */
  read(start: number): number {
    const batch = this.#batch;
    assert(batch !== undefined && this.#source !== undefined, "Lines must be begun");
    const keyEnd = this.#readKey(start);
    if (keyEnd < 0) return GIVEN_UP;
    const known = this.#keys.find(this.#key);
    const { seriesId } = this.#keys;
    const nameEnd = known === undefined ? this.#endOfName(start, keyEnd) : start;
    const shape = known ?? this.#shapeAt(this.#source, start, nameEnd);
    if (shape === undefined) return GIVEN_UP;
    const fieldsEnd = this.#readFields(batch, shape, keyEnd + 1);
    const end = fieldsEnd < 0 ? GIVEN_UP : this.#readTime(this.#source, fieldsEnd);
    if (end < 0) return this.#giveUp(batch);
    const { oldest, report } = this.#source;
    if (oldest !== undefined && this.#isBefore(oldest.seconds, oldest.nanos)) {
      if (known === undefined) return this.#giveUp(batch);
      batch.dropRow();
      report.dropBeyondRetention();
    } else {
      let id = seriesId;
      if (known === undefined) {
        const isSafe = fieldsEnd - start < BYTES_SAFE;
        id = isSafe ? this.#newKeys.seriesOf(this.#key, shape, nameEnd) : GIVEN_UP;
        if (id < 0) return this.#giveUp(batch);
      }
      batch.addRow(shape.measurement.id, id);
      batch.setTime(this.#seconds, this.#nanos);
    }
    this.#read++;
    return end + 1;
  }

  #giveUp(batch: BatchBuilder): number {
    batch.dropRow();
    return GIVEN_UP;
  }

  /** Where the name of the measurement ends. */
  #endOfName(start: number, keyEnd: number): number {
    const end = this.#bytes.indexOf(byte.comma, start);
    return end < 0 || end > keyEnd ? keyEnd : end;
  }

  /** What is known of the measurement of the line at `start`; comments and the like have none. */
  #shapeAt(source: LineSource, start: number, nameEnd: number): MeasurementShape | undefined {
    const first = this.#bytes[start] as number;
    if (nameEnd === start || first <= byte.space || first === byte.hash) return undefined;
    return this.#newKeys.shapeOf(source, this.#bytes.toString("latin1", start, nameEnd));
  }

  #isBefore(seconds: number, nanos: number): boolean {
    return this.#seconds < seconds || (this.#seconds === seconds && this.#nanos < nanos);
  }

  /** Hashes the measurement and tags; returns where the space behind them is. */
  #readKey(start: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let hash = this.#seed;
    for (let i = start; i < end; i++) {
      const code = bytes[i] as number;
      if (code === byte.space) {
        this.#key.start = start;
        this.#key.end = i;
        this.#key.hash = hash;
        return i;
      }
      if (code === byte.backslash || code === byte.newline) return GIVEN_UP;
      hash = Math.imul(hash ^ code, HASH_PRIME);
    }
    return GIVEN_UP;
  }

  /** Reads fields; returns where the space, the newline or the end behind them is. */
  #readFields(batch: BatchBuilder, shape: MeasurementShape, start: number): number {
    const bytes = this.#bytes;
    const { order } = shape;
    let at = start;
    for (let place = 0; ; place++) {
      let slot = order[place];
      if (slot === undefined || !this.#isNamed(slot, at)) {
        slot = this.#findSlot(shape, at);
        if (slot === undefined) return GIVEN_UP;
        order[place] = slot;
      }
      at = this.#readValue(batch, slot, at + slot.raw.length + 1);
      if (at < 0) return GIVEN_UP;
      if (at === this.#end || bytes[at] !== byte.comma) return at;
      at++;
    }
  }

  #isNamed({ raw }: FieldSlot, at: number): boolean {
    const bytes = this.#bytes;
    const { length } = raw;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== raw[i]) return false;
    return bytes[at + length] === byte.equals;
  }

  #findSlot(shape: MeasurementShape, start: number): FieldSlot | undefined {
    const bytes = this.#bytes;
    for (let i = start; i < this.#end; i++) {
      switch (bytes[i]) {
        case byte.equals:
          return shape.find(bytes.toString("latin1", start, i));
        case byte.space:
        case byte.comma:
        case byte.newline:
        case byte.quote:
        case byte.backslash:
          return undefined;
        default:
      }
    }
    return undefined;
  }

  #readValue(batch: BatchBuilder, slot: FieldSlot, at: number): number {
    const code = at < this.#end ? (this.#bytes[at] as number) : 0;
    if ((code >= byte.zero && code <= byte.nine) || code === byte.minus) {
      return this.#readNumber(batch, slot, at);
    }
    return code === byte.quote
      ? this.#readString(batch, slot, at + 1)
      : this.#readBoolean(batch, slot, at);
  }

  /** Reads digits, one dot between them, and the i of an integer. */
  #readNumber(batch: BatchBuilder, slot: FieldSlot, start: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    const isNegative = bytes[start] === byte.minus;
    const first = isNegative ? start + 1 : start;
    let value = 0;
    let i = first;
    let code = 0;
    for (; i < end; i++) {
      code = bytes[i] as number;
      if (code < byte.zero || code > byte.nine) break;
      value = value * 10 + (code - byte.zero);
    }
    let digits = i - first;
    if (digits === 0) return GIVEN_UP;
    if (i < end && code === byte.lowerI) {
      if (slot.type !== fieldType.integer || digits > DIGITS_EXACT) return GIVEN_UP;
      batch.addNumber(slot.id, fieldType.integer, isNegative ? 0 - value : value);
      return this.#endOfValue(i + 1);
    }
    if (slot.type !== fieldType.float) return GIVEN_UP;
    if (i < end && code === byte.dot) {
      const dot = i;
      for (i++; i < end; i++) {
        code = bytes[i] as number;
        if (code < byte.zero || code > byte.nine) break;
        value = value * 10 + (code - byte.zero);
      }
      const fraction = i - dot - 1;
      digits += fraction;
      if (digits <= DIGITS_EXACT) value /= powersOfTen[fraction] as number;
    }
    if (digits > DIGITS_EXACT) {
      if (i - start > NUMBER_BYTES_MAX) return GIVEN_UP;
      value = Number(bytes.toString("latin1", first, i));
    }
    batch.addNumber(slot.id, fieldType.float, isNegative ? -value : value);
    return this.#endOfValue(i);
  }

  #readString(batch: BatchBuilder, slot: FieldSlot, start: number): number {
    if (slot.type !== fieldType.string) return GIVEN_UP;
    const bytes = this.#bytes;
    let high = 0;
    for (let i = start; i < this.#end; i++) {
      const code = bytes[i] as number;
      if (code === byte.backslash) return GIVEN_UP;
      if (code === byte.quote) {
        batch.addText(slot.id, bytes.toString(high < 0x80 ? "latin1" : "utf8", start, i));
        return this.#endOfValue(i + 1);
      }
      high |= code;
    }
    return GIVEN_UP;
  }

  #readBoolean(batch: BatchBuilder, slot: FieldSlot, start: number): number {
    if (slot.type !== fieldType.boolean) return GIVEN_UP;
    const first = this.#bytes[start];
    const isTrue = first === byte.lowerT || first === byte.upperT;
    if (!isTrue && first !== byte.lowerF && first !== byte.upperF) return GIVEN_UP;
    if (this.#endOfValue(start + 1) < 0) {
      const word = isTrue ? "true" : "false";
      for (let i = 0; i < word.length; i++) {
        if (this.#bytes[start + i] !== word.charCodeAt(i)) return GIVEN_UP;
      }
      batch.addNumber(slot.id, fieldType.boolean, isTrue ? 1 : 0);
      return this.#endOfValue(start + word.length);
    }
    batch.addNumber(slot.id, fieldType.boolean, isTrue ? 1 : 0);
    return start + 1;
  }

  /** `at`, if a value may end there. */
  #endOfValue(at: number): number {
    if (at >= this.#end) return at === this.#end ? at : GIVEN_UP;
    const code = this.#bytes[at];
    const ends = code === byte.comma || code === byte.space || code === byte.newline;
    return ends ? at : GIVEN_UP;
  }

  /** Reads the timestamp behind the fields, if any; returns where the line ends. */
  #readTime({ now, precision }: LineSource, fieldsEnd: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    if (fieldsEnd === end || bytes[fieldsEnd] === byte.newline) {
      this.#seconds = now.seconds;
      this.#nanos = now.nanos;
      return fieldsEnd;
    }
    let i = fieldsEnd + 1;
    const first = i;
    while (i < end && (bytes[i] as number) >= byte.zero && (bytes[i] as number) <= byte.nine) i++;
    if (i === first || i - first > TIME_DIGITS_MAX) return GIVEN_UP;
    if (i < end && bytes[i] !== byte.newline) return GIVEN_UP;
    const wholeEnd = Math.max(first, i - precision.digits);
    let whole = 0;
    for (let at = first; at < wholeEnd; at++) {
      whole = whole * 10 + (bytes[at] as number) - byte.zero;
    }
    let fraction = 0;
    for (let at = wholeEnd; at < i; at++) {
      fraction = fraction * 10 + (bytes[at] as number) - byte.zero;
    }
    this.#seconds = whole * precision.secondsEach;
    this.#nanos = fraction * precision.nanosEach;
    return this.#seconds <= SECONDS_SAFE ? i : GIVEN_UP;
  }
}
