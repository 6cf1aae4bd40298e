/**
 * Cursors of SCAN and HSCAN: numbers that stand for places in the key order.
 *
 * A cursor may be used any number of times, from any connection. Only the newest CURSORS_MAX are
 * known, and none from before a restart: the listing of an unknown cursor starts over. So a listing
 * that ends has shown every key that was there all the time, as Redis guarantees; some twice.
 */
import type { Key } from "../base/key.ts";

const CURSORS_MAX = 16_384;

interface Place {
  /** What is listed: prefix of its rows. */
  readonly of: Key;
  readonly from: Key;
}

export class ScanCursors {
  readonly #places = new Map<number, Place>();
  #last: number;

  /** `first` is larger than any cursor of an earlier run, such as Unix ms. */
  constructor(first: number) {
    this.#last = first;
  }

  /** The cursor, never 0, for a listing of the rows `of` to go on from `from`. */
  add(of: Key, from: Key): number {
    this.#last++;
    this.#places.set(this.#last, { of, from });
    if (this.#places.size > CURSORS_MAX) {
      for (const oldest of this.#places.keys()) {
        this.#places.delete(oldest);
        break;
      }
    }
    return this.#last;
  }

  /** Where to go on; "" is the start. */
  find(cursor: number, of: Key): Key {
    const place = this.#places.get(cursor);
    return place?.of === of ? place.from : "";
  }
}
