/**
 * Own writes of a transaction, laid over the view it reads: reads see them first.
 *
 * Writes are kept in order in parallel arrays (most operations write and never read back, so a put
 * costs three array pushes). Reads look through them while they are few; else the first read that
 * follows a write puts them into a memtable, which finds single keys and ranges fast.
 * A write is a put (value), a delete (undefined) or a deleteRange (`ends` holds its end).
 */
import type { Key } from "../base/key.ts";
import type { ReadView } from "../store/base-tree.ts";
import { LayeredView } from "../store/layered-view.ts";
import type { Layer } from "../store/layered-view.ts";
import { Memtable } from "../store/memtable.ts";
import type { Entry } from "../store/memtable.ts";

/** Marks an entry of `ends` that is not a deleteRange. */
const single = Symbol("single key");
type End = Key | undefined | typeof single;

/** Up to so many writes a key is looked for among all of them. */
const scannedWritesMax = 8;

/** Arrays longer than this are given back instead of being kept for the next transaction. */
const keptWritesMax = 1024;

const noLayers: readonly Layer[] = [];

/** Receives the writes in order. */
export interface WriteSink {
  put(key: Key, value: Uint8Array): void;
  delete(key: Key): void;
  deleteRange(start: Key, end: Key | undefined): void;
}

export class WriteOverlay {
  #keys: Key[] = [];
  #values: (Uint8Array | undefined)[] = [];
  #ends: End[] = [];
  /** The first `#indexedCount` writes, for reading. */
  #index: Memtable | undefined;
  #indexedCount = 0;

  /** How many writes there are. */
  get size(): number {
    return this.#keys.length;
  }

  clear(): void {
    if (this.#keys.length > keptWritesMax) {
      this.#keys = [];
      this.#values = [];
      this.#ends = [];
    } else {
      this.#keys.length = 0;
      this.#values.length = 0;
      this.#ends.length = 0;
    }
    this.#index = undefined;
    this.#indexedCount = 0;
  }

  /** The value is kept, not copied. */
  put(key: Key, value: Uint8Array): void {
    this.#push(key, value, single);
  }

  delete(key: Key): void {
    this.#push(key, undefined, single);
  }

  deleteRange(start: Key, end: Key | undefined): void {
    this.#push(start, undefined, end);
  }

  /** Hands every write to `sink`, in order. */
  replayInto(sink: WriteSink): void {
    for (let at = 0; at < this.#keys.length; at++) {
      const key = this.#keys[at] as Key;
      const value = this.#values[at];
      const end = this.#ends[at] as End;
      if (value !== undefined) sink.put(key, value);
      else if (end === single) sink.delete(key);
      else sink.deleteRange(key, end);
    }
  }

  /** What own writes say about a key: its value, null (deleted), or undefined (nothing). */
  lookup(key: Key): Entry | undefined {
    const count = this.#keys.length;
    if (count > scannedWritesMax || this.#indexedCount > 0) return this.#indexed().lookup(key);
    for (let at = count - 1; at >= 0; at--) {
      const written = this.#keys[at] as Key;
      const end = this.#ends[at] as End;
      if (end === single) {
        if (written === key) return this.#values[at] ?? null;
      } else if (key >= written && (end === undefined || key < end)) {
        return null;
      }
    }
    return undefined;
  }

  /** The own writes of now over `below`. */
  over(below: ReadView): ReadView {
    if (this.#keys.length === 0) return below;
    return new LayeredView(this.#indexed().image(), noLayers, below);
  }

  #push(key: Key, value: Uint8Array | undefined, end: End): void {
    this.#keys.push(key);
    this.#values.push(value);
    this.#ends.push(end);
  }

  #indexed(): Memtable {
    const index = (this.#index ??= new Memtable());
    for (; this.#indexedCount < this.#keys.length; this.#indexedCount++) {
      const key = this.#keys[this.#indexedCount] as Key;
      const end = this.#ends[this.#indexedCount] as End;
      if (end === single) index.set(key, this.#values[this.#indexedCount] ?? null);
      else index.deleteRange(key, end);
    }
    return index;
  }
}
