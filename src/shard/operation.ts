/**
 * The transaction an operation runs in. One object serves every operation of a shard in turn:
 * begin() … finish() or undo(). Bytes go straight into the open batch's arena (they are the
 * record), the rows are views of them; the overlay keeps the rows until the operation succeeded.
 *
 * Whatever can be wrong with a write is found when it is made, never in finish(), which could not
 * be undone any more.
 */
import { assert } from "../base/assert.ts";
import { CronosError } from "../base/errors.ts";
import type { ShardTimeMs } from "../base/ids.ts";
import type { Key } from "../base/key.ts";
import type { Mark, MutationArena } from "../log/mutation-arena.ts";
import type { RangeOptions, ReadView, Row } from "../store/base-tree.ts";
import { checkRowKey } from "../store/store.ts";
import type { Merge, Transaction } from "./transaction.ts";
import type { WriteSink } from "./write-overlay.ts";
import { WriteOverlay } from "./write-overlay.ts";

type Hooks = readonly (() => void)[];
const noHooks: Hooks = [];

export class Operation implements Transaction {
  readonly #overlay = new WriteOverlay();
  readonly #tip: ReadView;
  readonly #bytesMax: number;
  readonly #stamp: () => Uint8Array;
  #arena: MutationArena | undefined;
  #mark: Mark | undefined;
  #startBytes = 0;
  #now = 0 as ShardTimeMs;
  #applied: (() => void)[] | undefined;
  #durable: (() => void)[] | undefined;
  #undone: (() => void)[] | undefined;

  /** An operation reads `tip` and may encode to `bytesMax` bytes; `stamp` tells its place. */
  constructor(tip: ReadView, bytesMax: number, stamp: () => Uint8Array) {
    this.#tip = tip;
    this.#bytesMax = bytesMax;
    this.#stamp = stamp;
  }

  get running(): boolean {
    return this.#arena !== undefined;
  }

  /** Starts an operation whose bytes go into `arena`. */
  begin(arena: MutationArena, now: ShardTimeMs): void {
    this.#arena = arena;
    this.#mark = arena.mark();
    this.#startBytes = arena.byteLength;
    this.#now = now;
  }

  /** Throws TOO_LARGE if the running operation has written more than it may. */
  checkSize(): void {
    this.#writing(0);
  }

  /** Shows the writes of a running operation, in order. */
  peek(sink: WriteSink): void {
    this.#overlay.replayInto(sink);
  }

  /** Ends it with success: its rows go to `sink`. Tells whether it wrote anything. */
  finish(sink: WriteSink): boolean {
    const wrote = this.#overlay.size > 0;
    if (wrote) {
      this.#overlay.replayInto(sink);
      this.#overlay.clear();
    }
    this.#arena = undefined;
    this.#undone = undefined;
    return wrote;
  }

  /** Ends it without a trace. */
  undo(): void {
    this.#running().rewind(this.#mark as Mark);
    this.#overlay.clear();
    this.#arena = undefined;
    this.#applied = undefined;
    this.#durable = undefined;
    const undone = this.#undone;
    this.#undone = undefined;
    if (undone !== undefined) for (const hook of undone.toReversed()) hook();
  }

  takeAppliedHooks(): Hooks {
    const hooks = this.#applied ?? noHooks;
    this.#applied = undefined;
    return hooks;
  }

  takeDurableHooks(): Hooks {
    const hooks = this.#durable ?? noHooks;
    this.#durable = undefined;
    return hooks;
  }

  get now(): ShardTimeMs {
    this.#running();
    return this.#now;
  }

  get(key: Key): Uint8Array | undefined {
    this.#running();
    const own = this.#overlay.lookup(key);
    return own === undefined ? this.#tip.get(key) : (own ?? undefined);
  }

  range(start: Key, end: Key | undefined, options?: RangeOptions): Iterable<Row> {
    this.#running();
    return this.#overlay.over(this.#tip).range(start, end, options);
  }

  put(key: Key, value: Uint8Array): void {
    checkRowKey(key);
    this.#overlay.put(key, this.#writing(value.length).put(key, value));
  }

  reserve(key: Key, length: number): Buffer {
    checkRowKey(key);
    const bytes = this.#writing(length).reserve(key, length);
    this.#overlay.put(key, bytes);
    return bytes;
  }

  delete(key: Key): void {
    this.#writing(key.length).delete(key);
    this.#overlay.delete(key);
  }

  deleteRange(start: Key, end: Key | undefined): void {
    this.#writing(start.length).deleteRange(start, end);
    this.#overlay.deleteRange(start, end);
  }

  atCommit(run: (tx: Transaction) => void): void {
    run(this);
  }

  modify(key: Key, merge: Merge): void {
    const before = this.get(key);
    const after = merge(before, this.#stamp);
    if (after === before) return;
    if (after === undefined) this.delete(key);
    else this.put(key, after);
  }

  onApplied(run: () => void): void {
    this.#running();
    (this.#applied ??= []).push(run);
  }

  onUndone(run: () => void): void {
    this.#running();
    (this.#undone ??= []).push(run);
  }

  onDurable(run: () => void): void {
    this.#running();
    (this.#durable ??= []).push(run);
  }

  #running(): MutationArena {
    assert(this.#arena !== undefined, "A transaction must not be used after its operation ended");
    return this.#arena;
  }

  /** Refuses a write that would be too large before it takes memory. */
  #writing(bytes: number): MutationArena {
    const arena = this.#running();
    const after = arena.byteLength - this.#startBytes + bytes;
    if (after > this.#bytesMax) {
      throw new CronosError(
        "TOO_LARGE",
        `Transaction must write at most ${this.#bytesMax} bytes: it writes ${after}`,
        { details: { bytes: after, bytesMax: this.#bytesMax } },
      );
    }
    return arena;
  }
}
