/**
 * Randomness that a seed replays: xoshiro128** 1.1 (Blackman and Vigna, prng.di.unimi.it), its four
 * words of state filled from the seed by splitmix32, as its authors advise.
 */
import type { Random } from "./random.ts";

export class SeededRandom implements Random {
  /** What replays this generator; print it when a test fails. */
  readonly seed: number;
  #s0: number;
  #s1: number;
  #s2: number;
  #s3: number;

  constructor(seed: number) {
    this.seed = seed;
    const word = splitmix32(seed);
    this.#s0 = word();
    this.#s1 = word();
    this.#s2 = word();
    this.#s3 = word();
  }

  next(): number {
    const high = this.#nextU32();
    const low = this.#nextU32();
    // 53 bits: what a double can hold.
    return (high * 0x200000 + (low >>> 11)) / 2 ** 53;
  }

  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; at += 4) {
      const word = this.#nextU32();
      for (let byte = 0; byte < 4 && at + byte < count; byte++) {
        bytes[at + byte] = word >>> (8 * byte);
      }
    }
    return bytes;
  }

  #nextU32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#s1, 5), 7), 9) >>> 0;
    const shifted = this.#s1 << 9;
    this.#s2 ^= this.#s0;
    this.#s3 ^= this.#s1;
    this.#s1 ^= this.#s2;
    this.#s0 ^= this.#s3;
    this.#s2 ^= shifted;
    this.#s3 = rotateLeft(this.#s3, 11);
    return result;
  }
}

function rotateLeft(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count));
}

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    return mixed ^ (mixed >>> 16);
  };
}
