/**
 * A shard: one log, one store, one writer.
 *
 * Operations run at once against the tip and join the open batch. The batch is sealed into one
 * record at the end of the event loop's turn if nothing is in flight; while records are in flight it
 * keeps collecting (group commit) until there is room or it is worth a write of its own.
 *
 *   run(op) ─▶ tip ─▶ open batch ─seal─▶ log.append ─▶ durable mark ─▶ hooks, observers, promises
 *
 * States:
 *   open       operations run
 *   read-only  an append failed: everything not durable was undone, the models were rebuilt, writes
 *              are refused with the cause while recovery is tried every RECOVERY_INTERVAL_MS
 *   closing    operations are refused, what is in flight settles
 *   closed
 *
 * Invariants: records become durable in order; `durable` shows exactly the records up to
 * `durableIndex`; the tip is `durable` plus the batches in flight plus the open batch; shard time
 * never goes back, across restarts too.
 *
 * Not here: what rows mean (models/), files (log/, store/), conflict checks (interactive.ts).
 */
import { assert } from "../base/assert.ts";
import { CronosError, toCronosError } from "../base/errors.ts";
import { logIndex, shardTimeMs } from "../base/ids.ts";
import type { Epoch, LogIndex, ShardTimeMs } from "../base/ids.ts";
import type { Log, LogRecord } from "../log/log.ts";
import { MutationArena } from "../log/mutation-arena.ts";
import { decodeMutations } from "../log/mutation-codec.ts";
import type { Clock } from "../ports/clock.ts";
import type { BaseTree, ReadView, Snapshot } from "../store/base-tree.ts";
import type { TipMark } from "../store/store.ts";
import { Store } from "../store/store.ts";
import { Batch } from "./batch.ts";
import type { Pending } from "./batch.ts";
import { CommitHistory } from "./commit-history.ts";
import type { InteractiveOptions } from "./interactive.ts";
import { InteractiveTransaction } from "./interactive.ts";
import { ObserverFeed } from "./observer.ts";
import { Operation } from "./operation.ts";
import type { Transaction } from "./transaction.ts";

/** How often a read-only shard tries to append again. */
const RECOVERY_INTERVAL_MS = 250;
/** A batch this large is sealed while others are in flight: the log is then busy with writing. */
const SEAL_BYTES = 256 * 1024;
/** Frozen memtables waiting for the base tree before execute() makes callers wait. */
const FROZEN_MAX = 2;
/** Sealed records waiting (fsync-mode every_event) before execute() makes callers wait. */
const SEALED_MAX = 256;
/** Memory for rows, as a multiple of memtableBytesMax, above which writes are refused. */
const MEMORY_FACTOR_MAX = 8;

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
  /** Told when writing to the base tree failed; it is tried again at the next commit. */
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
  readonly #operation: Operation;
  readonly #history = new CommitHistory();
  readonly #feed: ObserverFeed;
  readonly #derived: DerivedState[] = [];
  /** Sealed batches that are not durable yet, oldest first. */
  readonly #inFlight: Batch[] = [];
  /** How many of them the log was given; it takes `inFlightMax` at once. */
  #appending = 0;
  readonly #memoryBytesMax: number;
  /** Half a record: what is in the open batch and one more operation always fit in one. */
  readonly #operationBytesMax: number;
  #state: State = "open";
  #cause: CronosError | undefined;
  #open = new Batch(new MutationArena());
  #sealScheduled = false;
  #lastTime: number;
  #tipIndex: LogIndex;
  #durableIndex: LogIndex;
  #durableMark: TipMark;
  #durableView: ReadView;
  #flushing: Promise<void> | undefined;

  private constructor(options: ShardOptions, store: Store) {
    this.#options = options;
    this.#memoryBytesMax = options.memtableBytesMax * MEMORY_FACTOR_MAX;
    this.#operationBytesMax = Math.floor(options.log.bodyBytesMax / 2);
    this.#log = options.log;
    this.#clock = options.clock;
    this.#store = store;
    this.#operation = new Operation(store.tip);
    this.#lastTime = options.log.headTime;
    this.#tipIndex = options.log.head;
    this.#durableIndex = options.log.head;
    this.#durableMark = store.mark();
    this.#durableView = store.view(this.#durableMark);
    this.#feed = new ObserverFeed(options.log, () => this.#durableIndex);
  }

  /**
   * Opens the shard: replays the records behind the base tree's applied index.
   * Throws CORRUPTION when the log does not reach back that far or a record is bad.
   */
  static async open(options: ShardOptions): Promise<Shard> {
    const store = new Store(options.base);
    await replay(options, store);
    return new Shard(options, store);
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

  /**
   * Every record still to become durable was or will be sealed with operations of at least this
   * time: no row whose due time is smaller can still become visible.
   */
  get settledTime(): ShardTimeMs {
    const oldest = this.#inFlight[0] ?? (this.#open.empty ? undefined : this.#open);
    return oldest === undefined ? this.now : shardTimeMs(oldest.startTime);
  }

  get cause(): CronosError | undefined {
    return this.#cause;
  }

  /** Registers derived state that must follow when the tip rolls back. */
  attach(derived: DerivedState): void {
    this.#derived.push(derived);
  }

  /**
   * Runs an operation against the tip, at once. Its writes join the open batch; onDurable hooks and
   * tipDurable() tell when they are durable. A throw undoes it.
   * Throws READ_ONLY (or DISK_FULL) while the log cannot be appended to, CLOSED after close().
   */
  run<T>(operation: (tx: Transaction) => T): T {
    if (this.#state !== "open") this.#refuse();
    if (this.#memtableBytes > this.#memoryBytesMax) this.#refuseMemory();
    if (this.#open.arena.byteLength > this.#operationBytesMax) this.#makeRoom();
    const batch = this.#open;
    const tx = this.#operation;
    const now = this.now;
    tx.begin(batch.arena, now);
    let result: T;
    try {
      result = operation(tx);
      this.#checkSize(tx.byteLength);
    } catch (error) {
      tx.undo();
      throw error;
    }
    if (this.#history.active) tx.peek(this.#history.sink(logIndex(this.#tipIndex + 1)));
    const wrote = tx.finish(this.#store);
    this.#addDurableHooks(tx.takeDurableHooks(), wrote);
    for (const hook of tx.takeAppliedHooks()) hook();
    if (wrote) this.#wrote(now);
    return result;
  }

  /** Like run(), resolving with the result once it and everything it saw is durable. */
  async execute<T>(operation: (tx: Transaction) => T): Promise<T> {
    const room = this.room();
    if (room !== undefined) await room;
    const result = this.run(operation);
    await this.tipDurable();
    return result;
  }

  /** What to wait for before the next run() when the log or the base tree cannot keep up. */
  room(): Promise<void> | undefined {
    if (this.#store.frozenCount < FROZEN_MAX && !this.#isFull) return undefined;
    return this.#makesRoom();
  }

  async #makesRoom(): Promise<void> {
    if (this.#store.frozenCount >= FROZEN_MAX) await this.#flushing;
    while (this.#isFull) await this.#inFlight[0]?.settled.catch(() => {});
  }

  /** Resolves when everything that ran until now is durable; rejects when some of it was lost. */
  tipDurable(): Promise<void> {
    return this.#newestBatch()?.settled ?? Promise.resolve();
  }

  /**
   * What must become durable before the tip may be shown to anybody; undefined when all of it is.
   * Costs nothing: who works through many operations asks after each and waits once.
   */
  get pending(): Pending | undefined {
    return this.#newestBatch();
  }

  /** The durable state, kept as it is until it is released. */
  snapshot(): Snapshot {
    return this.#store.snapshot(this.#durableMark);
  }

  /** Starts an interactive transaction on the durable state of now. */
  begin(options: InteractiveOptions = {}): InteractiveTransaction {
    if (this.#state !== "open") this.#refuse();
    if (!this.#history.active) this.#collectInFlight();
    const host = {
      clock: this.#clock,
      snapshot: this.snapshot(),
      reader: this.#history.open(this.#durableIndex),
      now: this.now,
      execute: <T>(operation: (tx: Transaction) => T) => this.execute(operation),
    };
    return new InteractiveTransaction(host, options);
  }

  /**
   * Durable records from `from` on, without end, in order. Throws OUT_OF_RANGE when they were
   * trimmed. End it by leaving the loop; it ends by itself when the shard closes.
   */
  observe(from: LogIndex): AsyncIterable<LogRecord> {
    return this.#feed.observe(from);
  }

  get stats(): { readonly memtableBytes: number; readonly inFlight: number } {
    return { memtableBytes: this.#memtableBytes, inFlight: this.#inFlight.length };
  }

  /** Writes everything in memory to the base tree and trims the log behind it. */
  async flush(): Promise<void> {
    if (!this.#open.empty) this.#seal();
    this.#store.freeze(this.#tipIndex);
    await this.tipDurable();
    // A running flush may have begun before the layer above was there.
    await this.#flushing;
    this.#startFlush();
    await this.#flushing;
  }

  /** Waits for what is in flight. The log and the base tree stay open; their owner closes them. */
  async close(): Promise<void> {
    if (this.#state === "closed" || this.#state === "closing") return;
    this.#state = "closing";
    if (!this.#open.empty) this.#seal();
    await Promise.allSettled(this.#inFlight.map((batch) => batch.settled));
    await this.#flushing;
    this.#feed.close();
    this.#state = "closed";
  }

  /** Nothing more may be in flight, and the open batch has no room for an operation. */
  get #isFull(): boolean {
    if (this.#inFlight.length >= SEALED_MAX) return true;
    return (
      this.#open.arena.byteLength > this.#operationBytesMax &&
      this.#inFlight.length >= this.#log.inFlightMax
    );
  }

  get #memtableBytes(): number {
    return this.#store.activeBytes + this.#store.frozenBytes;
  }

  /** The batch whose end makes everything that ran until now durable. */
  #newestBatch(): Batch | undefined {
    return this.#open.empty ? this.#inFlight.at(-1) : this.#open;
  }

  /** Hooks of an operation that only read wait for what it saw. */
  #addDurableHooks(hooks: readonly (() => void)[], wrote: boolean): void {
    if (hooks.length === 0) return;
    const batch = wrote ? this.#open : this.#newestBatch();
    if (batch !== undefined) batch.addHooks(hooks);
    else for (const hook of hooks) hook();
  }

  /** The history starts with the writes that the durable snapshot does not show yet. */
  #collectInFlight(): void {
    for (const batch of [...this.#inFlight, this.#open]) {
      const version = batch === this.#open ? logIndex(this.#tipIndex + 1) : batch.index;
      const sink = this.#history.sink(version);
      for (const chunk of batch.arena.chunks()) decodeMutations(chunk, sink);
    }
  }

  #checkSize(bytes: number): void {
    if (bytes <= this.#operationBytesMax) return;
    throw new CronosError(
      "TOO_LARGE",
      `Transaction must write at most ${this.#operationBytesMax} bytes: it writes ${bytes}`,
    );
  }

  #wrote(now: ShardTimeMs): void {
    const batch = this.#open;
    if (batch.operations++ === 0) batch.startTime = now;
    if (!this.#options.groupCommit) {
      this.#seal();
      return;
    }
    if (this.#sealScheduled || !this.#maySeal()) return;
    this.#sealScheduled = true;
    this.#clock.soon(() => {
      this.#sealScheduled = false;
      if (!this.#open.empty && this.#maySeal()) this.#seal();
    });
  }

  #maySeal(): boolean {
    if (this.#inFlight.length === 0) return true;
    if (this.#inFlight.length >= this.#log.inFlightMax) return false;
    return this.#open.arena.byteLength >= SEAL_BYTES;
  }

  #seal(): void {
    const batch = this.#open;
    this.#open = new Batch(batch.arena.next());
    this.#tipIndex = logIndex(this.#tipIndex + 1);
    batch.index = this.#tipIndex;
    batch.time = this.#lastTime;
    if (this.#store.activeBytes >= this.#options.memtableBytesMax) this.#store.freeze(batch.index);
    batch.mark = this.#store.mark();
    this.#inFlight.push(batch);
    this.#appendSealed();
  }

  #appendSealed(): void {
    while (this.#appending < this.#log.inFlightMax) {
      const batch = this.#inFlight[this.#appending];
      if (batch === undefined) return;
      this.#appending++;
      this.#append(batch);
    }
  }

  #append(batch: Batch): void {
    const start = this.#clock.monotonic();
    this.#log
      .append({
        index: batch.index,
        time: batch.time,
        epoch: this.#options.epoch,
        chunks: batch.arena.chunks(),
      })
      .then(
        () => {
          this.#options.onCommit?.(this.#clock.monotonic() - start, batch.operations);
          this.#becameDurable(batch);
        },
        (error: unknown) => this.#appendFailed(error),
      );
  }

  #becameDurable(batch: Batch): void {
    const oldest = this.#inFlight.shift();
    assert(oldest === batch, "Records must become durable in order");
    this.#appending--;
    this.#durableIndex = batch.index;
    this.#durableMark = batch.mark as TipMark;
    this.#durableView = this.#store.view(this.#durableMark);
    batch.becomeDurable();
    this.#feed.wake();
    this.#appendSealed();
    if (!this.#open.empty && this.#maySeal()) this.#seal();
    this.#startFlush();
  }

  #appendFailed(thrown: unknown): void {
    if (this.#inFlight.length === 0) return; // Undone with the first failure already.
    const cause = toCronosError(thrown);
    const lost = [...this.#inFlight.splice(0), this.#open];
    this.#appending = 0;
    this.#open = new Batch(new MutationArena());
    this.#tipIndex = this.#durableIndex;
    this.#store.rollback(this.#durableMark);
    this.#durableView = this.#store.view(this.#durableMark);
    this.#cause = cause;
    if (this.#state === "open") this.#state = "read-only";
    for (const derived of this.#derived) derived.rebuild(this.#durableView);
    this.#options.onStateChange?.(cause);
    for (const batch of lost) batch.becomeLost(cause);
    this.#scheduleRecovery();
  }

  #scheduleRecovery(): void {
    this.#clock.after(RECOVERY_INTERVAL_MS, () => {
      if (this.#state !== "read-only") return;
      this.#log.recover().then(
        () => this.#recovered(),
        (error: unknown) => {
          this.#cause = toCronosError(error);
          this.#scheduleRecovery();
        },
      );
    });
  }

  #recovered(): void {
    if (this.#state !== "read-only") return;
    assert(this.#log.head === this.#durableIndex, "A recovered log must end where it was durable");
    this.#state = "open";
    this.#cause = undefined;
    this.#options.onStateChange?.(undefined);
  }

  #refuse(): never {
    if (this.#state === "read-only") {
      const cause = this.#cause as CronosError;
      const code = cause.code === "DISK_FULL" ? "DISK_FULL" : "READ_ONLY";
      throw new CronosError(code, `Shard is read-only: ${cause.message}`, { cause });
    }
    throw new CronosError("CLOSED", "Database is closed");
  }

  #makeRoom(): void {
    if (!this.#isFull) this.#seal();
    else {
      throw new CronosError(
        "OVERLOADED",
        `Writes must wait for the log: ${this.#inFlight.length} records are in flight`,
      );
    }
  }

  #refuseMemory(): never {
    throw new CronosError(
      "OVERLOADED",
      `Writes must wait for the base tree: ${this.#memtableBytes} bytes are in memory, at ` +
        `most ${this.#memoryBytesMax} may be`,
    );
  }

  /** Writes frozen memtables whose records are durable to the base tree, one after another. */
  #startFlush(): void {
    if (this.#flushing !== undefined || this.#store.frozenCount === 0) return;
    this.#flushing = this.#flushAll().finally(() => {
      this.#flushing = undefined;
    });
  }

  async #flushAll(): Promise<void> {
    try {
      for (;;) {
        const start = this.#clock.monotonic();
        const before = this.#store.appliedIndex;
        const upTo = this.#durableIndex;
        // Otherwise a power loss could leave a base tree that is ahead of its log.
        await this.#log.sync();
        const applied = await this.#store.flush(upTo);
        if (applied === before) return;
        this.#options.onFlush?.(this.#clock.monotonic() - start);
        await this.#log.trim(logIndex(applied + 1));
      }
    } catch (error) {
      // The rows stay in memory and in the log; the next commit tries again.
      this.#options.onFlushError?.(toCronosError(error));
    }
  }
}

/** Brings the store up to the log's head. */
async function replay(options: ShardOptions, store: Store): Promise<void> {
  const { log, base, memtableBytesMax } = options;
  const from = logIndex(base.appliedIndex + 1);
  if (from > log.head + 1) {
    throw new CronosError(
      "CORRUPTION",
      `Log ends at record ${log.head}, but the base tree holds records up to ${base.appliedIndex}`,
    );
  }
  if (from > log.head) return;
  if (from < log.first) {
    throw new CronosError(
      "CORRUPTION",
      `Log starts at record ${log.first}, but the base tree needs records from ${from}`,
    );
  }
  for await (const record of log.read(from)) {
    // The record's body is only lent: the rows keep a copy of it.
    decodeMutations(Buffer.from(record.body), store);
    if (store.activeBytes < memtableBytesMax) continue;
    store.freeze(record.index);
    await store.flush(record.index);
  }
}
