/**
 * Which keys are surely not in a run: a blocked Bloom filter, so that get() of an absent key reads
 * no page of the run's tree. A key has one block of 64 bytes and some bits in it; blocks are stored
 * in pages of 63, each with a checksum, and read as they are needed.
 *
 * About 10 bits a key: 1 to 2 of 100 absent keys are looked for in vain.
 */
import { crc32 } from "node:zlib";
import type { Key } from "../../base/key.ts";

const blockBytes = 64;
const blockBits = 8 * blockBytes;
const bitsPerKey = 10;
const bitsSet = 6;
const blocksPerPage = 63;
const checksumBytes = 4;

/** A page of the filter: full ones have this many bytes. */
const filterPageBytes = blocksPerPage * blockBytes + checksumBytes;

/** A hash of 32 bits, also of keys that differ in one byte only. */
export function hashKey(key: Key): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return mix(hash);
}

function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The block of a key. */
export function filterBlock(hash: number, blocks: number): number {
  return Math.floor((hash * blocks) / 0x100000000);
}

/** Where in the file the page with the block is, given where the filter begins. */
export function filterPage(
  block: number,
  { offset, blocks }: { readonly offset: number; readonly blocks: number },
): { readonly offset: number; readonly length: number; readonly blockAt: number } {
  const page = Math.floor(block / blocksPerPage);
  const first = page * blocksPerPage;
  const count = Math.min(blocksPerPage, blocks - first);
  return {
    offset: offset + page * filterPageBytes,
    length: count * blockBytes + checksumBytes,
    blockAt: (block - first) * blockBytes,
  };
}

/** Whether the key of this hash may be in the run, by its block in a page of the filter. */
export function blockMayHold(page: Uint8Array, blockAt: number, hash: number): boolean {
  // Other bits than those that chose the block.
  let bits = mix(hash ^ 0x9e3779b9);
  for (let i = 0; i < bitsSet; i++) {
    const bit = bits % blockBits;
    if (((page[blockAt + (bit >>> 3)] as number) & (1 << (bit & 7))) === 0) return false;
    bits = mix(bits + i + 1);
  }
  return true;
}

/** Whether the page of a filter is as it was written. */
export function isFilterPageSound(page: Buffer, fileOffset: number): boolean {
  const end = page.length - checksumBytes;
  return crc32(page.subarray(0, end), fileOffset >>> 0) === page.readUInt32LE(end);
}

/** Hashes that wait for the number of keys to be known, in arrays of this length. */
const hashesPerArray = 16 * 1024;

/** Gathers the hashes of a run's keys and makes the filter. */
export class FilterBuilder {
  readonly #full: Uint32Array[] = [];
  #last = new Uint32Array(hashesPerArray);
  #lastCount = 0;

  add(key: Key): void {
    if (this.#lastCount === hashesPerArray) {
      this.#full.push(this.#last);
      this.#last = new Uint32Array(hashesPerArray);
      this.#lastCount = 0;
    }
    this.#last[this.#lastCount++] = hashKey(key);
  }

  /** How many blocks the filter has. */
  get blocks(): number {
    const keys = this.#full.length * hashesPerArray + this.#lastCount;
    return Math.ceil((keys * bitsPerKey) / blockBits);
  }

  /** The filter's bits, without checksums. Takes about 15 ns a key. */
  *fill(): IterableIterator<Uint8Array> {
    const { blocks } = this;
    const bits = new Uint8Array(blocks * blockBytes);
    for (const hashes of [...this.#full, this.#last.subarray(0, this.#lastCount)]) {
      for (const hash of hashes) setBits(bits, filterBlock(hash, blocks) * blockBytes, hash);
      yield bits;
    }
  }
}

/** The page of the filter that holds the blocks from `first` on, for `fileOffset` in the file. */
export function encodeFilterPage(bits: Uint8Array, first: number, fileOffset: number): Buffer {
  const content = bits.subarray(first * blockBytes, (first + blocksPerPage) * blockBytes);
  const page = Buffer.allocUnsafe(content.length + checksumBytes);
  page.set(content, 0);
  page.writeUInt32LE(crc32(content, fileOffset >>> 0), content.length);
  return page;
}

/** First blocks of the pages of a filter. */
export function filterPageStarts(blocks: number): number[] {
  return Array.from({ length: Math.ceil(blocks / blocksPerPage) }, (_, n) => n * blocksPerPage);
}

function setBits(into: Uint8Array, blockAt: number, hash: number): void {
  let bits = mix(hash ^ 0x9e3779b9);
  for (let i = 0; i < bitsSet; i++) {
    const bit = bits % blockBits;
    const at = blockAt + (bit >>> 3);
    into[at] = (into[at] as number) | (1 << (bit & 7));
    bits = mix(bits + i + 1);
  }
}
