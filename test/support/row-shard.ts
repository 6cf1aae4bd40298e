/**
 * The least shard that a model can be tested on: rows in a map, one operation after the other, a
 * tip that is durable when the test says so, and a kill that takes it back to what was durable.
 */
import { assert } from "../../src/base/assert.ts";
import { CronosError } from "../../src/base/errors.ts";
import { shardTimeMs } from "../../src/base/ids.ts";
import type { ShardTimeMs } from "../../src/base/ids.ts";
import type { Key } from "../../src/base/key.ts";
import type { Merge, Transaction } from "../../src/shard/transaction.ts";
import type { RangeOptions, ReadView, Row } from "../../src/store/base-tree.ts";

type Rows = ReadonlyMap<Key, Buffer>;

class RowView implements ReadView {
  rows: Map<Key, Buffer>;

  constructor(rows: Rows) {
    this.rows = new Map(rows);
  }

  get(key: Key): Buffer | undefined {
    return this.rows.get(key);
  }

  range(start: Key, end: Key | undefined, options: RangeOptions = {}): readonly Row[] {
    const rows: Row[] = [...this.rows].filter(([key]) => {
      return key >= start && (end === undefined || key < end);
    });
    rows.sort(([a], [b]) => (a < b ? -1 : 1));
    if (options.reverse === true) rows.reverse();
    return rows.slice(0, options.limit);
  }
}

class RowTransaction extends RowView implements Transaction {
  readonly now: ShardTimeMs;
  readonly applied: (() => void)[] = [];
  readonly undone: (() => void)[] = [];
  readonly durable: (() => void)[] = [];

  constructor(rows: Rows, now: number) {
    super(rows);
    this.now = shardTimeMs(now);
  }

  put(key: Key, value: Uint8Array): void {
    this.rows.set(key, Buffer.from(value));
  }

  reserve(key: Key, length: number): Buffer {
    const value = Buffer.alloc(length);
    this.rows.set(key, value);
    return value;
  }

  delete(key: Key): void {
    this.rows.delete(key);
  }

  deleteRange(start: Key, end: Key | undefined): void {
    for (const [key] of this.range(start, end)) this.rows.delete(key);
  }

  atCommit(run: (tx: Transaction) => void): void {
    run(this);
  }

  modify(key: Key, merge: Merge): void {
    const value = merge(this.get(key), () => new Uint8Array(10));
    if (value === undefined) this.delete(key);
    else this.put(key, value);
  }

  onApplied(run: () => void): void {
    this.applied.push(run);
  }

  onUndone(run: () => void): void {
    this.undone.push(run);
  }

  onDurable(run: () => void): void {
    this.durable.push(run);
  }
}

interface Waiting {
  readonly durable: readonly (() => void)[];
  readonly resolve: () => void;
  readonly reject: (error: CronosError) => void;
}

export class RowShard {
  readonly #wallNow: () => number;
  #tip: Rows = new Map();
  #durable: Rows = new Map();
  #waiting: Waiting[] = [];
  #isRunning = false;

  constructor(wallNow: () => number) {
    this.#wallNow = wallNow;
  }

  /** The newest rows, durable or not. */
  get tip(): ReadView {
    return new RowView(this.#tip);
  }

  /** Whether an operation waits to be durable. */
  get isBusy(): boolean {
    return this.#waiting.length > 0;
  }

  /** The rows that a kill leaves. */
  get durable(): ReadView {
    return new RowView(this.#durable);
  }

  /** Runs the operation at once; resolves when makeDurable() is called, rejects at kill(). */
  execute<T>(operation: (tx: Transaction) => T): Promise<T> {
    assert(!this.#isRunning, "An operation must not start inside another one");
    const tx = new RowTransaction(this.#tip, this.#wallNow());
    this.#isRunning = true;
    let result: T;
    try {
      result = operation(tx);
    } catch (error) {
      for (const run of tx.undone.toReversed()) run();
      return Promise.reject(error);
    } finally {
      this.#isRunning = false;
    }
    this.#tip = tx.rows;
    for (const run of tx.applied) run();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ durable: tx.durable, resolve: () => resolve(result), reject });
    });
  }

  makeDurable(): void {
    this.#durable = this.#tip;
    for (const { durable, resolve } of this.#waiting.splice(0)) {
      for (const run of durable) run();
      resolve();
    }
  }

  /** Loses what is not durable. */
  kill(): void {
    this.#tip = this.#durable;
    const error = new CronosError("UNAVAILABLE", "Shard was killed");
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
