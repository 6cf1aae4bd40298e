/**
 * An interactive transaction: many calls, with waiting between them, then one commit.
 *
 * Reads see a snapshot of the durable state at begin plus own writes. Writes are kept in memory.
 * commit() checks the read set against everything committed since and applies the writes as one
 * operation: serializable, first committer wins. A conflict is a CONFLICT error that names the key.
 * Blind writes never conflict; a transaction without writes never does either (it is serialized
 * where it began).
 *
 * States: open → committed | rolled back (also by idle time-out or by the memory bound).
 */
import { CronosError } from "../base/errors.ts";
import type { ShardTimeMs } from "../base/ids.ts";
import type { Key } from "../base/key.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { RangeOptions, ReadView, Row, Snapshot } from "../store/base-tree.ts";
import type { HistoryReader } from "./commit-history.ts";
import type { Transaction } from "./transaction.ts";
import { WriteOverlay } from "./write-overlay.ts";

/** Default bound of own writes and read set together, in bytes. */
const TRANSACTION_BYTES_MAX = 64 * 1024 * 1024;
/** Default time without a call after which a transaction is rolled back. */
const IDLE_TIMEOUT_MS = 60_000;
/** Counted per read key or range beside its bytes. */
const READ_OVERHEAD_BYTES = 64;

export interface InteractiveOptions {
  readonly bytesMax?: number;
  readonly idleTimeoutMs?: number;
}

/** What the transaction needs of its shard. */
export interface InteractiveHost {
  readonly clock: Clock;
  readonly snapshot: Snapshot;
  readonly reader: HistoryReader;
  readonly now: ShardTimeMs;
  execute<T>(operation: (tx: Transaction) => T): Promise<T>;
}

interface ReadRange {
  readonly start: Key;
  end: Key | undefined;
}

export class InteractiveTransaction implements ReadView {
  /** Shard time at begin. */
  readonly now: ShardTimeMs;
  readonly #host: InteractiveHost;
  readonly #bytesMax: number;
  readonly #idleTimeoutMs: number;
  readonly #overlay = new WriteOverlay();
  readonly #readKeys = new Set<Key>();
  readonly #readRanges: ReadRange[] = [];
  #bytes = 0;
  #lastUse: number;
  #timer: Timer;
  #ended: CronosError | undefined;

  constructor(host: InteractiveHost, options: InteractiveOptions = {}) {
    this.#host = host;
    this.now = host.now;
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
    if (!this.#readKeys.has(key)) {
      this.#grow(key.length + READ_OVERHEAD_BYTES);
      this.#readKeys.add(key);
    }
    return this.#overlay.get(key, this.#host.snapshot);
  }

  /** Rows of the range; what counts as read is the part of it that was iterated. */
  *range(start: Key, end: Key | undefined, options: RangeOptions = {}): Iterable<Row> {
    this.#use();
    this.#grow(start.length + (end?.length ?? 0) + READ_OVERHEAD_BYTES);
    // Reverse reads keep the whole range: their start is what moves.
    const read: ReadRange = { start, end: options.reverse === true ? end : start };
    this.#readRanges.push(read);
    const limit = options.limit ?? Number.POSITIVE_INFINITY;
    let count = 0;
    const rows = this.#overlay.range(start, end, { ...options, below: this.#host.snapshot });
    for (const row of rows) {
      count++;
      if (options.reverse !== true) read.end = `${row[0]}\x00`;
      yield row;
    }
    if (count < limit) read.end = end;
  }

  put(key: Key, value: Uint8Array): void {
    this.#use();
    this.#grow(key.length + value.length);
    this.#overlay.put(key, Uint8Array.from(value));
  }

  delete(key: Key): void {
    this.#use();
    this.#grow(key.length);
    this.#overlay.delete(key);
  }

  deleteRange(start: Key, end: Key | undefined): void {
    this.#use();
    this.#grow(start.length + (end?.length ?? 0));
    this.#overlay.deleteRange(start, end);
  }

  /**
   * Applies the writes, all or none, and resolves when they are durable.
   * Throws CONFLICT, naming a key, when something it read was written by another since it began.
   */
  async commit(): Promise<void> {
    this.#use();
    this.#ended = new CronosError("CLOSED", "Transaction is committed");
    try {
      if (this.#overlay.size === 0) return;
      await this.#host.execute((tx) => {
        this.#check();
        this.#overlay.replayInto(tx);
      });
    } finally {
      this.#release();
    }
  }

  /** Forgets everything. Harmless after the end. */
  rollback(): void {
    this.#end(new CronosError("CLOSED", "Transaction is rolled back"));
  }

  #check(): void {
    const reads = { keys: this.#readKeys, ranges: this.#readRanges };
    const conflict = this.#host.reader.conflict(reads);
    if (conflict === undefined) return;
    if (conflict === "too-old") {
      throw new CronosError("CONFLICT", "Transaction is too old: too much was written since it began");
    }
    const key = Buffer.from(conflict.key, "latin1").toString("hex");
    throw new CronosError("CONFLICT", `Transaction conflicts with another one: key ${key}`, {
      details: { key: conflict.key },
    });
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
    );
    this.#end(error);
    throw error;
  }

  #armIdleTimer(delayMs: number): Timer {
    return this.#host.clock.after(delayMs, () => {
      const idle = this.#host.clock.monotonic() - this.#lastUse;
      if (idle < this.#idleTimeoutMs) {
        this.#timer = this.#armIdleTimer(this.#idleTimeoutMs - idle);
        return;
      }
      this.#end(
        new CronosError("TIMEOUT", `Transaction was idle for ${this.#idleTimeoutMs} ms: rolled back`),
      );
    });
  }

  #end(why: CronosError): void {
    if (this.#ended !== undefined) return;
    this.#ended = why;
    this.#release();
  }

  #release(): void {
    this.#timer.cancel();
    this.#overlay.clear();
    this.#host.snapshot.release();
    this.#host.reader.close();
  }
}
