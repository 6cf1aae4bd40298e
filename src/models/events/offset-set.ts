/**
 * A set of offsets in little memory: one bit each, in chunks that exist only where something is.
 * Bulk operations collect in it, in any order, what they will visit in the order of offsets, so
 * that each block is read and written once.
 */
import { assert } from "../../base/assert.ts";

/** Offsets of a chunk: 512 bytes. Blocks are seldom larger, so sparse sets lose little. */
const CHUNK_OFFSETS = 4096;
/** Chunks of a full set: 32 MiB. */
const CHUNKS_MAX = 65_536;

export class OffsetSet {
  readonly #chunks = new Map<number, Uint32Array>();
  /** Numbers of the chunks, ascending; undefined when it must be made anew. */
  #order: Float64Array | undefined;
  #lastNumber = -1;
  #last: Uint32Array = new Uint32Array(0);

  /** No more should be added: memory is bounded. */
  get isFull(): boolean {
    return this.#chunks.size >= CHUNKS_MAX;
  }

  /** Adds `count` consecutive offsets. */
  add(first: number, count: number): void {
    for (let offset = first; offset < first + count; offset++) {
      const bit = offset % CHUNK_OFFSETS;
      const words = this.#chunk((offset - bit) / CHUNK_OFFSETS);
      words[bit >>> 5] = (words[bit >>> 5] as number) | (1 << (bit & 31));
    }
  }

  /** The smallest offset in the set from `from` on; -1 when there is none. */
  next(from: number): number {
    const order = (this.#order ??= Float64Array.from(this.#chunks.keys()).sort());
    const bit = from % CHUNK_OFFSETS;
    const number = (from - bit) / CHUNK_OFFSETS;
    let place = lowerBound(order, number);
    let start = order[place] === number ? bit : 0;
    for (; place < order.length; place++, start = 0) {
      const found = nextBit(this.#chunk(order[place] as number), start);
      if (found >= 0) return (order[place] as number) * CHUNK_OFFSETS + found;
    }
    return -1;
  }

  #chunk(number: number): Uint32Array {
    if (number === this.#lastNumber) return this.#last;
    let words = this.#chunks.get(number);
    if (words === undefined) {
      assert(Number.isSafeInteger(number) && number >= 0, "Chunk number must be an integer");
      words = new Uint32Array(CHUNK_OFFSETS / 32);
      this.#chunks.set(number, words);
      this.#order = undefined;
    }
    this.#lastNumber = number;
    this.#last = words;
    return words;
  }
}

/** The first set bit from `from` on; -1 when there is none. */
function nextBit(words: Uint32Array, from: number): number {
  let index = from >>> 5;
  let word = (words[index] ?? 0) & (-1 << (from & 31));
  while (word === 0) {
    if (++index >= words.length) return -1;
    word = words[index] as number;
  }
  return index * 32 + 31 - Math.clz32(word & -word);
}

/** Place of the first number that is not smaller than `number`. */
function lowerBound(ascending: Float64Array, number: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}
