/**
 * The transaction an operation runs in. One object serves every operation of a shard in turn:
 * begin() … finish() or undo(). Bytes go straight into the open batch's arena (they are the
 * record), the rows are views of them; the overlay keeps the rows until the operation succeeded.
 */
import { assert } from "../base/assert.ts";
import type { ShardTimeMs } from "../base/ids.ts";
import type { Key } from "../base/key.ts";
import type { Mark, MutationArena } from "../log/mutation-arena.ts";
import type { RangeOptions, ReadView, Row } from "../store/base-tree.ts";
import type { Transaction } from "./transaction.ts";
import type { WriteSink } from "./write-overlay.ts";
import { WriteOverlay } from "./write-overlay.ts";

const noHooks: readonly (() => void)[] = [];

export class Operation implements Transaction {
  readonly #overlay = new WriteOverlay();
  readonly #tip: ReadView;
  #arena: MutationArena | undefined;
  #mark: Mark | undefined;
  #startBytes = 0;
  #now = 0 as ShardTimeMs;
  #applied: (() => void)[] | undefined;
  #durable: (() => void)[] | undefined;
  #undone: (() => void)[] | undefined;

  constructor(tip: ReadView) {
    this.#tip = tip;
  }

  get running(): boolean {
    return this.#arena !== undefined;
  }

  /** Bytes the running operation has written. */
  get byteLength(): number {
    return this.#running().byteLength - this.#startBytes;
  }

  /** Starts an operation whose bytes go into `arena`. */
  begin(arena: MutationArena, now: ShardTimeMs): void {
    assert(this.#arena === undefined, "An operation must not start inside another one");
    this.#arena = arena;
    this.#mark = arena.mark();
    this.#startBytes = arena.byteLength;
    this.#now = now;
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
    for (const hook of undone?.reverse() ?? noHooks) hook();
  }

  takeAppliedHooks(): readonly (() => void)[] {
    const hooks = this.#applied ?? noHooks;
    this.#applied = undefined;
    return hooks;
  }

  takeDurableHooks(): readonly (() => void)[] {
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
    return this.#overlay.get(key, this.#tip);
  }

  range(start: Key, end: Key | undefined, options: RangeOptions = {}): Iterable<Row> {
    this.#running();
    return this.#overlay.range(start, end, { ...options, below: this.#tip });
  }

  put(key: Key, value: Uint8Array): void {
    this.#overlay.put(key, this.#running().put(key, value));
  }

  reserve(key: Key, length: number): Buffer {
    const bytes = this.#running().reserve(key, length);
    this.#overlay.put(key, bytes);
    return bytes;
  }

  delete(key: Key): void {
    this.#running().delete(key);
    this.#overlay.delete(key);
  }

  deleteRange(start: Key, end: Key | undefined): void {
    this.#running().deleteRange(start, end);
    this.#overlay.deleteRange(start, end);
  }

  atCommit(run: (tx: Transaction) => void): void {
    run(this);
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
}
