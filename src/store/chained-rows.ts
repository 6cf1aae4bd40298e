/** Scans that are made of several, one behind the other: each is begun when its turn comes. */
import type { RangeOptions, Row } from "./base-tree.ts";

/** Begins a part of a scan, of at most `limit` rows. */
export type RowsPart = (limit: number) => Iterable<Row>;

const finished: IteratorResult<Row, undefined> = { done: true, value: undefined };

/** The rows of a scan; iterable once. */
export class ChainedRows implements IterableIterator<Row> {
  readonly #parts: Iterator<RowsPart>;
  #rows: Iterator<Row> | undefined = undefined;
  #left: number;

  /** `parts` come in the direction of the scan, and are closed when it ends. */
  constructor(parts: Iterator<RowsPart>, { limit }: RangeOptions) {
    this.#parts = parts;
    this.#left = limit ?? Number.POSITIVE_INFINITY;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Row, undefined> {
    if (this.#left <= 0) return this.return();
    try {
      for (;;) {
        const step = this.#rows?.next();
        if (step !== undefined && step.done !== true) {
          // The last row ends the scan, so that who asks for no more leaves nothing open.
          if (--this.#left <= 0) this.return();
          return step;
        }
        const part = this.#parts.next();
        if (part.done === true) return this.return();
        this.#rows = part.value(this.#left)[Symbol.iterator]();
      }
    } catch (error) {
      this.return();
      throw error;
    }
  }

  /** Closes what is open; for...of calls it when the loop is left early. */
  return(): IteratorResult<Row, undefined> {
    this.#left = 0;
    this.#rows?.return?.();
    this.#rows = undefined;
    this.#parts.return?.();
    return finished;
  }
}
