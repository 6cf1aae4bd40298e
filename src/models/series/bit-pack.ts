/**
 * Numbers of up to 32 bits, packed: the first takes the lowest bits of the first word, words are
 * little-endian. What is packed is padded to whole bytes.
 */
import { corruption } from "./series-bytes.ts";

/** Numbers packed together, with one width. */
export const GROUP = 128;
/** Groups that are loaded at once, at most: those of a block's column. */
const GROUPS_MAX = 8;
/** Groups of numbers of 64 bits, and a word that is read but not used. */
const WORDS_MAX = (GROUPS_MAX * GROUP * 64) / 32 + 1;

/** Where numbers are packed and unpacked. */
const words = new Int32Array(WORDS_MAX);
const wordBytes = new Uint8Array(words.buffer);
const doubles = new Float64Array(words.buffer, 0, (WORDS_MAX - 1) / 2);

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

/**
 * Loads packed numbers, of up to 8 groups, for unpack() and loadedDoubles(). Full groups take whole
 * words, so that each begins with one.
 */
export function load(bytes: Uint8Array, at: number, length: number): void {
  if (at + length > bytes.length) throw corruption("packed numbers end too early");
  wordBytes.set(bytes.subarray(at, at + length));
}

/** Unpacks `count` numbers of `width` bits (1 … 32), at most a group, that begin at byte `at`. */
export function unpack(
  into: Uint32Array,
  count: number,
  loaded: { readonly at: number; readonly width: number },
): void {
  const { width } = loaded;
  let at = loaded.at >>> 2;
  if (width === 32) {
    for (let i = 0; i < count; i++) into[i] = words[at + i] as number;
    return;
  }
  const mask = (1 << width) - 1;
  let shift = 0;
  let word = words[at] as number;
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

/** `count` doubles that are not packed and begin at byte `at`. */
export function loadedDoubles(at: number, count: number): Float64Array {
  return doubles.subarray(at >>> 3, (at >>> 3) + count);
}
