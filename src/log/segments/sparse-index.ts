/**
 * Where some of a segment's writes begin: about one entry per interval of bytes, so that reading
 * from an index need not start at the front. It lives in memory only: it is filled by writing and
 * by reading, and what it does not hold can be searched in the file (segment-search.ts), so opening
 * a log reads no index and a crash cannot leave a wrong one.
 *
 * Invariant: entries are sorted, by index and by offset alike.
 */
import type { ScanStart } from "./segment-scanner.ts";

export class SparseIndex {
  readonly #intervalBytes: number;
  #entries: ScanStart[] = [];

  constructor(intervalBytes: number) {
    this.#intervalBytes = intervalBytes;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Adds the begin of a write, unless an entry closer than the interval is there. */
  note(start: ScanStart): void {
    const last = this.#entries.at(-1);
    if (last === undefined || start.offset >= last.offset + this.#intervalBytes) {
      this.#entries.push(start);
      return;
    }
    const at = this.#countUpTo(start.index);
    const before = this.#entries[at - 1];
    const after = this.#entries[at];
    if (before !== undefined && start.offset - before.offset < this.#intervalBytes) return;
    if (after !== undefined && after.offset - start.offset < this.#intervalBytes) return;
    this.#entries.splice(at, 0, start);
  }

  /** The entries around the write that holds record `index`. */
  around(index: number): { readonly before?: ScanStart; readonly after?: ScanStart } {
    // An entry says which record is before its write.
    const at = this.#countUpTo(index - 1);
    const before = this.#entries[at - 1];
    const after = this.#entries[at];
    return { ...(before && { before }), ...(after && { after }) };
  }

  clear(): void {
    this.#entries = [];
  }

  /** How many entries have an index up to `index`. */
  #countUpTo(index: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && entry.index <= index) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
