/**
 * Rows of the base tree that were read lately, and keys that it was found not to have. A row that
 * is here costs a tenth of a read of the base tree, and nothing of it is an object that a garbage
 * collection must look at.
 *
 *   ring    entries one behind the other, the oldest overwritten by the newest
 *           entry: 0 u16 key bytes; 2 u16 value bytes + 1, 0: there is no such row; 4 key, value
 *   slots   buckets of 4; slot: u32 position of the entry, u32 hash of its key
 *
 * A position counts units of 16 bytes from the start of time, so it tells whether its entry has
 * been overwritten since. It starts again, with nothing cached, before it leaves 32 bits.
 *
 * Invariant: what it answers is what the base tree would answer. Who changes the tree says so:
 * changed() for a row, clear() for a range.
 * Memory is taken as it is used: ring and slots double when the ring is full for the first time.
 */
import type { Key } from "../base/key.ts";
import type { Entry } from "./memtable.ts";

const unitBytes = 16;
const headBytes = 4;
const ways = 4;
const slotWords = 2;
/** Larger rows are not kept. */
const entryBytesMax = 4096;
/** Below 2^32 by more than what one entry and the end of the ring may take. */
const positionMax = 0xf0000000;
/** Bytes of the first ring. */
const firstBytes = 1024 * 1024;
/** Up to this length a loop is faster than a call that leaves JavaScript. */
const loopBytesMax = 96;
/** What an entry is expected to take: for the number of slots. */
const entryBytesTypical = 96;

export class RowCache {
  readonly #bytesMax: number;
  #ring: Buffer | undefined;
  #units = 0;
  #slots = new Uint32Array(0);
  #buckets = 0;
  /** Where the next entry goes, and the first that counts. Not 0: that is an empty slot. */
  #head = 1;
  #floor = 1;
  /** The slot that #find() found. */
  #found = 0;

  /** A cache of about so many bytes; 0: none. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The row's value, a copy; null: the tree has no such row; undefined: not known here. */
  get(key: Key): Entry | undefined {
    const ring = this.#ring;
    if (ring === undefined) return undefined;
    const at = this.#find(ring, key, hashOf(key));
    if (at < 0) return undefined;
    const length = ring.readUInt16LE(at + 2) - 1;
    if (length < 0) return null;
    const start = at + headBytes + key.length;
    const value = Buffer.allocUnsafe(length);
    if (length > loopBytesMax) ring.copy(value, 0, start, start + length);
    else for (let i = 0; i < length; i++) value[i] = ring[start + i] as number;
    return value;
  }

  /** The tree was asked for this row: keeps the answer. */
  add(key: Key, value: Entry): void {
    const bytes = headBytes + key.length + (value?.length ?? 0);
    if (bytes > Math.min(entryBytesMax, this.#bytesMax)) return;
    const units = Math.ceil(bytes / unitBytes);
    const position = this.#place(units);
    this.#head = position + units;
    this.#write(this.#ring as Buffer, position, { key, value });
    this.#point(hashOf(key), position);
  }

  /** The row in the tree is another one now, or null: none. Kept if the one before was. */
  changed(key: Key, value: Entry): void {
    const ring = this.#ring;
    if (ring === undefined) return;
    const hash = hashOf(key);
    if (this.#find(ring, key, hash) < 0) return;
    this.#slots[this.#found] = 0;
    this.add(key, value);
  }

  /** Forgets everything. */
  clear(): void {
    this.#floor = this.#head;
  }

  /** Where the entry of a key is in the ring, -1 if it is not there. */
  #find(ring: Buffer, key: Key, hash: number): number {
    const slots = this.#slots;
    const bucket = this.#bucketOf(hash);
    for (let slot = bucket; slot < bucket + ways * slotWords; slot += slotWords) {
      if (slots[slot + 1] !== hash) continue;
      const position = slots[slot] as number;
      if (!this.#isLive(position)) continue;
      const at = (position % this.#units) * unitBytes;
      if (!holdsKey(ring, at, key)) continue;
      this.#found = slot;
      return at;
    }
    return -1;
  }

  #isLive(position: number): boolean {
    return position >= this.#floor && this.#head - position <= this.#units;
  }

  #bucketOf(hash: number): number {
    return (hash & (this.#buckets - 1)) * ways * slotWords;
  }

  /** Puts an entry into a slot of its bucket that is of no use any more, else the oldest's. */
  #point(hash: number, position: number): void {
    const bucket = this.#bucketOf(hash);
    let chosen = bucket;
    for (let slot = bucket; slot < bucket + ways * slotWords; slot += slotWords) {
      const other = this.#slots[slot] as number;
      if (!this.#isLive(other)) {
        chosen = slot;
        break;
      }
      if (other < (this.#slots[chosen] as number)) chosen = slot;
    }
    this.#slots[chosen] = position;
    this.#slots[chosen + 1] = hash;
  }

  /** Where an entry of so many units goes: never over the end of the ring. */
  #place(units: number): number {
    if (this.#head > positionMax) {
      this.#slots.fill(0);
      this.#head = 1;
      this.#floor = 1;
    }
    while (this.#head + units > this.#units && this.#grow());
    const left = this.#units - (this.#head % this.#units);
    return left < units ? this.#head + left : this.#head;
  }

  /** Doubles the ring, which is full for the first time: positions are places in it. */
  #grow(): boolean {
    const bytes = Math.min(this.#bytesMax, Math.max(firstBytes, 2 * this.#units * unitBytes));
    const units = Math.floor(bytes / unitBytes);
    if (units <= this.#units) return false;
    const ring = Buffer.allocUnsafeSlow(units * unitBytes);
    this.#ring?.copy(ring);
    this.#ring = ring;
    this.#units = units;
    const slots = this.#slots;
    const buckets = Math.max(1, (2 * bytes) / (entryBytesTypical * ways));
    this.#buckets = 2 ** Math.floor(Math.log2(buckets));
    this.#slots = new Uint32Array(this.#buckets * ways * slotWords);
    for (let slot = 0; slot < slots.length; slot += slotWords) {
      const position = slots[slot] as number;
      if (this.#isLive(position)) this.#point(slots[slot + 1] as number, position);
    }
    return true;
  }

  #write(ring: Buffer, position: number, row: { readonly key: Key; readonly value: Entry }): void {
    const { key, value } = row;
    const at = (position % this.#units) * unitBytes;
    const { length } = key;
    ring.writeUInt16LE(length, at);
    ring.writeUInt16LE(value === null ? 0 : value.length + 1, at + 2);
    const start = at + headBytes;
    for (let i = 0; i < length; i++) ring[start + i] = key.charCodeAt(i);
    if (value === null) return;
    const from = start + length;
    if (value.length > loopBytesMax) ring.set(value, from);
    else for (let i = 0; i < value.length; i++) ring[from + i] = value[i] as number;
  }
}

function holdsKey(ring: Buffer, at: number, key: Key): boolean {
  const { length } = key;
  if (ring.readUInt16LE(at) !== length) return false;
  const start = at + headBytes;
  // From the end: keys begin alike.
  for (let i = length - 1; i >= 0; i--) {
    if (ring[start + i] !== key.charCodeAt(i)) return false;
  }
  return true;
}

/** FNV-1a, with its high bits brought down. */
function hashOf(key: Key): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
