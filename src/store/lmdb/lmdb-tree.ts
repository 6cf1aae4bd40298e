/**
 * The base tree on LMDB. Reads are synchronous and read the newest commit; every value is checked.
 *
 * write() commits in slices: a slice is made on the event loop (about 0.7 µs a row), then applied
 * and synced by lmdb-js in another thread. One slice at a time, so the loop and the disk are free
 * in between, and memory holds one slice. `applied` is in the last slice's commit.
 *
 * A deleted range is walked by key and its rows removed one by one, in slices too: LMDB has nothing
 * better. Rows read for that are those of the commit before, which is right because write() gets
 * all deleted ranges first.
 *
 * Snapshots are LMDB read transactions, one per commit that is in use, counted. A pinned commit
 * keeps LMDB from using the pages again that were freed after it: the file grows while one is held
 * long.
 */
import type { Transaction } from "lmdb";
import { assert } from "../../base/assert.ts";
import { logIndex } from "../../base/ids.ts";
import type { LogIndex } from "../../base/ids.ts";
import type { Key } from "../../base/key.ts";
import { keyBytesMax } from "../base-tree.ts";
import type {
  BaseTree,
  BaseTreeStats,
  Mutation,
  RangeOptions,
  Row,
  Snapshot,
} from "../base-tree.ts";
import { openEnvironment, putMeta, readMeta } from "./lmdb-environment.ts";
import type { LmdbEnvironment } from "./lmdb-environment.ts";
import { commitFailure, lmdbError } from "./lmdb-errors.ts";
import { readStats } from "./lmdb-stats.ts";
import { LmdbRows, noRows } from "./lmdb-rows.ts";

/** A slice's limits: 1 to 2 ms of event loop, whichever is reached first. */
const sliceRowsMax = 1000;
const sliceBytesMax = 1024 * 1024;

/** Opens the tree in `directory`, which must exist and be locked by the caller. */
export function openLmdbTree(directory: string): LmdbTree {
  return new LmdbTree(openEnvironment(directory));
}

/** A commit that snapshots hold. */
interface Pin {
  readonly transaction: Transaction;
  holders: number;
}

/** What is left of a deleted range that a slice did not finish. */
interface RangeLeft {
  readonly start: Key;
  readonly end: Key | undefined;
}

export class LmdbTree implements BaseTree {
  readonly #environment: LmdbEnvironment;
  #appliedIndex: LogIndex;
  #writing: Promise<void> | undefined = undefined;
  /** The pin of the newest commit, while it has holders. */
  #newestPin: Pin | undefined = undefined;
  readonly #pins = new Set<Pin>();
  #isClosed = false;

  constructor(environment: LmdbEnvironment) {
    this.#environment = environment;
    this.#appliedIndex = logIndex(readMeta(environment, "applied") ?? 0);
  }

  get appliedIndex(): LogIndex {
    return this.#appliedIndex;
  }

  get(key: Key): Uint8Array | undefined {
    return this.#get(key);
  }

  range(start: Key, end: Key | undefined, options: RangeOptions = {}): Iterable<Row> {
    return this.#range({ start, end }, options);
  }

  async write(mutations: Iterable<Mutation>, appliedIndex: LogIndex): Promise<void> {
    assert(!this.#isClosed, "Tree must not be written after close()");
    assert(this.#writing === undefined, "Only one write may run at a time");
    this.#writing = this.#writeSlices(mutations, appliedIndex);
    try {
      await this.#writing;
    } finally {
      this.#writing = undefined;
    }
    this.#appliedIndex = appliedIndex;
  }

  snapshot(): Snapshot {
    assert(!this.#isClosed, "Tree must not be read after close()");
    const pin = this.#newestPin ?? this.#pinNewest();
    pin.holders++;
    return new LmdbSnapshot(pin.transaction, {
      get: (key, transaction) => this.#get(key, transaction),
      range: (span, options) => this.#range(span, options),
      release: () => this.#unpin(pin),
    });
  }

  stats(): BaseTreeStats {
    return readStats(this.#environment);
  }

  /** Snapshots that are still held must not be read any more. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.#writing?.catch(() => undefined);
    this.#isClosed = true;
    for (const pin of this.#pins) pin.transaction.done();
    this.#pins.clear();
    await this.#environment.root.close();
  }

  #get(key: Key, transaction?: Transaction): Uint8Array | undefined {
    assert(!this.#isClosed, "Tree must not be read after close()");
    if (key.length === 0 || key.length > keyBytesMax) return undefined;
    const { rows, codec, file } = this.#environment;
    let size: Buffer | number | undefined;
    try {
      size = transaction === undefined ? rows.get(key) : rows.get(key, { transaction });
    } catch (error) {
      throw lmdbError(error, "read a row of", file);
    }
    return typeof size === "number" ? codec.take(key, size) : undefined;
  }

  #range(
    span: RangeLeft,
    options: RangeOptions & { readonly transaction?: Transaction },
  ): Iterable<Row> {
    assert(!this.#isClosed, "Tree must not be read after close()");
    if (span.end !== undefined && span.end <= span.start) return noRows;
    return new LmdbRows(this.#environment, span, options);
  }

  async #writeSlices(mutations: Iterable<Mutation>, appliedIndex: LogIndex): Promise<void> {
    const { rows, file } = this.#environment;
    const writer = new SliceWriter(this.#environment, mutations);
    while (!writer.isDone) {
      try {
        await rows.batch(() => {
          writer.putSlice();
          if (writer.isDone) putMeta(this.#environment, "applied", appliedIndex);
        });
      } catch (error) {
        throw lmdbError(await commitFailure(error), "write to", file);
      } finally {
        // Otherwise the rest of this turn would go on reading the commit before.
        rows.resetReadTxn();
        this.#newestPin = undefined;
      }
    }
  }

  #pinNewest(): Pin {
    const { rows } = this.#environment;
    rows.resetReadTxn();
    this.#newestPin = { transaction: rows.useReadTransaction(), holders: 0 };
    this.#pins.add(this.#newestPin);
    return this.#newestPin;
  }

  #unpin(pin: Pin): void {
    pin.holders--;
    if (pin.holders > 0 || !this.#pins.delete(pin)) return;
    if (this.#newestPin === pin) this.#newestPin = undefined;
    pin.transaction.done();
  }
}

/** Puts mutations into batches, a slice at a time. */
class SliceWriter {
  readonly #environment: LmdbEnvironment;
  readonly #mutations: Iterator<Mutation>;
  #next: IteratorResult<Mutation, unknown>;
  #rangeLeft: RangeLeft | undefined = undefined;
  #rowsLeft = 0;
  #bytesLeft = 0;

  constructor(environment: LmdbEnvironment, mutations: Iterable<Mutation>) {
    this.#environment = environment;
    this.#mutations = mutations[Symbol.iterator]();
    this.#next = this.#mutations.next();
  }

  /** Nothing is left; true after the last slice, which may be the first. */
  get isDone(): boolean {
    return this.#next.done === true && this.#rangeLeft === undefined && this.#rowsLeft > 0;
  }

  /** To be called inside a batch. */
  putSlice(): void {
    this.#rowsLeft = sliceRowsMax;
    this.#bytesLeft = sliceBytesMax;
    while (this.#rowsLeft > 0 && this.#bytesLeft > 0) {
      if (this.#rangeLeft !== undefined) {
        this.#removeRange(this.#rangeLeft);
      } else if (this.#next.done === true) {
        return;
      } else {
        this.#apply(this.#next.value);
        this.#next = this.#mutations.next();
      }
    }
  }

  #apply(mutation: Mutation): void {
    this.#rowsLeft--;
    if (mutation.kind === "put") this.#put(mutation.key, mutation.value);
    else if (mutation.kind === "delete") this.#remove(mutation.key);
    else this.#rangeLeft = { start: mutation.start, end: mutation.end };
  }

  #put(key: Key, value: Uint8Array): void {
    assert(key.length >= 1 && key.length <= keyBytesMax, "Key must have 1 to keyBytesMax bytes");
    const { rows, codec } = this.#environment;
    this.#bytesLeft -= key.length + value.length;
    void rows.put(key, codec.store(key, value));
  }

  #remove(key: Key): void {
    if (key.length >= 1 && key.length <= keyBytesMax) void this.#environment.rows.remove(key);
  }

  #removeRange(range: RangeLeft): void {
    this.#rangeLeft = undefined;
    if (range.end !== undefined && range.end <= range.start) return;
    const keys = LmdbRows.keys(this.#environment, range);
    for (const key of keys) {
      if (this.#rowsLeft <= 0) {
        this.#rangeLeft = { start: key, end: range.end };
        return;
      }
      this.#rowsLeft--;
      this.#remove(key);
    }
  }
}

/** What a snapshot asks of its tree. */
interface SnapshotReader {
  get(key: Key, transaction: Transaction): Uint8Array | undefined;
  range(
    span: RangeLeft,
    options: RangeOptions & { readonly transaction: Transaction },
  ): Iterable<Row>;
  release(): void;
}

class LmdbSnapshot implements Snapshot {
  #transaction: Transaction | undefined;
  readonly #reader: SnapshotReader;

  constructor(transaction: Transaction, reader: SnapshotReader) {
    this.#transaction = transaction;
    this.#reader = reader;
  }

  get(key: Key): Uint8Array | undefined {
    return this.#reader.get(key, this.#held());
  }

  range(start: Key, end: Key | undefined, options: RangeOptions = {}): Iterable<Row> {
    return this.#reader.range({ start, end }, { ...options, transaction: this.#held() });
  }

  release(): void {
    if (this.#transaction === undefined) return;
    this.#transaction = undefined;
    this.#reader.release();
  }

  #held(): Transaction {
    assert(this.#transaction !== undefined, "Snapshot must not be read after its release");
    return this.#transaction;
  }
}
