/**
 * Active expiry: removes keys when their time has come, in batches, so that those nobody reads go
 * too. Readers do not depend on it: to them a key is gone the moment it expires.
 *
 *   idle ── a key expires some time ──> armed ── its time comes ──> running ──> armed or idle
 */
import { isCronosError } from "../../base/errors.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { firstExpiry, removeExpired } from "./generic.ts";
import type { ExpiryScan } from "./generic.ts";
import type { KeyContext } from "./keys.ts";

/** Keys removed in one operation: the event loop must not be held up. */
const BATCH_KEYS = 200;
/** How long to wait after the shard could not be written to. */
const RETRY_MS = 1000;

export interface ExpiryRunnerOptions {
  readonly clock: Clock;
  /** Runs an operation; resolves when it is durable. */
  readonly execute: <T>(operation: (tx: Transaction) => T) => Promise<T>;
  readonly contextOf: (namespaceId: number, now: number) => KeyContext;
  /** An operation failed, and not because nothing can be written now. It is tried again. */
  readonly onError: (error: unknown) => void;
}

export class ExpiryRunner {
  readonly #options: ExpiryRunnerOptions;
  #next = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;
  #running = false;
  #closed = false;

  constructor(options: ExpiryRunnerOptions) {
    this.#options = options;
  }

  /** When it looks next, Unix ms; infinite: never. */
  get nextExpiry(): number {
    return this.#next;
  }

  /** Goes by what the rows say: at the start, and when the tip rolled back. */
  load(view: ReadView): void {
    this.#next = firstExpiry(view) ?? Number.POSITIVE_INFINITY;
    this.#arm();
  }

  /** A key expires at `time`. */
  expiresAt(time: number): void {
    if (time >= this.#next) return;
    this.#next = time;
    this.#arm();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#running || this.#closed || this.#next === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#options.clock.at(this.#next, () => void this.#run());
  }

  async #run(): Promise<void> {
    const { clock, onError } = this.#options;
    this.#running = true;
    try {
      while (!this.#closed && this.#next <= clock.now()) await this.#removeBatch();
    } catch (error) {
      const isForNow = isCronosError(error) && (error.kind === "retry" || error.kind === "closed");
      if (!isForNow) onError(error);
      this.#next = clock.now() + RETRY_MS;
    }
    this.#running = false;
    this.#arm();
  }

  async #removeBatch(): Promise<void> {
    const { clock, contextOf, execute } = this.#options;
    const now = clock.now();
    await execute((tx): ExpiryScan => {
      const scan = removeExpired(tx, {
        now,
        limit: BATCH_KEYS,
        contextOf: (namespaceId) => contextOf(namespaceId, now),
      });
      tx.onApplied(() => {
        this.#next = scan.next ?? Number.POSITIVE_INFINITY;
      });
      return scan;
    });
  }
}
