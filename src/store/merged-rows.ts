/**
 * Scans that merge sorted sources, newest first: of several entries with one key the newest counts,
 * and a tombstone hides what is below it. Deleted ranges of newer sources are jumped over.
 */
import type { Key } from "../base/key.ts";
import type { RangeOptions, Row } from "./base-tree.ts";
import { firstVisible, lastVisible } from "./range-tombstones.ts";
import type { HiddenRanges, Span } from "./range-tombstones.ts";

/** One layer's part of a scan: its current entry (key undefined at the end) and the way on. */
export interface EntrySource {
  readonly key: Key | undefined;
  readonly value: Uint8Array | null | undefined;
  /** Goes to the first entry of the span in the scan's direction; advance() stays inside it. */
  seek(span: Span): void;
  advance(): void;
  close(): void;
}

/** A source without the entries that deleted ranges of newer layers hide. */
export class VisibleSource implements EntrySource {
  readonly #source: EntrySource;
  readonly #hidden: readonly HiddenRanges[];
  readonly #reverse: boolean;
  #span: Span = { start: "", end: "" };
  /** The part of the span around the current key in which nothing is hidden. */
  #gap: Span = this.#span;

  constructor(source: EntrySource, hidden: readonly HiddenRanges[], reverse: boolean) {
    this.#source = source;
    this.#hidden = hidden;
    this.#reverse = reverse;
  }

  get key(): Key | undefined {
    return this.#source.key;
  }

  get value(): Uint8Array | null | undefined {
    return this.#source.value;
  }

  seek(span: Span): void {
    this.#span = span;
    this.#gap = { start: "", end: "" };
    this.#source.seek(span);
    this.#skipHidden();
  }

  advance(): void {
    this.#source.advance();
    this.#skipHidden();
  }

  close(): void {
    this.#source.close();
  }

  /** Each turn jumps over a hidden range to the next entry, so empty gaps cost nothing. */
  #skipHidden(): void {
    for (;;) {
      const { key } = this.#source;
      if (key === undefined || isWithin(this.#gap, key)) return;
      const { start, end } = this.#span;
      const gap = this.#reverse
        ? lastVisible(this.#hidden, { start, end: key + "\0" })
        : firstVisible(this.#hidden, { start: key, end });
      if (gap === undefined) return this.#source.close();
      this.#gap = gap;
      if (isWithin(gap, key)) return;
      this.#source.seek(this.#reverse ? { start, end: gap.end } : { start: gap.start, end });
    }
  }
}

function isWithin(span: Span, key: Key): boolean {
  return key >= span.start && (span.end === undefined || key < span.end);
}

/** The rows of a scan; iterable once. */
export class MergedRows implements IterableIterator<Row> {
  readonly #open: () => EntrySource[];
  readonly #reverse: boolean;
  #left: number;
  #sources: EntrySource[] | undefined = undefined;

  /** `open` gives the sources, newest first, each at its first entry in the scan's direction. */
  constructor(open: () => EntrySource[], options: RangeOptions) {
    this.#open = open;
    this.#reverse = options.reverse ?? false;
    this.#left = options.limit ?? Number.POSITIVE_INFINITY;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Row, undefined> {
    if (this.#left <= 0) return this.return();
    this.#sources ??= this.#open();
    for (;;) {
      const source = this.#nearest(this.#sources);
      if (source?.key === undefined) return this.return();
      const { key, value } = source;
      // The limit counts rows, so the last row needs no look ahead.
      if (value !== null && --this.#left <= 0) this.return();
      else this.#advancePast(this.#sources, key);
      if (value) return { done: false, value: [key, value] };
    }
  }

  /** Closes the cursors; for...of calls it when the loop is left early. */
  return(): IteratorResult<Row, undefined> {
    this.#left = 0;
    if (this.#sources !== undefined) for (const source of this.#sources) source.close();
    this.#sources = [];
    return { done: true, value: undefined };
  }

  /** The source with the nearest key; of several with the same key the newest. */
  #nearest(sources: readonly EntrySource[]): EntrySource | undefined {
    let nearest: EntrySource | undefined;
    for (const source of sources) {
      const { key } = source;
      if (key === undefined) continue;
      if (nearest?.key === undefined) nearest = source;
      else if (this.#reverse ? key > nearest.key : key < nearest.key) nearest = source;
    }
    return nearest;
  }

  #advancePast(sources: readonly EntrySource[], key: Key): void {
    for (const source of sources) if (source.key === key) source.advance();
  }
}
