/**
 * A blocked bloom filter over pairs of hashes: says "not there" for nearly every id that a run does
 * not hold, at the price of one cache miss.
 *
 *   block  8 words = 256 bits; an id sets one bit in each word of one block
 *   block of an id: the top bits of hash1, scaled to the number of blocks
 *   bit in word k: the top 5 bits of hash2 × salt k
 *
 * 16 bits per id give about 0.15 % false positives: each one costs the reading of a page, and an
 * index of many runs asks many filters. Ids that come in order of hash1 fill the blocks one after
 * the other.
 */
import { assert } from "../../base/assert.ts";

const BLOCK_WORDS = 8;
const BITS_PER_ID = 16;
const SCALE = 2 ** -32;

/** Words of a filter for so many ids. */
export function filterWords(ids: number): number {
  return Math.max(1, Math.ceil((ids * BITS_PER_ID) / (BLOCK_WORDS * 32))) * BLOCK_WORDS;
}

/** Whether a stored filter may have so many words. */
export function isFilterSize(words: number): boolean {
  return words > 0 && words % BLOCK_WORDS === 0;
}

/** Adds an id to the filter. */
export function addToFilter(filter: Uint32Array, hash1: number, hash2: number): void {
  const at = blockOf(filter, hash1);
  assert(at + BLOCK_WORDS <= filter.length, "A filter must hold its blocks");
  setBit(filter, at, Math.imul(hash2, 0x2c1b3c6d));
  setBit(filter, at + 1, Math.imul(hash2, 0x297a2d39));
  setBit(filter, at + 2, Math.imul(hash2, 0x85ebca6b));
  setBit(filter, at + 3, Math.imul(hash2, 0x68bc21eb));
  setBit(filter, at + 4, Math.imul(hash2, 0xb5297a4d));
  setBit(filter, at + 5, Math.imul(hash2, 0x1b56c4e9));
  setBit(filter, at + 6, Math.imul(hash2, 0xd35a2d97));
  setBit(filter, at + 7, Math.imul(hash2, 0x4a7c15f5));
}

/** False when the id was not added; true when it was, and sometimes when it was not. */
export function filterHas(filter: Uint32Array, hash1: number, hash2: number): boolean {
  const at = blockOf(filter, hash1);
  return (
    hasBit(filter, at, Math.imul(hash2, 0x2c1b3c6d)) &&
    hasBit(filter, at + 1, Math.imul(hash2, 0x297a2d39)) &&
    hasBit(filter, at + 2, Math.imul(hash2, 0x85ebca6b)) &&
    hasBit(filter, at + 3, Math.imul(hash2, 0x68bc21eb)) &&
    hasBit(filter, at + 4, Math.imul(hash2, 0xb5297a4d)) &&
    hasBit(filter, at + 5, Math.imul(hash2, 0x1b56c4e9)) &&
    hasBit(filter, at + 6, Math.imul(hash2, 0xd35a2d97)) &&
    hasBit(filter, at + 7, Math.imul(hash2, 0x4a7c15f5))
  );
}

function blockOf(filter: Uint32Array, hash1: number): number {
  return ((hash1 * (filter.length / BLOCK_WORDS) * SCALE) >>> 0) * BLOCK_WORDS;
}

function setBit(filter: Uint32Array, at: number, mixed: number): void {
  filter[at] = (filter[at] as number) | (1 << (mixed >>> 27));
}

function hasBit(filter: Uint32Array, at: number, mixed: number): boolean {
  return (((filter[at] as number) >>> (mixed >>> 27)) & 1) !== 0;
}
