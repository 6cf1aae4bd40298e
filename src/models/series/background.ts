/**
 * The background work of a storage: sealing, removing what was dropped. One job at a time, since
 * all of them change blocks; long ones seal between their operations, so that heads do not pile up.
 *
 * A job that fails is told to onError and done again when the next one is asked for.
 */
import { CronosError } from "../../base/errors.ts";
import type { Shard } from "../../shard/shard.ts";
import type { Transaction } from "../../shard/transaction.ts";
import { BlockEdit, readBlocks } from "./block-rows.ts";
import type { Drop, Drops } from "./drop.ts";
import type { Head } from "./head.ts";
import type { Heads } from "./heads.ts";
import { windowsOf } from "./rows.ts";
import { Sealer } from "./sealer.ts";
import { readWindows } from "./window-stats.ts";
import type { Window } from "./window-stats.ts";

/** Series of which one operation removes the blocks. */
const SERIES_PER_OPERATION = 256;

const wholeWindow = { from: 0, to: Number.POSITIVE_INFINITY, spans: 0 };

export interface BackgroundOptions {
  readonly shard: Shard;
  readonly pause: () => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly heads: Heads;
  readonly drops: Drops;
}

export class Background {
  readonly #options: BackgroundOptions;
  #last: Promise<unknown> = Promise.resolve();
  #isSealRequested = false;
  #isClosed = false;

  constructor(options: BackgroundOptions) {
    this.#options = options;
  }

  /** Seals what is frozen, soon. */
  requestSeal(): void {
    if (this.#isSealRequested || this.#isClosed) return;
    this.#isSealRequested = true;
    this.seal().catch((error: unknown) => {
      if (!this.#isClosed) this.#options.onError(error);
    });
  }

  /** Seals what is frozen and removes what was dropped. */
  seal(): Promise<void> {
    return this.run(async () => {
      this.#isSealRequested = false;
      await this.sealFrozen();
      await this.#removeDropped();
    });
  }

  /** Resolves when what was asked for until now has ended, well or not. */
  async idle(): Promise<void> {
    await this.#last.catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.idle();
  }

  /** Runs a job after those that were asked for before. */
  run<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#last.then(job);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** For jobs: one operation, durable, and a turn of the event loop. */
  async step<T>(operation: (tx: Transaction) => T): Promise<T> {
    if (this.#isClosed) throw new CronosError("CLOSED", "Database is closed");
    const result = await this.#options.shard.execute(operation);
    await this.#options.pause();
    return result;
  }

  /** For jobs: makes blocks of all frozen heads. */
  async sealFrozen(): Promise<void> {
    const { heads } = this.#options;
    for (let head = heads.oldestFrozen; head !== undefined; head = heads.oldestFrozen) {
      await this.#seal(head);
    }
  }

  async #seal(head: Head): Promise<void> {
    const { heads, drops, shard } = this.#options;
    // All that is in it is durable then, since it takes no writes.
    await this.step(() => undefined);
    const sealer = new Sealer(head, shard.tip, drops);
    for (let isDone = false; !isDone && heads.all.includes(head); ) {
      isDone = await this.step((tx) => {
        const isLast = sealer.seal(tx);
        if (isLast) tx.onDurable(() => heads.forget(head));
        return isLast;
      });
    }
  }

  async #removeDropped(): Promise<void> {
    const { drops, heads } = this.#options;
    const [oldest] = heads.all as [Head];
    for (const drop of drops.upTo(oldest.sequence - 1)) {
      if (drop.seriesIds !== undefined) await this.#removeSeries(drop, drop.seriesIds);
      await this.step((tx) => drops.remove(tx, drop));
    }
  }

  async #removeSeries(drop: Drop, seriesIds: Uint32Array): Promise<void> {
    for (const policyId of drop.policyIds) {
      for (const window of readWindows(this.#options.shard.tip, windowsOf(policyId))) {
        for (let start = 0; start < seriesIds.length; start += SERIES_PER_OPERATION) {
          const part = seriesIds.subarray(start, start + SERIES_PER_OPERATION);
          await this.step((tx) => removeBlocks(tx, window, part));
          await this.sealFrozen();
        }
      }
    }
  }
}

function removeBlocks(tx: Transaction, window: Window, seriesIds: Uint32Array): void {
  const edit = new BlockEdit(tx, window);
  for (const seriesId of seriesIds) {
    for (const block of readBlocks(tx, { ...window, seriesId }, wholeWindow)) edit.remove(block);
  }
  edit.finish(0);
}
