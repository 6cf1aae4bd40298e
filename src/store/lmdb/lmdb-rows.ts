/**
 * Scans of the rows in LMDB: an iterator over lmdb-js's own that checks each value. Bounds are
 * turned into what lmdb-js understands: it wants the side to begin at as "start"; a bound of "" is
 * none.
 */
import type { RangeOptions as LmdbRange, Transaction } from "lmdb";
import type { Key } from "../../base/key.ts";
import { keyBytesMax } from "../base-tree.ts";
import type { RangeOptions, Row } from "../base-tree.ts";
import type { LmdbEnvironment } from "./lmdb-environment.ts";
import { lmdbError } from "./lmdb-errors.ts";
import type { RowCodec } from "./row-codec.ts";

interface Span {
  readonly start: Key;
  readonly end: Key | undefined;
}

type ScanOptions = RangeOptions & { readonly transaction?: Transaction };

const finished: IteratorResult<Row, undefined> = { done: true, value: undefined };

export const noRows: readonly Row[] = [];

/** The rows of a scan; iterable once. */
export class LmdbRows implements IterableIterator<Row> {
  readonly #entries: Iterator<{ readonly key: Key; readonly value: Buffer | number }>;
  readonly #codec: RowCodec;
  readonly #file: string;

  constructor(environment: LmdbEnvironment, span: Span, options: ScanOptions) {
    const { rows, codec, file } = environment;
    this.#codec = codec;
    this.#file = file;
    this.#entries = rows.getRange(lmdbRange(span, options))[Symbol.iterator]();
  }

  /** The keys of a span, values unread. */
  static keys({ rows }: LmdbEnvironment, span: Span): Iterable<Key> {
    return rows.getKeys(lmdbRange(span, {}));
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Row, undefined> {
    const entry = this.nextStored();
    if (entry === undefined) return finished;
    try {
      return { done: false, value: [entry.key, this.#codec.take(entry.key, entry.size)] };
    } catch (error) {
      this.return();
      throw error;
    }
  }

  /**
   * The next row's key and stored size; its value can be taken from the codec, until the next read.
   */
  nextStored(): { readonly key: Key; readonly size: number } | undefined {
    try {
      const step = this.#entries.next();
      if (step.done === true) return undefined;
      return { key: step.value.key, size: Number(step.value.value) };
    } catch (error) {
      this.return();
      throw lmdbError(error, "read the rows of", this.#file);
    }
  }

  /** Gives the cursor back; for...of calls it when the loop is left early. */
  return(): IteratorResult<Row, undefined> {
    this.#entries.return?.();
    return finished;
  }
}

function lmdbRange(span: Span, options: ScanOptions): LmdbRange {
  const low = cutBound(span.start);
  const high = cutBound(span.end ?? "");
  const { reverse = false, limit = Number.POSITIVE_INFINITY, transaction } = options;
  const bounds = reverse
    ? { reverse, limit, start: high, exclusiveStart: true, end: low, inclusiveEnd: true }
    : { limit, start: low, end: high };
  return transaction === undefined ? bounds : { ...bounds, transaction };
}

/** A bound that LMDB takes and that lies between the same rows. */
function cutBound(bound: Key): Key {
  return bound.length <= keyBytesMax ? bound : `${bound.slice(0, keyBytesMax)}\0`;
}
