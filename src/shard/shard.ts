/**
 * A shard: one log, one store, one writer.
 *
 * Operations run at once against the tip and join the open batch, which becomes one record
 * (group-commit.ts). When the record is durable, observers, hooks and promises hear of it.
 *
 *   run(op) ─▶ tip ─▶ open batch ─seal─▶ log.append ─▶ durable mark ─▶ hooks, promises, observers
 *
 * States:
 *   open       operations run
 *   read-only  an append failed: everything not durable was undone, the models were rebuilt, writes
 *              are refused with the cause while recovery is tried every RECOVERY_INTERVAL_MS
 *   closing    operations are refused, what is in flight settles
 *   closed
 *
 * Invariants: records become durable in order; `durable` shows exactly the records up to
 * `durableIndex`; the tip is `durable` plus the sealed batches plus the open batch; shard time
 * never goes back, across restarts too.
 *
 * Memory: the rows of the memtables, at most MEMORY_FACTOR_MAX times memtableBytesMax, and the
 * record buffers they lie in (freeze-rule.ts); with interactive transactions their own bound each
 * and the commit history's. A caller that waits for room() before it writes is slowed down before
 * it is refused.
 *
 * Not here: what rows mean (models/), files (log/, store/), conflict checks (interactive.ts).
 */
import { assert } from "../base/assert.ts";
import { CronosError, toCronosError } from "../base/errors.ts";
import { shardTimeMs } from "../base/ids.ts";
import type { Epoch, LogIndex, ShardTimeMs } from "../base/ids.ts";
import type { Log, LogRecord } from "../log/log.ts";
import { decodeMutations } from "../log/mutation-codec.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { BaseTree, ReadView, Snapshot } from "../store/base-tree.ts";
import type { TipMark } from "../store/store.ts";
import { Store } from "../store/store.ts";
import type { Batch, Pending, Seal } from "./batch.ts";
import { CommitHistory } from "./commit-history.ts";
import { Flusher } from "./flusher.ts";
import { FreezeRule } from "./freeze-rule.ts";
import { GroupCommit } from "./group-commit.ts";
import type { InteractiveOptions } from "./interactive.ts";
import { InteractiveTransaction } from "./interactive.ts";
import { ObserverFeed } from "./observer.ts";
import { Operation } from "./operation.ts";
import { replay } from "./replay.ts";
import type { Transaction } from "./transaction.ts";

/** How often a read-only shard tries to append again. */
const RECOVERY_INTERVAL_MS = 250;
/** Frozen memtables waiting for the base tree before execute() makes callers wait. */
const FROZEN_MAX = 2;
/** Memory for rows, as a multiple of memtableBytesMax, above which writes are refused. */
const MEMORY_FACTOR_MAX = 8;
/** Interactive transactions open at once. */
const INTERACTIVE_MAX = 1024;

const alreadyDurable: Promise<void> = Promise.resolve();

export interface ShardOptions {
  readonly log: Log;
  readonly base: BaseTree;
  readonly clock: Clock;
  readonly epoch: Epoch;
  /** False seals a record after every operation (fsync-mode every_event). */
  readonly groupCommit: boolean;
  /** Bytes of rows in memory above which they are written to the base tree. */
  readonly memtableBytesMax: number;
  /** Told how long each group commit took, from seal to durable, in ms. */
  readonly onCommit?: (durationMs: number, operations: number) => void;
  /** Told when the shard becomes read-only (with the cause) and when it is open again. */
  readonly onStateChange?: (cause: CronosError | undefined) => void;
  /** Told how long writing a memtable to the base tree took, in ms. */
  readonly onFlush?: (durationMs: number) => void;
  /** Told when writing to the base tree failed; it is tried again. */
  readonly onFlushError?: (cause: CronosError) => void;
}

/** State that a model derives from rows; see DESIGN "Model". */
export interface DerivedState {
  /** Rebuilds everything from the rows; called when the tip rolled back. */
  rebuild(view: ReadView): void;
}

type State = "open" | "read-only" | "closing" | "closed";

export class Shard {
  readonly #options: ShardOptions;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #freezeRule: FreezeRule;
  readonly #commits: GroupCommit;
  readonly #flusher: Flusher;
  readonly #operation: Operation;
  readonly #history = new CommitHistory();
  readonly #interactive = new Set<InteractiveTransaction>();
  readonly #feed: ObserverFeed;
  readonly #derived: DerivedState[] = [];
  readonly #memoryBytesMax: number;
  #state: State = "open";
  #cause: CronosError | undefined;
  #recovery: Timer | undefined;
  /** A rebuild failed: the derived state is not that of the rows. */
  #derivedIsStale = false;
  #lastTime: number;
  #durableIndex: LogIndex;
  #durableMark: TipMark;
  #durableView: ReadView;
  #closing: Promise<void> | undefined;

  private constructor(options: ShardOptions, store: Store, freezeRule: FreezeRule) {
    const { log, clock } = options;
    this.#options = options;
    this.#log = log;
    this.#clock = clock;
    this.#store = store;
    this.#freezeRule = freezeRule;
    this.#memoryBytesMax = options.memtableBytesMax * MEMORY_FACTOR_MAX;
    this.#lastTime = log.headTime;
    this.#durableIndex = log.head;
    this.#durableMark = store.mark();
    this.#durableView = store.view(this.#durableMark);
    const durableIndex = () => this.#durableIndex;
    this.#commits = new GroupCommit(options, {
      seal: (index, batch) => this.#seal(index, batch),
      durable: (seal) => this.#becameDurable(seal),
      lost: (cause) => this.#lost(cause),
    });
    this.#operation = new Operation(store.tip, this.#commits.operationBytesMax, () => {
      return this.#commits.stamp();
    });
    this.#feed = new ObserverFeed(log, durableIndex);
    const { onFlush, onFlushError } = options;
    this.#flusher = new Flusher({ store, log, clock, durableIndex, onFlush, onFlushError });
  }

  /**
   * Opens the shard: replays the records behind the base tree's applied index.
   * Throws CORRUPTION when the log does not reach back that far or a record is bad.
   */
  static async open(options: ShardOptions): Promise<Shard> {
    const store = new Store(options.base);
    const freezeRule = new FreezeRule(options.memtableBytesMax);
    await replay(options.log, options.base, { store, freezeRule });
    return new Shard(options, store, freezeRule);
  }

  /** Everything up to the newest durable record. Read it within one turn of the event loop. */
  get durable(): ReadView {
    return this.#durableView;
  }

  get durableIndex(): LogIndex {
    return this.#durableIndex;
  }

  /** Everything, durable or not. Who shows it to anybody must wait for tipDurable() first. */
  get tip(): ReadView {
    return this.#store.tip;
  }

  /** Shard time now. */
  get now(): ShardTimeMs {
    this.#lastTime = Math.max(this.#lastTime, this.#clock.now());
    return shardTimeMs(this.#lastTime);
  }

  /** Why nothing can be written now, if so. */
  get cause(): CronosError | undefined {
    return this.#cause;
  }

  /** Registers derived state that must follow when the tip rolls back. */
  attach(derived: DerivedState): void {
    this.#derived.push(derived);
  }

  /**
   * Runs an operation against the tip, at once. Its writes join the open batch; onDurable hooks and
   * tipDurable() tell when they are durable. A throw undoes it; hooks must not throw.
   * Throws READ_ONLY (or DISK_FULL) while the log cannot be appended to, OVERLOADED when the log or
   * the base tree is too far behind, CLOSED after close().
   */
  run<T>(operation: (tx: Transaction) => T): T {
    const tx = this.#operation;
    assert(!tx.running, "An operation must not start inside another one");
    if (this.#state !== "open") this.#refuse();
    if (this.#memtableBytes > this.#memoryBytesMax) this.#refuseMemory();
    this.#commits.makeRoom();
    tx.begin(this.#commits.open.arena, this.now);
    let result: T;
    try {
      result = operation(tx);
      tx.checkSize();
    } catch (error) {
      tx.undo();
      throw error;
    }
    if (this.#history.active) tx.peek(this.#history.noting(this.#commits.nextIndex));
    const wrote = tx.finish(this.#store);
    const applied = tx.takeAppliedHooks();
    const durable = tx.takeDurableHooks();
    if (wrote) {
      this.#commits.open.addHooks(durable);
      this.#commits.wrote();
    }
    for (const hook of applied) hook();
    if (!wrote) this.#whenTipDurable(durable);
    return result;
  }

  /**
   * Like run(), resolving with the result once it and everything it saw is durable. Waits for
   * room() first.
   */
  async execute<T>(operation: (tx: Transaction) => T): Promise<T> {
    const room = this.room();
    if (room !== undefined) await room;
    const result = this.run(operation);
    const batch = this.#commits.newest;
    if (batch !== undefined) await batch.settled;
    return result;
  }

  /** What to wait for before the next run() when the log or the base tree cannot keep up. */
  room(): Promise<void> | undefined {
    if (this.#store.frozenCount < FROZEN_MAX) return this.#commits.room();
    return this.#makesRoom();
  }

  async #makesRoom(): Promise<void> {
    // Once: while the base tree fails, writing goes on until memory is used up.
    await this.#flusher.idle();
    await this.#commits.room();
  }

  /**
   * Resolves when everything that ran until now is durable; rejects when some of it was lost.
   * To be called in the turn of the event loop in which it ran: what was lost before is not known.
   */
  tipDurable(): Promise<void> {
    return this.#commits.newest?.settled ?? alreadyDurable;
  }

  /**
   * What must become durable before the tip may be shown to anybody; undefined when all of it is.
   * Costs nothing: who works through many operations asks after each and waits once.
   */
  get pending(): Pending | undefined {
    return this.#commits.newest;
  }

  /** The durable state, kept as it is until it is released. */
  snapshot(): Snapshot {
    return this.#store.snapshot(this.#durableMark);
  }

  /** Starts an interactive transaction on the durable state of now. */
  begin(options: InteractiveOptions = {}): InteractiveTransaction {
    assert(!this.#operation.running, "A transaction must not begin inside an operation");
    if (this.#state === "closing" || this.#state === "closed") this.#refuse();
    if (this.#interactive.size >= INTERACTIVE_MAX) {
      const state = `${INTERACTIVE_MAX} are open`;
      throw new CronosError("OVERLOADED", `Interactive transaction cannot begin: ${state}`);
    }
    const snapshot = this.snapshot();
    const isFirst = !this.#history.active;
    const reader = this.#history.open(this.#durableIndex);
    if (isFirst) this.#notePending();
    const transaction: InteractiveTransaction = new InteractiveTransaction(
      {
        clock: this.#clock,
        now: this.now,
        readVersion: this.#durableIndex,
        snapshot,
        tip: this.tip,
        place: () => ({
          version: this.#commits.nextIndex,
          stamp: this.#commits.stamp(),
        }),
        conflict: (reads) => reader.conflict(reads),
        execute: (operation) => this.execute(operation),
        ended: () => {
          this.#interactive.delete(transaction);
          reader.close();
          snapshot.release();
        },
      },
      options,
    );
    this.#interactive.add(transaction);
    return transaction;
  }

  /**
   * Durable records from `from` on, without end, in order. Throws OUT_OF_RANGE when they were
   * trimmed. End it by leaving the loop, or by return() from outside; it ends by itself when the
   * shard closes.
   */
  observe(from: LogIndex): AsyncIterableIterator<LogRecord> {
    return this.#feed.observe(from);
  }

  get stats(): { readonly memtableBytes: number; readonly inFlight: number } {
    return { memtableBytes: this.#memtableBytes, inFlight: this.#commits.sealedCount };
  }

  /**
   * Writes everything in memory to the base tree and trims the log behind it. Throws what the base
   * tree or the log threw; nothing is lost then.
   */
  async flush(): Promise<void> {
    assert(!this.#operation.running, "A shard must not be flushed inside an operation");
    this.#commits.seal();
    this.#store.freeze(this.#commits.tipIndex);
    // Marked again: the mark of before would keep the rows in memory until the next record.
    const mark = this.#store.mark();
    const { newest } = this.#commits;
    if (newest?.seal === undefined) this.#setDurable(this.#durableIndex, mark);
    else newest.seal = { ...newest.seal, mark };
    await this.tipDurable();
    await this.#flusher.flush();
  }

  /**
   * Ends interactive transactions and observers, waits for what is in flight. The log and the base
   * tree stay open; their owner closes them.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#state = "closing";
    this.#recovery?.cancel();
    for (const transaction of this.#interactive) transaction.end(closedError());
    this.#commits.seal();
    await this.#commits.settled();
    await this.#flusher.close();
    this.#feed.close();
    this.#state = "closed";
  }

  get #memtableBytes(): number {
    return this.#store.activeBytes + this.#store.frozenBytes;
  }

  /** Hooks of an operation that only read wait for what it saw. */
  #whenTipDurable(hooks: readonly (() => void)[]): void {
    if (hooks.length === 0) return;
    const { newest } = this.#commits;
    if (newest !== undefined) newest.addHooks(hooks);
    else for (const hook of hooks) hook();
  }

  /** The history starts with the writes that the durable snapshot does not show yet. */
  #notePending(): void {
    for (const [index, batch] of this.#commits.pending()) {
      const sink = this.#history.noting(index);
      for (const chunk of batch.arena.chunks()) decodeMutations(chunk, sink);
    }
  }

  #seal(index: LogIndex, batch: Batch): Seal {
    if (this.#freezeRule.isDue(this.#store.activeBytes, batch.arena.byteLength)) {
      this.#store.freeze(index);
    }
    return { index, time: this.#lastTime, mark: this.#store.mark() };
  }

  #setDurable(index: LogIndex, mark: TipMark): void {
    this.#durableIndex = index;
    this.#durableMark = mark;
    this.#durableView = this.#store.view(mark);
  }

  #becameDurable(seal: Seal): void {
    this.#setDurable(seal.index, seal.mark);
    this.#feed.wake();
    this.#flusher.start();
  }

  #lost(cause: CronosError): void {
    this.#store.rollback(this.#durableMark);
    this.#durableView = this.#store.view(this.#durableMark);
    this.#history.rolledBack(this.#durableIndex);
    if (this.#state !== "open") return;
    this.#state = "read-only";
    this.#cause = cause;
    this.#derivedIsStale = true;
    try {
      this.#rebuildDerived();
    } catch (error) {
      // A row could not be read: recovery tries it again, and nobody can write until it is done.
      this.#cause = toCronosError(error);
    }
    this.#options.onStateChange?.(this.#cause);
    this.#scheduleRecovery();
  }

  #rebuildDerived(): void {
    if (!this.#derivedIsStale) return;
    for (const derived of this.#derived) derived.rebuild(this.#durableView);
    this.#derivedIsStale = false;
  }

  #scheduleRecovery(): void {
    if (this.#state !== "read-only") return;
    this.#recovery = this.#clock.after(RECOVERY_INTERVAL_MS, () => void this.#recover());
  }

  async #recover(): Promise<void> {
    try {
      await this.#log.recover();
      if (this.#state !== "read-only") return;
      assert(this.#log.head === this.#durableIndex, "A recovered log ends where it was durable");
      this.#rebuildDerived();
    } catch (error) {
      this.#cause = toCronosError(error);
      this.#scheduleRecovery();
      return;
    }
    this.#state = "open";
    this.#cause = undefined;
    this.#options.onStateChange?.(undefined);
  }

  #refuse(): never {
    const cause = this.#cause;
    if (this.#state !== "read-only" || cause === undefined) throw closedError();
    const code = cause.code === "DISK_FULL" ? "DISK_FULL" : "READ_ONLY";
    throw new CronosError(code, `Shard is read-only: ${cause.message}`, { cause });
  }

  #refuseMemory(): never {
    throw new CronosError(
      "OVERLOADED",
      `Writes must wait for the base tree: ${this.#memtableBytes} bytes are in memory, at ` +
        `most ${this.#memoryBytesMax} may be`,
    );
  }
}

function closedError(): CronosError {
  return new CronosError("CLOSED", "Database is closed");
}
