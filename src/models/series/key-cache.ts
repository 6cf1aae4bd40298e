/**
 * From the bytes of a series key, as they came in, to the series: so that a line of a known series
 * is neither cut nor sorted nor unescaped. Bounded: two generations; what is not looked up while
 * one is filled is forgotten with the next.
 *
 *   bytes ─▶ hash table (open addressing) ─▶ entry: where the bytes are kept, series, measurement
 */

/** Tables, chosen by the high bits of hashes: none becomes so large that growing takes long. */
const TABLE_BITS = 4;
/** Bytes of keys in a generation of a table. */
const KEY_BYTES_MAX = 3 * 1024 * 1024;
/** Entries in a generation of a table. */
const ENTRIES_MAX = 1 << 16;

/** What a key stands for. */
export interface KeyedSeries<M> {
  readonly measurement: M;
  readonly seriesId: number;
}

/** The hash of bytes; `seed` tells the database. */
export function hashKey(bytes: Uint8Array, start: number, { end, seed }: HashEnd): number {
  let hash = hashSeed(seed);
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), HASH_PRIME);
  return hash;
}

interface HashEnd {
  readonly end: number;
  readonly seed: number;
}

export const HASH_PRIME = 0x01000193;

/** What the hash of no bytes is. */
export function hashSeed(seed: number): number {
  return Math.imul(seed ^ 0x811c9dc5, 0x85ebca6b) | 0;
}

export class KeyCache<M> {
  #tables = newTables<M>();
  /** Of the key that was found last. */
  seriesId = 0;

  /** The measurement of a key, its series in `seriesId`; undefined: it is not known. */
  find(key: HashedKey): M | undefined {
    const table = this.#tableOf(key);
    const measurement = table.find(key);
    this.seriesId = table.seriesId;
    return measurement;
  }

  /** Remembers a key that find() did not know. */
  add(key: HashedKey, series: KeyedSeries<M>): void {
    this.#tableOf(key).add(key, series);
  }

  /** Forgets everything. */
  clear(): void {
    this.#tables = newTables();
  }

  #tableOf({ hash }: HashedKey): AgingTable<M> {
    return this.#tables[hash >>> (32 - TABLE_BITS)] as AgingTable<M>;
  }
}

function newTables<M>(): readonly AgingTable<M>[] {
  return Array.from({ length: 1 << TABLE_BITS }, () => new AgingTable<M>());
}

/** Two generations. */
class AgingTable<M> {
  #young = new KeyTable<M>();
  #old = new KeyTable<M>();
  /** Of the key that was found last. */
  seriesId = 0;

  /** The measurement of a key, its series in `seriesId`; undefined: it is not known. */
  find(key: HashedKey): M | undefined {
    let entry = this.#young.find(key);
    if (entry >= 0) {
      this.seriesId = this.#young.seriesAt(entry);
      return this.#young.measurementAt(entry);
    }
    entry = this.#old.find(key);
    if (entry < 0) return undefined;
    this.seriesId = this.#old.seriesAt(entry);
    const measurement = this.#old.measurementAt(entry);
    this.add(key, { measurement, seriesId: this.seriesId });
    return measurement;
  }

  add(key: HashedKey, series: KeyedSeries<M>): void {
    if (!this.#young.hasRoom(key.end - key.start)) {
      this.#old = this.#young;
      this.#young = new KeyTable();
    }
    this.#young.add(key, series);
  }
}

/** A key where it stands, and its hash. Used again for each line. */
export interface HashedKey {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly hash: number;
}

class KeyTable<M> {
  /** Entry + 1, 0: free; twice as many as entries at least. */
  #slots = new Int32Array(256);
  #hashes = new Int32Array(128);
  #starts = new Uint32Array(128);
  #ends = new Uint32Array(128);
  #series = new Uint32Array(128);
  #arena = Buffer.allocUnsafe(4096);
  readonly #measurements: M[] = [];
  #used = 0;

  hasRoom(bytes: number): boolean {
    return this.#measurements.length < ENTRIES_MAX && this.#used + bytes <= KEY_BYTES_MAX;
  }

  seriesAt(entry: number): number {
    return this.#series[entry] as number;
  }

  measurementAt(entry: number): M {
    return this.#measurements[entry] as M;
  }

  /** The entry of a key, -1: none. */
  find({ bytes, start, end, hash }: HashedKey): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = spread(hash) & mask; ; slot = (slot + 1) & mask) {
      const entry = (slots[slot] as number) - 1;
      if (entry < 0) return -1;
      if (this.#hashes[entry] === hash && this.#isAt(entry, { bytes, start, end })) return entry;
    }
  }

  add({ bytes, start, end, hash }: HashedKey, { measurement, seriesId }: KeyedSeries<M>): void {
    const entry = this.#measurements.length;
    if (entry === this.#hashes.length) this.#grow();
    this.#measurements.push(measurement);
    this.#hashes[entry] = hash;
    this.#series[entry] = seriesId;
    this.#starts[entry] = this.#used;
    this.#keep(bytes.subarray(start, end));
    this.#ends[entry] = this.#used;
    this.#put(entry, hash);
  }

  #put(entry: number, hash: number): void {
    const mask = this.#slots.length - 1;
    let slot = spread(hash) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  #isAt(entry: number, { bytes, start, end }: Omit<HashedKey, "hash">): boolean {
    const at = this.#starts[entry] as number;
    if ((this.#ends[entry] as number) - at !== end - start) return false;
    const arena = this.#arena;
    const shift = at - start;
    for (let i = start; i < end; i++) if (bytes[i] !== arena[i + shift]) return false;
    return true;
  }

  #keep(key: Uint8Array): void {
    const end = this.#used + key.length;
    if (end > this.#arena.length) {
      const arena = Buffer.allocUnsafe(Math.max(end, this.#arena.length * 2));
      this.#arena.copy(arena, 0, 0, this.#used);
      this.#arena = arena;
    }
    this.#arena.set(key, this.#used);
    this.#used = end;
  }

  #grow(): void {
    const length = this.#hashes.length * 2;
    this.#hashes = larger(this.#hashes, new Int32Array(length));
    this.#starts = larger(this.#starts, new Uint32Array(length));
    this.#ends = larger(this.#ends, new Uint32Array(length));
    this.#series = larger(this.#series, new Uint32Array(length));
    this.#slots = new Int32Array(length * 2);
    for (let entry = 0; entry < this.#measurements.length; entry++) {
      this.#put(entry, this.#hashes[entry] as number);
    }
  }
}

/** The low bits of a multiplicative hash are its worst: the slot comes from all of them. */
function spread(hash: number): number {
  return (hash ^ (hash >>> 15)) >>> 0;
}

function larger<T extends Int32Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
