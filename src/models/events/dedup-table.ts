/**
 * Recent ids of the dedup index: an open addressing table in one typed array that is always sorted.
 *
 *   slot   4 words: hash1 (0 = empty), hash2, offset low, offset high u16 | partition u16 << 16
 *   home   the slot an entry belongs to: the top bits of hash1
 *
 * Entries that meet are kept in order of (hash1, hash2), later ones behind equal ones ("ordered
 * linear probing"): an insert moves the larger ones of its cluster one slot up. Because homes are
 * top bits, the whole array is then in order. That gives three things: a search ends at the first
 * larger hash, so the id that is not there, the usual case, costs as little as one that is; the
 * table is written out as a sorted run without sorting; growing is one pass from start to end.
 *
 * Invariants: an entry is at its home or behind it, at most PROBE_MAX slots, no empty slot between.
 * Slots do not wrap around: PROBE_MAX of them follow the last home, and one that stays empty.
 */
import { assert } from "../../base/assert.ts";

/** Tells where an id may be; returns true to stop: this was the event looked for. */
export type CandidateVisitor = (partition: number, offset: number) => boolean;

/** Slots of a new table: 80 KiB. */
export const TABLE_SLOTS_MIN = 4096;
/**
 * Slots of a full table: 4 MiB. A larger one would save merges, but what is done at once (growing,
 * clearing, reading its ids again after a restart) would take longer.
 */
export const TABLE_SLOTS_MAX = 256 * 1024;
/**
 * Entries per slot. More would cost less memory per id, but beyond three quarters the clusters, and
 * with them the time of an insert, grow steeply.
 */
const LOAD_MAX = 0.75;
export const TABLE_ENTRIES_MAX = TABLE_SLOTS_MAX * LOAD_MAX;
/**
 * Most slots between an entry and its home. With hashes that are spread, a few hundred are never
 * reached; many entries of equal hashes fill the table early instead of making it slow.
 */
export const PROBE_MAX = 1024;

/** Words of a slot; of an entry in a page, too. */
export const ENTRY_WORDS = 4;
/** Moves of more words than this are left to copyWithin, which costs a call. */
const COPIED_WORDS_MAX = 64;
const HIGH = 0x100000000;

/** The entry's offset, from its words 2 and 3. */
export function entryOffset(low: number, high: number): number {
  return (high & 0xffff) * HIGH + low;
}

/** The entry's partition, from its word 3. */
export function entryPartition(high: number): number {
  return high >>> 16;
}

function allocate(slots: number): Uint32Array {
  return new Uint32Array((slots + PROBE_MAX + 1) * ENTRY_WORDS);
}

export class DedupTable {
  #words: Uint32Array;
  #slots: number;
  /** hash1 >>> shift is the home. */
  #shift: number;
  #count = 0;

  /** `slots`: a power of two from TABLE_SLOTS_MIN to TABLE_SLOTS_MAX. */
  constructor(slots = TABLE_SLOTS_MIN) {
    assert(slots >= TABLE_SLOTS_MIN && slots <= TABLE_SLOTS_MAX, "Slots must be in bounds");
    assert((slots & (slots - 1)) === 0, "Slots must be a power of two");
    this.#slots = slots;
    this.#shift = 32 - Math.log2(slots);
    this.#words = allocate(slots);
  }

  get count(): number {
    return this.#count;
  }

  get slots(): number {
    return this.#slots;
  }

  get memoryBytes(): number {
    return this.#words.byteLength;
  }

  /**
   * Adds an entry; equal hashes may be there already. False when the table is full: it has
   * TABLE_ENTRIES_MAX entries, or PROBE_MAX around this one. Needs hash1 >= 1.
   */
  // oxlint-disable-next-line max-params -- called for every event: an object would be garbage
  add(hash1: number, hash2: number, partition: number, offset: number): boolean {
    if (this.#count >= this.#slots * LOAD_MAX) {
      if (this.#slots === TABLE_SLOTS_MAX) return false;
      this.#grow();
    }
    const words = this.#words;
    const home = (hash1 >>> this.#shift) * ENTRY_WORDS;
    let at = home;
    let there = words[at] as number;
    while (there !== 0 && there <= hash1) {
      if (there === hash1 && (words[at + 1] as number) > hash2) break;
      at += ENTRY_WORDS;
      there = words[at] as number;
    }
    let empty = at;
    while (words[empty] !== 0) empty += ENTRY_WORDS;
    if (empty - home > PROBE_MAX * ENTRY_WORDS) return false;
    if (empty > at) moveUp(words, at, empty);
    words[at] = hash1;
    words[at + 1] = hash2;
    words[at + 2] = offset;
    words[at + 3] = Math.floor(offset / HIGH) | (partition << 16);
    this.#count++;
    return true;
  }

  /** Visits the entries with these hashes; true when the visitor stopped. */
  candidates(hash1: number, hash2: number, visit: CandidateVisitor): boolean {
    for (let entry = this.find(hash1, hash2); entry >= 0; entry = this.next(entry)) {
      if (visit(this.partition(entry), this.offset(entry))) return true;
    }
    return false;
  }

  /** The first entry with these hashes, or -1. */
  find(hash1: number, hash2: number): number {
    const words = this.#words;
    let at = (hash1 >>> this.#shift) * ENTRY_WORDS;
    let there = words[at] as number;
    while (there !== 0 && there < hash1) {
      at += ENTRY_WORDS;
      there = words[at] as number;
    }
    while (there === hash1) {
      const second = words[at + 1] as number;
      if (second === hash2) return at;
      if (second > hash2) return -1;
      at += ENTRY_WORDS;
      there = words[at] as number;
    }
    return -1;
  }

  /** The next entry with the same hashes as `entry`, which find() or next() returned, or -1. */
  next(entry: number): number {
    const words = this.#words;
    const next = entry + ENTRY_WORDS;
    return words[next] === words[entry] && words[next + 1] === words[entry + 1] ? next : -1;
  }

  partition(entry: number): number {
    return entryPartition(this.#words[entry + 3] as number);
  }

  offset(entry: number): number {
    return entryOffset(this.#words[entry + 2] as number, this.#words[entry + 3] as number);
  }

  /** Takes one entry out; what follows it in its cluster moves down. */
  remove(entry: number): void {
    const words = this.#words;
    assert(words[entry] !== 0, "The entry to remove must be there");
    let end = entry + ENTRY_WORDS;
    while (words[end] !== 0 && this.#home(end) < end) end += ENTRY_WORDS;
    words.copyWithin(entry, entry + ENTRY_WORDS, end);
    words.fill(0, end - ENTRY_WORDS, end);
    this.#count--;
  }

  /** Empties it for another use; its size stays. */
  clear(): void {
    this.#words.fill(0);
    this.#count = 0;
  }

  /**
   * Fills `into` with the next entries in order, from `position` on (0 at first). Returns the
   * position to go on from. The caller knows from `count` that there are as many.
   */
  read(position: number, into: Uint32Array): number {
    const words = this.#words;
    let filled = 0;
    let at = position;
    for (; filled < into.length; at += ENTRY_WORDS) {
      assert(at < words.length, "No more entries must be read than there are");
      if (words[at] === 0) continue;
      for (let k = 0; k < ENTRY_WORDS; k++) into[filled++] = words[at + k] as number;
    }
    return at;
  }

  /** Where the entry at `at` belongs. */
  #home(at: number): number {
    return ((this.#words[at] as number) >>> this.#shift) * ENTRY_WORDS;
  }

  /** Doubles the slots. Entries are in order, so each one's place is its home or the next one. */
  #grow(): void {
    const old = this.#words;
    this.#slots *= 2;
    this.#shift--;
    this.#words = allocate(this.#slots);
    let free = 0;
    for (let from = 0; from < old.length; from += ENTRY_WORDS) {
      if (old[from] === 0) continue;
      const at = Math.max(free, ((old[from] as number) >>> this.#shift) * ENTRY_WORDS);
      for (let k = 0; k < ENTRY_WORDS; k++) this.#words[at + k] = old[from + k] as number;
      free = at + ENTRY_WORDS;
    }
    assert(free < this.#words.length, "The last slot must stay empty");
  }
}

/** Moves words[from … to) up by one slot; the slot at `to` is empty. */
function moveUp(words: Uint32Array, from: number, to: number): void {
  if (to - from > COPIED_WORDS_MAX) {
    words.copyWithin(from + ENTRY_WORDS, from, to);
    return;
  }
  for (let at = to - 1; at >= from; at--) words[at + ENTRY_WORDS] = words[at] as number;
}
