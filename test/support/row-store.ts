/**
 * A small store for tests of models: operations over rows in memory, a tip and a durable state, and
 * the tip's roll-back. Written for clearness; range() looks at every row.
 */
import { shardTimeMs } from "../../src/base/ids.ts";
import type { Key } from "../../src/base/key.ts";
import type { Transaction } from "../../src/shard/transaction.ts";
import type { RangeOptions, ReadView, Row } from "../../src/store/base-tree.ts";

export class RowStore implements ReadView {
  now = shardTimeMs(1);
  #tip = new Map<Key, Uint8Array>();
  #durable = new Map<Key, Uint8Array>();
  #durableHooks: (() => void)[] = [];

  /** Bytes of the rows in the tip. */
  get bytes(): number {
    return [...this.#tip.values()].reduce((total, row) => total + row.length, 0);
  }

  get(key: Key): Uint8Array | undefined {
    return this.#tip.get(key);
  }

  range(start: Key, end: Key | undefined, options: RangeOptions = {}): Row[] {
    const isInside = ([key]: Row) => key >= start && (end === undefined || key < end);
    const rows = [...this.#tip].filter(isInside).sort(([a], [b]) => (a < b ? -1 : 1));
    if (options.reverse) rows.reverse();
    return rows.slice(0, options.limit);
  }

  /** Runs an operation; a throw undoes it. */
  readonly run = <T>(operation: (tx: Transaction) => T): T => {
    const before = new Map(this.#tip);
    const applied: (() => void)[] = [];
    const durable: (() => void)[] = [];
    const undone: (() => void)[] = [];
    try {
      const result = operation(this.#transaction({ applied, durable, undone }));
      this.#durableHooks.push(...durable);
      for (const hook of applied) hook();
      return result;
    } catch (error) {
      this.#tip = before;
      for (const hook of undone.toReversed()) hook();
      throw error;
    }
  };

  /** Every operation until now becomes durable. */
  sync(): void {
    this.#durable = new Map(this.#tip);
    for (const hook of this.#durableHooks.splice(0)) hook();
  }

  /** What is not durable is lost. */
  rollBack(): void {
    this.#tip = new Map(this.#durable);
    this.#durableHooks = [];
  }

  #transaction(hooks: Record<"applied" | "durable" | "undone", (() => void)[]>): Transaction {
    const tx: Transaction = {
      now: this.now,
      get: (key) => this.get(key),
      range: (start, end, options) => this.range(start, end, options),
      put: (key, value) => void this.#tip.set(key, Buffer.from(value)),
      reserve: (key, length) => {
        const bytes = Buffer.alloc(length);
        this.#tip.set(key, bytes);
        return bytes;
      },
      delete: (key) => void this.#tip.delete(key),
      deleteRange: (start, end) => {
        for (const [key] of this.range(start, end)) this.#tip.delete(key);
      },
      onApplied: (hook) => void hooks.applied.push(hook),
      onUndone: (hook) => void hooks.undone.push(hook),
      onDurable: (hook) => void hooks.durable.push(hook),
      atCommit: (run) => run(tx),
      modify: (key, merge) => {
        const value = merge(tx.get(key), () => new Uint8Array(10));
        if (value === undefined) tx.delete(key);
        else tx.put(key, value);
      },
    };
    return tx;
  }
}
