/**
 * Writes frozen memtables to the base tree in the background, oldest first, and trims the log
 * behind them.
 *
 *   idle ── start() ──> flushing ── nothing durable is left ──> idle
 *                          └── failed ──> waiting ── RETRY_MS, or start() ──> flushing
 *
 * A failure loses nothing, the rows stay in memory and in the log. It is tried again without being
 * asked, since a shard whose memory is full gets no commits that would ask.
 */
import { toCronosError } from "../base/errors.ts";
import type { CronosError } from "../base/errors.ts";
import { logIndex } from "../base/ids.ts";
import type { LogIndex } from "../base/ids.ts";
import type { Log } from "../log/log.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Store } from "../store/store.ts";

/** How long after a failure it is tried again. */
const RETRY_MS = 1000;

export interface FlusherOptions {
  readonly store: Store;
  readonly log: Log;
  readonly clock: Clock;
  readonly durableIndex: () => LogIndex;
  readonly onFlush?: ((durationMs: number) => void) | undefined;
  readonly onFlushError?: ((cause: CronosError) => void) | undefined;
}

export class Flusher {
  readonly #options: FlusherOptions;
  /** Resolves with what went wrong, if anything did. */
  #running: Promise<CronosError | undefined> | undefined;
  #retry: Timer | undefined;
  #closed = false;

  constructor(options: FlusherOptions) {
    this.#options = options;
  }

  /** Flushes what is frozen and durable, unless that is being done. */
  start(): void {
    if (this.#running === undefined && this.#options.store.frozenCount > 0) void this.#start();
  }

  /** Resolves when the flush that is running now, if any, has ended, well or not. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Flushes what is frozen and durable now; throws what went wrong. */
  async flush(): Promise<void> {
    // A flush that is running may have begun before the newest layer was there.
    await this.#running;
    const failure = await (this.#running ?? this.#start());
    if (failure !== undefined) throw failure;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    await this.#running;
  }

  #start(): Promise<CronosError | undefined> {
    this.#retry?.cancel();
    const running = this.#flushAll().finally(() => {
      this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #flushAll(): Promise<CronosError | undefined> {
    const { store, onFlushError, clock } = this.#options;
    try {
      while (store.frozenCount > 0 && !this.#closed && (await this.#flushOldest()));
      return undefined;
    } catch (error) {
      const failure = toCronosError(error);
      if (!this.#closed) this.#retry = clock.after(RETRY_MS, () => this.start());
      onFlushError?.(failure);
      return failure;
    }
  }

  /** Tells whether there was a layer to flush. */
  async #flushOldest(): Promise<boolean> {
    const { store, log, clock, durableIndex, onFlush } = this.#options;
    const start = clock.monotonic();
    const durable = durableIndex();
    const before = store.appliedIndex;
    // The base tree must not get ahead of what the log has after a power loss.
    await log.sync();
    const applied = await store.flush(durable);
    if (applied === before) return false;
    onFlush?.(clock.monotonic() - start);
    await log.trim(logIndex(applied + 1));
    return true;
  }
}
