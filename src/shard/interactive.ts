/**
 * An interactive transaction: many calls, with waiting between them, then one commit.
 *
 * Reads see a snapshot of the durable state at begin plus own writes. Writes are kept in memory.
 * commit() checks the read set against everything committed since and applies the writes as one
 * operation: serializable, first committer wins. A conflict is a CONFLICT error that names the key.
 * A row that was to the reader as if it were not there (readAsAbsent) may be removed by another.
 * Blind writes never conflict, nor do changes by atCommit() and modify(): the latter are kept as
 * they are, over the own writes, and made at commit; a read of their key makes them own writes. A
 * transaction without writes never conflicts either (it is serialized where it began).
 *
 * States: open → ended: committed, or rolled back (also by idle time-out, by the memory bound, and
 * by closing the shard). The end gives everything back; a call after it throws why it ended.
 */
import { CronosError } from "../base/errors.ts";
import type { LogIndex, ShardTimeMs } from "../base/ids.ts";
import type { Key } from "../base/key.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { RangeOptions, ReadView, Row } from "../store/base-tree.ts";
import { checkRowKey } from "../store/store.ts";
import type { Conflict, ReadSet } from "./commit-history.ts";
import type { Merge, Transaction } from "./transaction.ts";
import { WriteOverlay } from "./write-overlay.ts";

/** Default bound of own writes and read set together, in bytes. */
const TRANSACTION_BYTES_MAX = 64 * 1024 * 1024;
/** Default time without a call after which a transaction is rolled back. */
const IDLE_TIMEOUT_MS = 60_000;
/** Counted per read key or range, and per write, beside its bytes. */
const READ_OVERHEAD_BYTES = 64;
const WRITE_OVERHEAD_BYTES = 160;

export interface InteractiveOptions {
  readonly bytesMax?: number;
  readonly idleTimeoutMs?: number;
}

/**
 * Where a commit is: its record, and its stamp (see Merge), which tells its place in the record.
 */
export interface CommitPlace {
  readonly version: LogIndex;
  readonly stamp: Uint8Array;
}

/** What the transaction needs of its shard. */
export interface InteractiveHost {
  readonly clock: Clock;
  /** Shard time at begin. */
  readonly now: ShardTimeMs;
  /** Index of the newest record in the snapshot. */
  readonly readVersion: LogIndex;
  /** The durable state at begin. */
  readonly snapshot: ReadView;
  /** The newest state. */
  readonly tip: ReadView;
  /** What in the read set was written since. */
  conflict(reads: ReadSet): Conflict | undefined;
  execute<T>(operation: (tx: Transaction) => T): Promise<T>;
  /** Where the writes of the running operation will be. */
  place(): CommitPlace;
  /** The transaction has ended; called once. Takes the snapshot back. */
  ended(): void;
}

/** A part of a scan that was seen: it grows while the scan goes on. */
interface ReadRange {
  start: Key;
  end: Key | undefined;
}

type Hook = () => void;

export class InteractiveTransaction implements Transaction {
  /** Shard time at begin. */
  readonly now: ShardTimeMs;
  /** Index of the newest record in its snapshot. */
  readonly readVersion: LogIndex;
  /** While it is set, what is read is not checked at commit. */
  snapshotReads = false;
  readonly #host: InteractiveHost;
  readonly #bytesMax: number;
  readonly #idleTimeoutMs: number;
  readonly #overlay = new WriteOverlay();
  /** Changes to be made at commit, after the writes of the overlay. */
  readonly #changes = new Map<Key, Merge[]>();
  readonly #readKeys = new Set<Key>();
  readonly #readRanges: ReadRange[] = [];
  /** Keys read as absent, and what to do at commit if another has removed them. */
  readonly #readAsAbsent = new Map<Key, ((tx: Transaction) => void) | undefined>();
  /** The key that the last get() added to the read set. */
  #keyAdded: Key | undefined;
  readonly #atCommit: ((tx: Transaction) => void)[] = [];
  readonly #checks: ((view: ReadView) => void)[] = [];
  readonly #applied: Hook[] = [];
  readonly #durable: Hook[] = [];
  readonly #undone: Hook[] = [];
  #bytes = 0;
  #lastUse: number;
  #timer: Timer;
  #ended: CronosError | undefined;

  constructor(host: InteractiveHost, options: InteractiveOptions = {}) {
    this.#host = host;
    this.now = host.now;
    this.readVersion = host.readVersion;
    this.#bytesMax = options.bytesMax ?? TRANSACTION_BYTES_MAX;
    this.#idleTimeoutMs = options.idleTimeoutMs ?? IDLE_TIMEOUT_MS;
    this.#lastUse = host.clock.monotonic();
    this.#timer = this.#armIdleTimer(this.#idleTimeoutMs);
  }

  /** Bytes of own writes and read set, as counted against the bound. */
  get approximateSize(): number {
    return this.#bytes;
  }

  get(key: Key): Uint8Array | undefined {
    this.#use();
    this.#keyAdded = undefined;
    if (this.#changes.size > 0) this.#settle(key);
    return this.#read(key);
  }

  /** See CheckedView. What was read before counts as it was; own writes need no check. */
  readAsAbsent(key: Key, ifGone?: (tx: Transaction) => void): void {
    this.#use();
    if (this.#overlay.lookup(key) !== undefined) return;
    if (this.snapshotReads && ifGone === undefined) return;
    if (this.#keyAdded === key) this.#readKeys.delete(key);
    this.#readAsAbsent.set(key, ifGone);
  }

  checkRow(key: Key): void {
    this.#read(key, true);
  }

  #read(key: Key, isChecked = !this.snapshotReads): Uint8Array | undefined {
    const own = this.#overlay.lookup(key);
    // What it wrote itself it did not read: nobody else's write can change the answer.
    if (own !== undefined) return own ?? undefined;
    if (isChecked && !this.#readKeys.has(key)) {
      this.#grow(key.length + READ_OVERHEAD_BYTES);
      this.#readKeys.add(key);
      this.#keyAdded = key;
    }
    return this.#host.snapshot.get(key);
  }

  /**
   * Rows of the range as they are when the loop begins. What counts as read is the part that was
   * iterated: with a limit, or when the loop is left, up to the last row, in either direction.
   */
  *range(start: Key, end: Key | undefined, options: RangeOptions = {}): Iterable<Row> {
    this.#use();
    const { reverse = false, limit = Number.POSITIVE_INFINITY } = options;
    if (limit <= 0) return;
    for (const key of this.#changedIn(start, end)) this.#settle(key);
    let read: ReadRange | undefined;
    let left = limit;
    const view = this.#overlay.over(this.#host.snapshot);
    for (const row of view.range(start, end, options)) {
      const [key] = row;
      read ??= this.#noteRange(reverse ? { start: key, end } : { start, end: key });
      if (reverse) read.start = key;
      else read.end = `${key}\0`;
      left--;
      yield row;
      this.#use();
    }
    if (left <= 0) return;
    read ??= this.#noteRange({ start, end });
    read.start = start;
    read.end = end;
  }

  /** Counts a range as read: commit() fails if anything in it is written. */
  noteRead(start: Key, end: Key | undefined): void {
    this.#use();
    this.#noteRange({ start, end });
  }

  /** Something it read was written since, or that is not known any more: commit() would fail. */
  hasConflict(): boolean {
    if (this.#ended !== undefined) return true;
    return this.#conflict() !== undefined;
  }

  put(key: Key, value: Uint8Array): void {
    this.reserve(key, value.length).set(value);
  }

  /** The bytes may be filled until the next call. */
  reserve(key: Key, length: number): Buffer {
    this.#use();
    checkRowKey(key);
    this.#grow(key.length + length + WRITE_OVERHEAD_BYTES);
    const bytes = Buffer.alloc(length);
    this.#changes.delete(key);
    this.#overlay.put(key, bytes);
    return bytes;
  }

  delete(key: Key): void {
    this.#use();
    this.#grow(key.length + WRITE_OVERHEAD_BYTES);
    this.#changes.delete(key);
    this.#overlay.delete(key);
  }

  deleteRange(start: Key, end: Key | undefined): void {
    this.#use();
    this.#grow(start.length + (end?.length ?? 0) + WRITE_OVERHEAD_BYTES);
    for (const key of this.#changedIn(start, end)) this.#changes.delete(key);
    this.#overlay.deleteRange(start, end);
  }

  modify(key: Key, merge: Merge, heldBytes = 0): void {
    this.#use();
    checkRowKey(key);
    this.#grow(key.length + heldBytes + WRITE_OVERHEAD_BYTES);
    const changes = this.#changes.get(key);
    if (changes === undefined) this.#changes.set(key, [merge]);
    else changes.push(merge);
  }

  /** See Transaction. What it writes is not seen by reads before commit(). */
  atCommit(run: (tx: Transaction) => void): void {
    this.#use();
    this.#grow(WRITE_OVERHEAD_BYTES);
    this.#atCommit.push(run);
  }

  /** Runs at commit, if anything is written, before that; a throw makes the commit fail. */
  checkAtCommit(check: (view: ReadView) => void): void {
    this.#use();
    this.#grow(WRITE_OVERHEAD_BYTES);
    this.#checks.push(check);
  }

  onApplied(run: Hook): void {
    this.#use();
    this.#applied.push(run);
  }

  onUndone(run: Hook): void {
    this.#use();
    this.#undone.push(run);
  }

  onDurable(run: Hook): void {
    this.#use();
    this.#durable.push(run);
  }

  /**
   * Applies the writes, all or none, and resolves when they are durable: with their place, or with
   * undefined if there were none. It is the end in any case.
   * Throws CONFLICT, naming a key, when something it read was written by another since it began.
   */
  async commit(): Promise<CommitPlace | undefined> {
    this.#use();
    this.#ended = new CronosError("CLOSED", "Transaction was ended by commit()");
    if (this.#overlay.size + this.#changes.size + this.#atCommit.length === 0) {
      this.#release();
      for (const run of [...this.#applied, ...this.#durable]) run();
      return undefined;
    }
    let isApplied = false;
    try {
      return await this.#host.execute((tx) => {
        tx.onApplied(() => {
          isApplied = true;
        });
        this.#apply(tx);
        return this.#host.place();
      });
    } finally {
      this.#release();
      if (!isApplied) this.#runUndone();
    }
  }

  /** Forgets everything. Harmless after the end. */
  rollback(): void {
    this.end(new CronosError("CLOSED", "Transaction was rolled back"));
  }

  /** Rolls it back for another's reason, which later calls throw. Harmless after the end. */
  end(why: CronosError): void {
    if (this.#ended !== undefined) return;
    this.#ended = why;
    this.#release();
    this.#runUndone();
  }

  #apply(tx: Transaction): void {
    this.#checkConflict();
    const gone = this.#removed();
    for (const check of this.#checks) check(tx);
    this.#overlay.replayInto(tx);
    for (const [key, changes] of this.#changes) {
      for (const change of changes) tx.modify(key, change);
    }
    for (const key of gone) this.#readAsAbsent.get(key)?.(tx);
    for (const run of this.#atCommit) run(tx);
    for (const run of this.#applied) tx.onApplied(run);
    for (const run of this.#durable) tx.onDurable(run);
  }

  #checkConflict(): void {
    const conflict = this.#conflict();
    if (conflict === "too-old") {
      const state = "too much was written since it began";
      throw new CronosError("CONFLICT", `Transaction is too old: ${state}`);
    }
    if (conflict !== undefined) {
      const { key } = conflict;
      const hex = Buffer.from(key, "latin1").toString("hex");
      throw new CronosError("CONFLICT", `Transaction conflicts with another one: key ${hex}`, {
        details: { key },
      });
    }
  }

  /** In the read set, or among keys read as absent, of which one is there now. */
  #conflict(): Conflict | undefined {
    const { tip } = this.#host;
    const present = [...this.#readAsAbsent.keys()].filter((key) => tip.get(key) !== undefined);
    const conflict = this.#host.conflict({ keys: this.#readKeys, ranges: this.#readRanges });
    return conflict ?? this.#host.conflict({ keys: present, ranges: [] });
  }

  /** Keys read as absent that another has removed. */
  #removed(): Key[] {
    const { snapshot, tip } = this.#host;
    return [...this.#readAsAbsent.keys()].filter((key) => {
      return tip.get(key) === undefined && snapshot.get(key) !== undefined;
    });
  }

  #changedIn(start: Key, end: Key | undefined): Key[] {
    if (this.#changes.size === 0) return [];
    return [...this.#changes.keys()].filter((key) => {
      return key >= start && (end === undefined || key < end);
    });
  }

  /** Makes the changes of a key own writes, because it is read. */
  #settle(key: Key): void {
    const changes = this.#changes.get(key);
    if (changes === undefined) return;
    // What is written then depends on it, so that it must not have changed.
    const before = this.#read(key, true);
    let value = before;
    for (const change of changes) value = change(value, unknownStamp);
    this.#changes.delete(key);
    if (value === before) return;
    if (value === undefined) this.delete(key);
    else this.put(key, value);
  }

  #runUndone(): void {
    for (const run of this.#undone.toReversed()) run();
  }

  #noteRange(range: ReadRange): ReadRange {
    if (this.snapshotReads) return range;
    this.#grow(range.start.length + (range.end?.length ?? 0) + READ_OVERHEAD_BYTES);
    this.#readRanges.push(range);
    return range;
  }

  #use(): void {
    if (this.#ended !== undefined) throw this.#ended;
    this.#lastUse = this.#host.clock.monotonic();
  }

  #grow(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#bytesMax) return;
    const error = new CronosError(
      "TOO_LARGE",
      `Transaction must stay within ${this.#bytesMax} bytes: it has ${this.#bytes}`,
      { details: { bytes: this.#bytes, bytesMax: this.#bytesMax } },
    );
    this.end(error);
    throw error;
  }

  #armIdleTimer(delayMs: number): Timer {
    return this.#host.clock.after(delayMs, () => {
      const idle = this.#host.clock.monotonic() - this.#lastUse;
      if (idle < this.#idleTimeoutMs) {
        this.#timer = this.#armIdleTimer(this.#idleTimeoutMs - idle);
        return;
      }
      const state = `was idle for ${this.#idleTimeoutMs} ms`;
      this.end(new CronosError("TIMEOUT", `Transaction was rolled back: ${state}`));
    });
  }

  #release(): void {
    this.#timer.cancel();
    this.#overlay.clear();
    this.#changes.clear();
    this.#readKeys.clear();
    this.#readAsAbsent.clear();
    this.#readRanges.length = 0;
    this.#host.ended();
  }
}

function unknownStamp(): never {
  throw new CronosError(
    "INVALID_ARGUMENT",
    "Stamped value cannot be read by its own transaction: it is known at commit",
    { details: { word: "ACCESSED_UNREADABLE" } },
  );
}
