/**
 * Numbers of up to 32 bits, packed: the first takes the lowest bits of the first word, words are
 * little-endian. What is packed is padded to whole bytes.
 */
import { corruption } from "./series-bytes.ts";

/** Numbers packed together, with one width. */
export const GROUP = 128;
/** A group of 128 numbers of 64 bits, and a word that is read but not used. */
const WORDS_MAX = (GROUP * 64) / 32 + 1;

const words = new Uint32Array(WORDS_MAX);
const wordBytes = new Uint8Array(words.buffer);

/** Bits that an integer from 0 to 2^53 - 1 takes. */
export function bitsOf(value: number): number {
  if (value < 0x100000000) return 32 - Math.clz32(value);
  return 64 - Math.clz32(Math.floor(value / 0x100000000));
}

export function packedBytes(count: number, width: number): number {
  return (count * width + 7) >>> 3;
}

/** Packs the lowest `width` bits (1 … 32) of the first `count` numbers; returns the bytes. */
export function pack(numbers: Uint32Array, count: number, width: number): Uint8Array {
  let word = 0;
  let filled = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const number = numbers[i] as number;
    word |= number << filled;
    filled += width;
    if (filled >= 32) {
      words[at++] = word;
      filled -= 32;
      word = filled === 0 ? 0 : number >>> (width - filled);
    }
  }
  words[at] = word;
  return wordBytes.subarray(0, packedBytes(count, width));
}

/** Unpacks `count` numbers of `width` bits (1 … 32), at most a group of them. */
export function unpack(into: Uint32Array, count: number, packed: Packed): void {
  const { width } = packed;
  load(packed, packedBytes(count, width));
  if (width === 32) return into.set(words.subarray(0, count));
  const mask = (1 << width) - 1;
  let shift = 0;
  let at = 0;
  let word = words[0] as number;
  for (let i = 0; i < count; i++) {
    let number = word >>> shift;
    shift += width;
    if (shift >= 32) {
      word = words[++at] as number;
      shift -= 32;
      // A shift by 32 would be one by 0, and no bit of the next word is needed then.
      if (shift > 0) number |= word << (width - shift);
    }
    into[i] = number & mask;
  }
}

export interface Packed {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly width: number;
}

function load(packed: Packed, length: number): void {
  const { bytes, at } = packed;
  if (at + length > bytes.length) throw corruption("packed numbers end too early");
  // One call for more than a few bytes costs less than a loop.
  wordBytes.set(bytes.subarray(at, at + length));
}
