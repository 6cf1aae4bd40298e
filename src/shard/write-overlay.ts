/**
 * Own writes of a transaction, laid over the view it reads: reads see them first.
 *
 * Writes are kept in order in parallel arrays (most operations write and never read back, so a put
 * costs two array pushes); a lookup table is built at the first read that follows a write.
 * A write is a put (value), a delete (undefined) or a deleteRange (`ends` holds its end).
 */
import type { Key } from "../base/key.ts";
import type { RangeOptions, ReadView, Row } from "../store/base-tree.ts";

/** Marks an entry of `ends` that is not a deleteRange. */
const single = Symbol("single key");
type End = Key | undefined | typeof single;

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
  #hasRanges = false;
  /** Latest own write per key, up to `#indexed` writes; undefined value = deleted. */
  #latest: Map<Key, Uint8Array | undefined> | undefined;
  #indexed = 0;

  get size(): number {
    return this.#keys.length;
  }

  clear(): void {
    if (this.#keys.length === 0) return;
    // A large array is given back instead of being kept for the next transaction.
    if (this.#keys.length > 1024) {
      this.#keys = [];
      this.#values = [];
      this.#ends = [];
    } else {
      this.#keys.length = 0;
      this.#values.length = 0;
      this.#ends.length = 0;
    }
    this.#hasRanges = false;
    this.#latest = undefined;
    this.#indexed = 0;
  }

  put(key: Key, value: Uint8Array): void {
    this.#push(key, value, single);
  }

  delete(key: Key): void {
    this.#push(key, undefined, single);
  }

  deleteRange(start: Key, end: Key | undefined): void {
    this.#hasRanges = true;
    this.#push(start, undefined, end);
  }

  /** Hands every write to `sink`, in order. */
  replayInto(sink: WriteSink): void {
    for (let at = 0; at < this.#keys.length; at++) {
      const key = this.#keys[at] as Key;
      const end = this.#ends[at];
      if (end !== single) sink.deleteRange(key, end as Key | undefined);
      else if (this.#values[at] !== undefined) sink.put(key, this.#values[at] as Uint8Array);
      else sink.delete(key);
    }
  }

  get(key: Key, below: ReadView): Uint8Array | undefined {
    if (this.#keys.length === 0) return below.get(key);
    const latest = this.#index();
    const own = latest.get(key);
    if (own !== undefined) return own;
    if (latest.has(key) || (this.#hasRanges && this.#inDeletedRange(key))) return undefined;
    return below.get(key);
  }

  range(
    start: Key,
    end: Key | undefined,
    options: RangeOptions & { readonly below: ReadView },
  ): Iterable<Row> {
    const { below, reverse = false, limit = Number.POSITIVE_INFINITY } = options;
    if (this.#keys.length === 0) return below.range(start, end, options);
    return this.#merge({ start, end, reverse, limit, below });
  }

  *#merge(query: {
    readonly start: Key;
    readonly end: Key | undefined;
    readonly reverse: boolean;
    readonly limit: number;
    readonly below: ReadView;
  }): Iterable<Row> {
    const { start, end, reverse, below } = query;
    const latest = this.#index();
    const own = [...latest.keys()].filter((key) => key >= start && (end === undefined || key < end));
    own.sort(reverse ? (a, b) => (a < b ? 1 : -1) : (a, b) => (a < b ? -1 : 1));
    let left = query.limit;
    let at = 0;
    for (const row of below.range(start, end, { reverse })) {
      const [key] = row;
      while (at < own.length && left > 0 && before(own[at] as Key, key, reverse)) {
        const value = latest.get(own[at] as Key);
        if (value !== undefined) {
          left--;
          yield [own[at] as Key, value];
        }
        at++;
      }
      if (left <= 0) return;
      if (latest.has(key) || (this.#hasRanges && this.#inDeletedRange(key))) continue;
      left--;
      yield row;
      if (left <= 0) return;
    }
    for (; at < own.length && left > 0; at++) {
      const value = latest.get(own[at] as Key);
      if (value === undefined) continue;
      left--;
      yield [own[at] as Key, value];
    }
  }

  #push(key: Key, value: Uint8Array | undefined, end: End): void {
    this.#keys.push(key);
    this.#values.push(value);
    this.#ends.push(end);
  }

  /** Brings the lookup table up to date with the writes since it was last used. */
  #index(): Map<Key, Uint8Array | undefined> {
    const latest = (this.#latest ??= new Map());
    for (; this.#indexed < this.#keys.length; this.#indexed++) {
      const key = this.#keys[this.#indexed] as Key;
      const end = this.#ends[this.#indexed];
      if (end === single) {
        latest.set(key, this.#values[this.#indexed]);
        continue;
      }
      for (const written of latest.keys()) {
        if (written >= key && (end === undefined || written < (end as Key))) latest.delete(written);
      }
    }
    return latest;
  }

  #inDeletedRange(key: Key): boolean {
    for (let at = 0; at < this.#ends.length; at++) {
      const end = this.#ends[at];
      if (end === single || key < (this.#keys[at] as Key)) continue;
      if (end === undefined || key < (end as Key)) return true;
    }
    return false;
  }
}

function before(own: Key, other: Key, reverse: boolean): boolean {
  return reverse ? own >= other : own <= other;
}
