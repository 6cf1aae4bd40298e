/**
 * The Log: the only thing that makes a write durable. A log is a dense sequence of records (1, 2,
 * 3, ...). Backends: segments/ (files), memory/ (tests, open(":memory:")), jetstream/ (replicated).
 * test/contracts/log-contract.ts holds every backend to what is said here.
 *
 *        trim(before)            durable            in flight
 *   ┌──────────┬──────────────────────┬───────────────────┐
 *   1       first                   head              head + n
 *
 * - Several appends may be in flight, up to `inFlightMax`; they become durable in order.
 * - The first append that fails fails every later one that is in flight, and the log is "broken":
 *   each further append is refused with the first failure's error until `recover()` succeeds. A
 *   record whose append failed is not in the log after recover() resolved, and never comes back.
 * - An append whose outcome is unknown (a cluster's time-out) is resolved by reading the tail back,
 *   never by sending again blindly: the promise settles only when the outcome is known.
 * - Corruption in the middle is a CORRUPTION error that names file (or stream) and offset; it is
 *   never skipped. A torn tail left by a crash is cut when the log is opened.
 */
import type { Epoch, LogIndex } from "../base/ids.ts";

/** A record as read back. `body` holds the mutations (see mutation-codec.ts); do not keep it. */
export interface LogRecord {
  readonly index: LogIndex;
  /** Shard time at which it was sealed, Unix ms. */
  readonly time: number;
  readonly epoch: Epoch;
  readonly body: Uint8Array;
}

/** A record to append. The chunks, in order, are its body; they stay unchanged until it settles. */
export interface LogAppend {
  readonly index: LogIndex;
  readonly time: number;
  readonly epoch: Epoch;
  readonly chunks: readonly Uint8Array[];
}

export interface LogStats {
  readonly firstIndex: LogIndex;
  readonly headIndex: LogIndex;
  readonly bytes: number;
  /** Names of the segment files, or of the stream. */
  readonly segments: readonly string[];
  /** Entries of the index in memory that reading seeks by; 0 where the backend needs none. */
  readonly indexEntries: number;
  /** Times an append was made durable (fsync, quorum ack), and how long those took, in ms. */
  readonly syncCount: number;
  readonly syncMsTotal: number;
}

export interface Log {
  /** Largest body an append may have, in bytes. A larger one is TOO_LARGE. */
  readonly bodyBytesMax: number;
  /** How many appends may be in flight at once. */
  readonly inFlightMax: number;
  /** Oldest index that can be read; head + 1 when the log is empty. */
  readonly first: LogIndex;
  /** Newest durable index; 0 when nothing was ever appended. */
  readonly head: LogIndex;
  /** Time and epoch of the newest durable record (0 when there is none), kept across trim. */
  readonly headTime: number;
  readonly headEpoch: Epoch;
  /**
   * Appends one record; `index` must be the one after the last append. Resolves when it is durable
   * (in fsync-mode periodic: when it is written). Rejects with DISK_FULL, IO, FENCED, UNAVAILABLE.
   */
  append(record: LogAppend): Promise<void>;
  /**
   * Resolves when every record up to the head survives a loss of power. In fsync-mode periodic that
   * is more than an append promises: what must not be ahead of the log waits for it.
   */
  sync(): Promise<void>;
  /**
   * The durable records from `from` to the head at the time of the call, in order.
   * Throws OUT_OF_RANGE when `from` was trimmed, CORRUPTION when a checksum fails.
   */
  read(from: LogIndex): AsyncIterable<LogRecord>;
  /** Forgets the records before `before`, as far as the backend's units allow; frees space. */
  trim(before: LogIndex): Promise<void>;
  /** After a failed append: makes the log appendable at head + 1, or rejects (still broken). */
  recover(): Promise<void>;
  /** Called after each time appends became durable, with how long that took in ms. */
  onSync(listener: (durationMs: number) => void): void;
  stats(): Promise<LogStats>;
  /** Waits for what is in flight, syncs, gives everything back. */
  close(): Promise<void>;
}
