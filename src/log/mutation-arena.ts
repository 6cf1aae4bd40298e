/**
 * The open batch of a shard: mutations are encoded as they are made (layout in mutation-codec.ts),
 * so that sealing a batch into a record costs nothing and a value is copied exactly once. The views
 * that put() and reserve() return are the values the memtable keeps.
 *
 *   chunks   [ full ][ full ][ current ....|free ]
 *                                          └── the arena after this one, from next(), goes on here
 *
 * Invariants: a mutation lies in one chunk; chunks are never reused or moved, so a view stays valid
 * for ever, except views of mutations that rewind() undid. Only the last arena of a chain of next()
 * may be written to.
 */
import { assert } from "../base/assert.ts";
import type { Key } from "../base/key.ts";
import { mutationOps } from "./mutation-codec.ts";

/** A place to rewind to. */
export interface Mark {
  readonly chunkCount: number;
  readonly at: number;
  readonly mutationCount: number;
}

/** The first chunk is small, so that a shard with little to do costs little; each next doubles. */
const firstChunkBytes = 64 * 1024;
const chunkBytesMax = 1024 * 1024;
/** Up to this length a loop writes a latin1 string faster than the call into native code. */
const shortKeyLengthMax = 20;
/** Op byte and two varints of up to 5 bytes. */
const mutationOverheadMax = 11;

/** A part of a buffer that this batch filled and left for a new one. */
interface FullChunk {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
}

export class MutationArena {
  readonly #full: FullChunk[] = [];
  #fullBytes = 0;
  #current: Buffer;
  /** Where this batch starts in the current chunk: behind 0 when another arena filled that part. */
  #start: number;
  #at: number;
  #mutationCount = 0;
  #isSealed = false;

  /** `rest`: where the arena before stopped; see next(). */
  constructor(rest?: { readonly buffer: Buffer; readonly start: number }) {
    this.#current = rest?.buffer ?? Buffer.allocUnsafeSlow(firstChunkBytes);
    this.#start = rest?.start ?? 0;
    this.#at = this.#start;
  }

  /** Bytes encoded so far. */
  get byteLength(): number {
    return this.#fullBytes + this.#at - this.#start;
  }

  get mutationCount(): number {
    return this.#mutationCount;
  }

  /** Adds a put and returns the stored copy of `value`. */
  put(key: Key, value: Uint8Array): Buffer {
    const stored = this.reserve(key, value.length);
    stored.set(value);
    return stored;
  }

  /** Adds a put of `length` bytes and returns them, to be filled before the batch is sealed. */
  reserve(key: Key, length: number): Buffer {
    this.#open(mutationOps.put, key.length + length);
    this.#writeKey(key);
    this.#writeVarint(length);
    const start = this.#at;
    this.#at = start + length;
    return this.#current.subarray(start, this.#at);
  }

  delete(key: Key): void {
    this.#open(mutationOps.delete, key.length);
    this.#writeKey(key);
  }

  /** Adds a deletion of start <= key < end (no end: to the last key). */
  deleteRange(start: Key, end: Key | undefined): void {
    if (end === undefined) {
      this.#open(mutationOps.deleteToLast, start.length);
      this.#writeKey(start);
    } else {
      this.#open(mutationOps.deleteRange, start.length + end.length);
      this.#writeKey(start);
      this.#writeKey(end);
    }
  }

  /** The place to rewind to when what follows must be undone. */
  mark(): Mark {
    return { chunkCount: this.#full.length, at: this.#at, mutationCount: this.#mutationCount };
  }

  /** Undoes everything added since `mark`. */
  rewind(mark: Mark): void {
    assert(!this.#isSealed, "A sealed batch cannot be rewound");
    assert(mark.mutationCount <= this.#mutationCount, "A mark must lie before the end");
    const chunk = this.#full[mark.chunkCount];
    if (chunk !== undefined) {
      for (const { start, end } of this.#full.splice(mark.chunkCount)) {
        this.#fullBytes -= end - start;
      }
      this.#current = chunk.buffer;
      this.#start = chunk.start;
    }
    this.#at = mark.at;
    this.#mutationCount = mark.mutationCount;
  }

  /** The encoded mutations, in order: the chunks of a LogAppend. */
  chunks(): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    for (const { buffer, start, end } of this.#full) {
      if (end > start) chunks.push(buffer.subarray(start, end));
    }
    if (this.#at > this.#start) chunks.push(this.#current.subarray(this.#start, this.#at));
    return chunks;
  }

  /** Seals this batch and returns the arena of the next one, which uses the rest of the chunk. */
  next(): MutationArena {
    this.#isSealed = true;
    return new MutationArena({ buffer: this.#current, start: this.#at });
  }

  #open(op: number, bytes: number): void {
    assert(!this.#isSealed, "A sealed batch cannot be written to");
    if (this.#at + bytes + mutationOverheadMax > this.#current.length) this.#addChunk(bytes);
    this.#current[this.#at++] = op;
    this.#mutationCount++;
  }

  #addChunk(bytes: number): void {
    // Even when it is empty, so that a mark made in it can be found again.
    this.#full.push({ buffer: this.#current, start: this.#start, end: this.#at });
    this.#fullBytes += this.#at - this.#start;
    const regular = Math.min(chunkBytesMax, 2 * this.#current.length);
    this.#current = Buffer.allocUnsafeSlow(Math.max(regular, bytes + mutationOverheadMax));
    this.#start = 0;
    this.#at = 0;
  }

  #writeKey(key: Key): void {
    const { length } = key;
    this.#writeVarint(length);
    const at = this.#at;
    if (length <= shortKeyLengthMax) {
      for (let index = 0; index < length; index++) {
        this.#current[at + index] = key.charCodeAt(index);
      }
    } else {
      this.#current.write(key, at, length, "latin1");
    }
    this.#at = at + length;
  }

  #writeVarint(value: number): void {
    let left = value;
    while (left >= 0x80) {
      this.#current[this.#at++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    this.#current[this.#at++] = left;
  }
}
