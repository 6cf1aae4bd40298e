/**
 * The background work of a storage: sealing, removing what was dropped, merging, and deletes. One
 * job at a time, since all of them change blocks; long ones seal between their operations, so that
 * heads do not pile up.
 *
 * A job that fails is told to onError and done again when the next one is asked for. While there
 * are points in heads, it is looked after them every TICK_MS: a head that got none for IDLE_TICKS
 * is sealed, one that is large after LARGE_IDLE_TICKS, then windows are merged that else wait for
 * more, and all is flushed: the disk settles.
 */
import { CronosError } from "../../base/errors.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Shard } from "../../shard/shard.ts";
import type { Transaction } from "../../shard/transaction.ts";
import { BlockEdit, readBlocks } from "./block-rows.ts";
import type { Drop, Drops } from "./drop.ts";
import type { Head } from "./head.ts";
import type { Heads } from "./heads.ts";
import { Merger } from "./merger.ts";
import { allSpans, rangeOf, windowPrefix, windowsOf } from "./rows.ts";
import { Sealer } from "./sealer.ts";
import { readWindows } from "./window-stats.ts";
import type { Window } from "./window-stats.ts";

/** Series of which one operation removes the blocks. */
const SERIES_PER_OPERATION = 256;
/** Heads sealed into a window since it was merged, at which it is merged; and when all is idle. */
const MERGE_SEALS = 8;
const MERGE_SEALS_IDLE = 2;
/** Operations of a job that may be on their way to the log. */
const STEPS_AHEAD = 8;
const TICK_MS = 2500;
const IDLE_TICKS = 12;
/** Blocks made of a head of this size are not small ones that are merged soon. */
const LARGE_IDLE_TICKS = 1;
const LARGE_BYTES = 4 * 1024 * 1024;

const wholeWindow = { from: 0, to: Number.POSITIVE_INFINITY, spans: allSpans };

export interface BackgroundOptions {
  readonly shard: Shard;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
  readonly heads: Heads;
  readonly drops: Drops;
}

export class Background {
  readonly #options: BackgroundOptions;
  #last: Promise<unknown> = Promise.resolve();
  /** When the newest operations of the running job are durable, oldest first. */
  readonly #ahead: Promise<void>[] = [];
  #isSealRequested = false;
  #isClosed = false;
  #timer: Timer | undefined;
  /** The head that takes the writes, how many points it had, and for how many ticks. */
  #seen: { readonly head: Head; readonly rows: number; readonly ticks: number } | undefined;

  constructor(options: BackgroundOptions) {
    this.#options = options;
  }

  start(): void {
    this.requestSeal();
    this.watch();
  }

  /** Points were written: looks after them until they are sealed. */
  watch(): void {
    if (this.#isClosed || this.#timer !== undefined) return;
    this.#timer = this.#options.clock.after(TICK_MS, () => {
      this.#timer = undefined;
      if (this.#tick()) this.watch();
    });
  }

  /** Seals what is frozen, soon. */
  requestSeal(): void {
    if (this.#isSealRequested || this.#isClosed) return;
    this.#isSealRequested = true;
    this.#quietly(this.seal());
  }

  /** Seals what is frozen, removes what was dropped, and merges windows that need it. */
  seal(): Promise<void> {
    return this.run(async () => {
      this.#isSealRequested = false;
      await this.sealFrozen();
      await this.#removeDropped();
      await this.#mergeWindows(MERGE_SEALS);
    });
  }

  /** Merges all windows that have more blocks than they need. */
  merge(): Promise<void> {
    return this.run(() => this.#mergeWindows(MERGE_SEALS_IDLE));
  }

  /** Resolves when what was asked for until now has ended, well or not. */
  async idle(): Promise<void> {
    await this.#last.catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.idle();
  }

  /** Runs a job after those that were asked for before; what it did is durable then. */
  run<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#last.then(async () => {
      this.#ahead.length = 0;
      const value = await job();
      await this.#allDurable();
      return value;
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** For jobs: one operation and a turn of the event loop. It need not be durable then. */
  async step<T>(operation: (tx: Transaction) => T): Promise<T> {
    const { shard, clock } = this.#options;
    if (this.#isClosed) throw new CronosError("CLOSED", "Database is closed");
    const room = shard.room();
    if (room !== undefined) await room;
    const result = shard.run(operation);
    const durable = shard.tipDurable();
    // Heard of when it is waited for.
    durable.catch(() => undefined);
    this.#ahead.push(durable);
    if (this.#ahead.length > STEPS_AHEAD) await this.#ahead.shift();
    await new Promise<void>((resolve) => clock.soon(resolve));
    return result;
  }

  async #allDurable(): Promise<void> {
    await Promise.all(this.#ahead.splice(0));
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
    await this.#allDurable();
    const sealer = new Sealer(head, shard.tip, drops);
    for (let isDone = false; !isDone && heads.all.includes(head); ) {
      isDone = await this.step((tx) => {
        const isLast = sealer.seal(tx);
        if (isLast) tx.onDurable(() => heads.forget(head));
        return isLast;
      });
    }
    await this.#allDurable();
  }

  async #mergeWindows(seals: number): Promise<void> {
    const { shard } = this.#options;
    const { start, end } = rangeOf(windowPrefix);
    for (const window of readWindows(shard.tip, { start, end })) {
      if (window.stats.seals < seals) continue;
      const merger = new Merger(window);
      while (!merger.isDone) {
        await this.step((tx) => merger.step(tx));
        await this.sealFrozen();
      }
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

  /** Tells whether there is something left to look after. */
  #tick(): boolean {
    const { heads, drops } = this.#options;
    const { active: head } = heads;
    const rows = head.rowCount;
    const seen = this.#seen;
    const isSame = seen?.head === head && seen.rows === rows;
    const ticks = isSame ? seen.ticks + 1 : 0;
    this.#seen = { head, rows, ticks };
    const isLarge = head.bytes >= LARGE_BYTES;
    const isIdle = rows > 0 && ticks >= (isLarge ? LARGE_IDLE_TICKS : IDLE_TICKS);
    if (isIdle) {
      heads.freeze();
      this.#quietly(this.#settle());
    }
    const isLeft = heads.oldestFrozen !== undefined || drops.lastHead > 0;
    if (isLeft) this.requestSeal();
    return rows > 0 || isLeft;
  }

  /** Brings what was written to its final place, so that the log's segments behind it can go. */
  async #settle(): Promise<void> {
    await this.merge();
    if (!this.#isClosed) await this.#options.shard.flush();
  }

  #quietly(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#isClosed) this.#options.onError(error);
      // Who waits for room learns from the write itself that there is none.
      this.#options.heads.endWaiting();
    });
  }
}

function removeBlocks(tx: Transaction, window: Window, seriesIds: Uint32Array): void {
  const edit = new BlockEdit(tx, window);
  for (const seriesId of seriesIds) {
    for (const block of readBlocks(tx, { ...window, seriesId }, wholeWindow)) edit.remove(block);
  }
  edit.finish();
}
