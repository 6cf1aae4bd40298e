/**
 * The Log in memory: for open(":memory:") and for tests of what stands on a log. Nothing survives
 * the process. Trimming frees records one by one, so memory holds what is not flushed yet.
 *
 * For tests it can be told to hold appends back and to fail, at any moment a real log might:
 *
 *   writable ── failNext(), then append ──> broken ── recover() ──> writable
 *   flowing  ── hold() ──> held: appends wait ── release() ──> flowing
 */
import { assert } from "../../base/assert.ts";
import { CronosError } from "../../base/errors.ts";
import { epoch, logIndex } from "../../base/ids.ts";
import type { Epoch, LogIndex } from "../../base/ids.ts";
import type { Log, LogAppend, LogRecord, LogStats } from "../log.ts";
import { chunksByteLength } from "../record.ts";

interface PendingAppend {
  readonly record: LogRecord;
  readonly resolve: () => void;
  readonly reject: (error: CronosError) => void;
}

export class MemoryLog implements Log {
  readonly bodyBytesMax = 64 * 1024 * 1024;
  readonly inFlightMax = 4;
  #records: LogRecord[] = [];
  #first = 1;
  #head: Omit<LogRecord, "body"> = { index: logIndex(0), time: 0, epoch: epoch(0) };
  #tipIndex = 0;
  #bytes = 0;
  #queue: PendingAppend[] = [];
  #isSettling = false;
  #isHeld = false;
  #failure: CronosError | undefined;
  #recoverFailure: CronosError | undefined;
  #broken: CronosError | undefined;
  #isClosed = false;
  readonly #syncListeners: ((durationMs: number) => void)[] = [];
  #syncCount = 0;

  get first(): LogIndex {
    return logIndex(this.#first);
  }

  get head(): LogIndex {
    return this.#head.index;
  }

  get headTime(): number {
    return this.#head.time;
  }

  get headEpoch(): Epoch {
    return this.#head.epoch;
  }

  // --- For tests -----------------------------------------------------------------------------

  /** Appends wait from now on, until release() or, when the log breaks, for ever failed. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Lets the appends that wait, and later ones, become durable. */
  release(): void {
    this.#isHeld = false;
    this.#settleSoon();
  }

  /** The next append to settle fails with `error`, and with it those behind it. */
  failNext(error: CronosError): void {
    this.#failure = error;
  }

  /** recover() fails with `error` until it is called with undefined. */
  failRecover(error: CronosError | undefined): void {
    this.#recoverFailure = error;
  }

  // --- Log -----------------------------------------------------------------------------------

  async append(append: LogAppend): Promise<void> {
    if (this.#isClosed) throw closedError();
    if (this.#broken !== undefined) throw this.#broken;
    const { index, time, epoch: recordEpoch, chunks } = append;
    const bodyBytes = chunksByteLength(chunks);
    if (bodyBytes > this.bodyBytesMax) {
      const state = `${bodyBytes} bytes, at most ${this.bodyBytesMax} fit`;
      throw new CronosError("TOO_LARGE", `Record ${index} cannot be appended: ${state}`);
    }
    assert(index === this.#tipIndex + 1, "Records are appended densely");
    assert(this.#queue.length < this.inFlightMax, "At most inFlightMax appends may be in flight");
    this.#tipIndex = index;
    // Copied: the chunks are the caller's again once the append settled.
    const record = { index, time, epoch: recordEpoch, body: Buffer.concat(chunks) };
    return new Promise((resolve, reject) => {
      this.#queue.push({ record, resolve, reject });
      this.#settleSoon();
    });
  }

  read(from: LogIndex): AsyncIterable<LogRecord> {
    return this.#read(from, this.head);
  }

  /** A record in memory is as durable as it will ever be. */
  async sync(): Promise<void> {}

  async trim(before: LogIndex): Promise<void> {
    const end = Math.min(before, this.#head.index + 1);
    if (end <= this.#first) return;
    for (const record of this.#records.splice(0, end - this.#first)) {
      this.#bytes -= record.body.length;
    }
    this.#first = end;
  }

  async recover(): Promise<void> {
    if (this.#isClosed) throw closedError();
    if (this.#broken === undefined) return;
    if (this.#recoverFailure !== undefined) throw this.#recoverFailure;
    this.#tipIndex = this.#head.index;
    this.#broken = undefined;
  }

  onSync(listener: (durationMs: number) => void): void {
    this.#syncListeners.push(listener);
  }

  async stats(): Promise<LogStats> {
    return {
      firstIndex: this.first,
      headIndex: this.head,
      bytes: this.#bytes,
      segments: [],
      indexEntries: 0,
      syncCount: this.#syncCount,
      syncMsTotal: 0,
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#isHeld = false;
    this.#settle();
  }

  async *#read(from: number, until: number): AsyncGenerator<LogRecord, void> {
    for (let index = from; index <= until; index++) {
      if (index < this.#first) {
        const state = `the log begins with record ${this.#first}`;
        throw new CronosError("OUT_OF_RANGE", `Record ${index} cannot be read: ${state}`);
      }
      const record = this.#records[index - this.#first];
      assert(record !== undefined, "Every record from first to head is held");
      yield record;
    }
  }

  #settleSoon(): void {
    if (this.#isSettling || this.#isHeld) return;
    this.#isSettling = true;
    // In a later turn of the promise queue, so that records appended together settle together.
    queueMicrotask(() => {
      this.#isSettling = false;
      if (!this.#isHeld) this.#settle();
    });
  }

  #settle(): void {
    const settled = this.#queue.splice(0);
    if (settled.length === 0) return;
    if (this.#failure !== undefined) {
      this.#broken = this.#failure;
      this.#failure = undefined;
      for (const { reject } of settled) reject(this.#broken);
      return;
    }
    for (const { record } of settled) {
      this.#records.push(record);
      this.#bytes += record.body.length;
      this.#head = { index: record.index, time: record.time, epoch: record.epoch };
    }
    this.#syncCount++;
    for (const listener of this.#syncListeners) listener(0);
    for (const { resolve } of settled) resolve();
  }
}

function closedError(): CronosError {
  return new CronosError("CLOSED", "The log cannot be used: it was closed");
}
