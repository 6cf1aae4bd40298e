/**
 * A page of a run file: sorted entries, each a key with a value or a tombstone.
 *
 *   entries     shared, suffix length, value code (varints), suffix, value
 *   offsets     u16 for each entry: where it starts
 *   count       u16
 *   checksum    u32: crc32 of all before, begun with the page's offset in the file
 *
 * All numbers are little-endian. Each 16 entries are a group: its first one, the leader, has its
 * whole key as suffix; the others say how many bytes they share with the leader. So any entry can
 * be read by its number, and a search compares whole keys of leaders only. Value code 0 is a
 * tombstone, n + 1 a value of n bytes.
 *
 * Invariant: an entry starts below entryStartMax, since a page is full before it gets there.
 */
import { crc32 } from "node:zlib";
import { assert } from "../../base/assert.ts";
import type { Key } from "../../base/key.ts";
import { varintSize, writeVarint } from "../../base/protobuf.ts";

/** Entries whose keys share bytes with the same leader. */
const groupEntries = 16;
/** A page with so many bytes of entries is full. */
export const pageBytesTarget = 8 * 1024;
/** Offsets are u16. */
const entryStartMax = 0xffff;
const offsetBytes = 2;
/** count and checksum. */
const trailerBytes = 6;
export const pageBytesMin = trailerBytes;
/** Up to this length a loop is faster than a call that leaves JavaScript. */
const loopBytesMax = 40;
/** A value that is at least so large a part of its page is handed out without a copy. */
const viewedPart = 4;

/** Makes one page after another. */
export class PageBuilder {
  #bytes = Buffer.allocUnsafeSlow(4 * pageBytesTarget);
  #length = 0;
  readonly #starts: number[] = [];
  #leader: Key = "";

  get count(): number {
    return this.#starts.length;
  }

  get isFull(): boolean {
    return this.#length >= pageBytesTarget;
  }

  add(key: Key, value: Uint8Array | null): void {
    const isLeader = this.#starts.length % groupEntries === 0;
    if (isLeader) this.#leader = key;
    const shared = isLeader ? 0 : sharedBytes(this.#leader, key);
    const suffixBytes = key.length - shared;
    const valueBytes = value === null ? 0 : value.length;
    const valueCode = value === null ? 0 : valueBytes + 1;
    assert(this.#length <= entryStartMax, "Page must not be added to when it is full");
    this.#reserve(suffixBytes + valueBytes + 3 * varintSize(Math.max(valueCode, key.length)));
    this.#starts.push(this.#length);
    const bytes = this.#bytes;
    let at = writeVarint(bytes, this.#length, shared);
    at = writeVarint(bytes, at, suffixBytes);
    at = writeVarint(bytes, at, valueCode);
    writeLatin1(bytes, at, shared === 0 ? key : key.slice(shared));
    at += suffixBytes;
    if (value !== null) bytes.set(value, at);
    this.#length = at + valueBytes;
  }

  /** The finished page, valid until the next call; the builder begins anew. */
  finish(fileOffset: number): Buffer {
    this.#reserve(this.#starts.length * offsetBytes + trailerBytes);
    const bytes = this.#bytes;
    let at = this.#length;
    for (const start of this.#starts) at = bytes.writeUInt16LE(start, at);
    at = bytes.writeUInt16LE(this.#starts.length, at);
    at = bytes.writeUInt32LE(crc32(bytes.subarray(0, at), fileOffset >>> 0), at);
    this.#length = 0;
    this.#starts.length = 0;
    return bytes.subarray(0, at);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** The bytes of the key that is being put together. */
const keyScratch = Buffer.alloc(entryStartMax);

/** A page that was read and checked. Its bytes never change. */
export class Page {
  readonly bytes: Buffer;
  readonly count: number;
  readonly #offsetsAt: number;
  // The entry that #enter() was called for last.
  #shared = 0;
  #suffixAt = 0;
  #suffixBytes = 0;
  #valueCode = 0;

  /** Undefined if the checksum does not match. */
  static parse(bytes: Buffer, fileOffset: number): Page | undefined {
    const end = bytes.length - 4;
    if (end < trailerBytes - 4) return undefined;
    const sum = crc32(bytes.subarray(0, end), fileOffset >>> 0);
    return sum === bytes.readUInt32LE(end) ? new Page(bytes) : undefined;
  }

  private constructor(bytes: Buffer) {
    this.bytes = bytes;
    const countAt = bytes.length - trailerBytes;
    this.count = bytes.readUInt16LE(countAt);
    this.#offsetsAt = countAt - this.count * offsetBytes;
  }

  /** Number of the first entry whose key is `target` or after it; `count` if none is. */
  find(target: Key): number {
    let low = 0;
    let high = Math.ceil(this.count / groupEntries);
    // All leaders in between share with the target what both of the bounds share with it.
    let lowCommon = 0;
    let highCommon = 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      this.#enter(middle * groupEntries);
      const common = this.#sharedWith(target, lowCommon < highCommon ? lowCommon : highCommon);
      if (this.#isBefore(target, common)) {
        low = middle + 1;
        lowCommon = common;
      } else {
        high = middle;
        highCommon = common;
      }
    }
    return low === 0 ? 0 : this.#findInGroup(low - 1, target, lowCommon);
  }

  /** Number of the last entry whose key is `target` or before it; -1 if none is. */
  floor(target: Key): number {
    const at = this.find(target);
    return at < this.count && this.isAt(at, target) ? at : at - 1;
  }

  /** Whether the entry's key is `target`. */
  isAt(entry: number, target: Key): boolean {
    this.#enter(entry);
    const shared = this.#shared;
    if (shared + this.#suffixBytes !== target.length) return false;
    if (this.#compareSuffix(target, shared) !== 0) return false;
    if (shared === 0) return true;
    this.#enter(entry - (entry % groupEntries));
    const { bytes } = this;
    const leaderAt = this.#suffixAt;
    for (let i = 0; i < shared; i++) {
      if (bytes[leaderAt + i] !== target.charCodeAt(i)) return false;
    }
    return true;
  }

  key(entry: number): Key {
    this.#enter(entry);
    const { bytes } = this;
    const shared = this.#shared;
    const suffixAt = this.#suffixAt;
    const suffixBytes = this.#suffixBytes;
    if (shared === 0) return bytes.toString("latin1", suffixAt, suffixAt + suffixBytes);
    this.#enter(entry - (entry % groupEntries));
    copyBytes(bytes, { from: this.#suffixAt, length: shared, to: 0 });
    copyBytes(bytes, { from: suffixAt, length: suffixBytes, to: shared });
    return keyScratch.toString("latin1", 0, shared + suffixBytes);
  }

  /** The value, null for a tombstone. Valid for as long as it is kept. */
  value(entry: number): Buffer | null {
    this.#enter(entry);
    if (this.#valueCode === 0) return null;
    const length = this.#valueCode - 1;
    const at = this.#suffixAt + this.#suffixBytes;
    if (length * viewedPart >= this.bytes.length) return this.bytes.subarray(at, at + length);
    const copy = Buffer.allocUnsafe(length);
    const { bytes } = this;
    if (length > loopBytesMax) bytes.copy(copy, 0, at, at + length);
    else for (let i = 0; i < length; i++) copy[i] = bytes[at + i] as number;
    return copy;
  }

  /** The value's bytes inside the page: not to be kept. Null for a tombstone. */
  view(entry: number): Buffer | null {
    this.#enter(entry);
    if (this.#valueCode === 0) return null;
    const at = this.#suffixAt + this.#suffixBytes;
    return this.bytes.subarray(at, at + this.#valueCode - 1);
  }

  isTombstone(entry: number): boolean {
    this.#enter(entry);
    return this.#valueCode === 0;
  }

  /** Where the value of an entry that has one starts in `bytes`. */
  valueStart(entry: number): number {
    this.#enter(entry);
    return this.#suffixAt + this.#suffixBytes;
  }

  /** The leader, before `target`, shares `common` bytes with it: only those behind decide. */
  #findInGroup(group: number, target: Key, common: number): number {
    const first = group * groupEntries;
    const end = Math.min(this.count, first + groupEntries);
    for (let entry = first + 1; entry < end; entry++) {
      this.#enter(entry);
      // Shares more with the leader than the target does: before the target, as the leader is.
      if (this.#shared > common) continue;
      if (this.#shared < common || this.#compareSuffix(target, common) >= 0) return entry;
    }
    return end;
  }

  /** Bytes that the entered leader's key and the target begin with; `known` of them are known. */
  #sharedWith(target: Key, known: number): number {
    const { bytes } = this;
    const at = this.#suffixAt;
    const length = Math.min(this.#suffixBytes, target.length);
    let common = known;
    while (common < length && bytes[at + common] === target.charCodeAt(common)) common++;
    return common;
  }

  /** Whether the entered leader, which shares `common` bytes with the target, is before it. */
  #isBefore(target: Key, common: number): boolean {
    if (common === target.length) return false;
    if (common === this.#suffixBytes) return true;
    return (this.bytes[this.#suffixAt + common] as number) < target.charCodeAt(common);
  }

  /** Compares the entered suffix with the target from `from` on. */
  #compareSuffix(target: Key, from: number): number {
    const { bytes } = this;
    const at = this.#suffixAt;
    const length = Math.min(this.#suffixBytes, target.length - from);
    for (let i = 0; i < length; i++) {
      const difference = (bytes[at + i] as number) - target.charCodeAt(from + i);
      if (difference !== 0) return difference;
    }
    return this.#suffixBytes - (target.length - from);
  }

  #enter(entry: number): void {
    const { bytes } = this;
    const slot = this.#offsetsAt + entry * offsetBytes;
    let at = (bytes[slot] as number) | ((bytes[slot + 1] as number) << 8);
    let byte = bytes[at++] as number;
    let value = byte & 0x7f;
    for (let shift = 7; byte > 0x7f; shift += 7) {
      byte = bytes[at++] as number;
      value |= (byte & 0x7f) << shift;
    }
    this.#shared = value;
    byte = bytes[at++] as number;
    value = byte & 0x7f;
    for (let shift = 7; byte > 0x7f; shift += 7) {
      byte = bytes[at++] as number;
      value |= (byte & 0x7f) << shift;
    }
    this.#suffixBytes = value;
    byte = bytes[at++] as number;
    value = byte & 0x7f;
    for (let factor = 0x80; byte > 0x7f; factor *= 0x80) {
      byte = bytes[at++] as number;
      value += (byte & 0x7f) * factor;
    }
    this.#valueCode = value;
    this.#suffixAt = at;
  }
}

/** How many bytes the two keys begin with in common. */
export function sharedBytes(a: Key, b: Key): number {
  const length = Math.min(a.length, b.length);
  let common = 0;
  while (common < length && a.charCodeAt(common) === b.charCodeAt(common)) common++;
  return common;
}

function writeLatin1(into: Buffer, at: number, text: string): void {
  const { length } = text;
  if (length > loopBytesMax) {
    into.write(text, at, length, "latin1");
    return;
  }
  for (let i = 0; i < length; i++) into[at + i] = text.charCodeAt(i);
}

interface Copy {
  readonly from: number;
  readonly length: number;
  readonly to: number;
}

function copyBytes(bytes: Buffer, { from, length, to }: Copy): void {
  if (length > loopBytesMax) {
    bytes.copy(keyScratch, to, from, from + length);
    return;
  }
  for (let i = 0; i < length; i++) keyScratch[to + i] = bytes[from + i] as number;
}
