/**
 * The storage of points. A write is one chunk row, and rows in the head in memory; a head that is
 * large is frozen and sealed into blocks in the background, and its chunks are deleted then.
 *
 *   write ─▶ chunk row (durable) + head ──freeze──▶ sealed into blocks ──▶ merged
 *
 * What is in memory is derived from chunk rows, and read from them when the database opens.
 *
 * Background work is done by one job at a time (background.ts), in operations of bounded work with
 * turns of the event loop between them.
 */
import { CronosError } from "../../base/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { DerivedState, Shard } from "../../shard/shard.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { Background } from "./background.ts";
import { Deleter } from "./deleter.ts";
import type { DeleteCondition } from "./deleter.ts";
import { Drops } from "./drop.ts";
import { Heads } from "./heads.ts";
import { blocksOfPolicy, blocksOfWindow, rangeOf, windowKey } from "./rows.ts";
import { windowPrefix, windowsOf } from "./rows.ts";
import type { KeyRange, WindowPlace } from "./rows.ts";
import { HOUR_NS_BIG, WINDOW_HOURS_MAX } from "./series-time.ts";
import { StorageView } from "./view.ts";
import { hasPointsElsewhere, seriesWithBlocks } from "./window-series.ts";
import type { Window } from "./window-stats.ts";
import { noStats, readWindows } from "./window-stats.ts";
import type { WriteBatch } from "./write-batch.ts";

/** Points of one batch, at most. */
export const BATCH_ROWS_MAX = 100_000;
/** Memory of a head above which it is sealed; there may be a few that wait for it. */
const HEAD_BYTES_MAX = 64 * 1024 * 1024;
const OFFSET_END_BIG = BigInt(WINDOW_HOURS_MAX) * HOUR_NS_BIG;

/** Points of a policy. */
export interface PointsToDelete {
  readonly policyId: number;
  readonly seriesIds: Iterable<number>;
  /** Nanoseconds since 1970, both included. */
  readonly from: bigint;
  readonly to: bigint;
  /** Undefined: all of them. */
  readonly where?: DeleteCondition | undefined;
}

export interface SeriesStorageOptions {
  readonly shard: Shard;
  readonly clock: Clock;
  /** Told why background work failed; it is tried again. */
  readonly onError: (error: unknown) => void;
  readonly headBytesMax?: number;
}

export class SeriesStorage implements DerivedState {
  readonly #shard: Shard;
  readonly #heads: Heads;
  readonly #drops = new Drops();
  readonly #background: Background;

  /** Reads what is in memory from the rows of the shard. */
  constructor(options: SeriesStorageOptions) {
    const { shard, clock, onError, headBytesMax = HEAD_BYTES_MAX } = options;
    this.#shard = shard;
    this.#heads = new Heads(headBytesMax, () => this.#background.requestSeal());
    this.#background = new Background({
      shard,
      clock,
      onError,
      heads: this.#heads,
      drops: this.#drops,
    });
    this.rebuild(shard.tip);
    shard.attach(this);
    this.#background.start();
  }

  rebuild(view: ReadView): void {
    this.#drops.load(view);
    this.#heads.load(view, this.#drops);
  }

  /** What to wait for before the next write when sealing cannot keep up. */
  room(): Promise<void> | undefined {
    return this.#heads.room();
  }

  /**
   * Stores the points of a batch, which passed every check. The batch may be used again when the
   * transaction committed. They are seen when they are durable. Throws OVERLOADED when too much
   * waits to be sealed.
   */
  write(tx: Transaction, batch: WriteBatch): void {
    if (batch.rows > BATCH_ROWS_MAX) {
      const limit = `at most ${BATCH_ROWS_MAX} points can be written at once`;
      throw new CronosError("TOO_LARGE", `Batch has ${batch.rows} points: ${limit}`);
    }
    if (batch.rows === 0) return;
    tx.atCommit((at) => this.#heads.write(at, batch));
    this.#background.watch();
  }

  /** What is durable now, as it is until it is released. */
  view(): StorageView {
    return new StorageView(this.#shard.snapshot(), this.#heads.all, this.#drops);
  }

  /** Drops all points of a policy, whose id is not used again. */
  dropPolicy(tx: Transaction, policyId: number): void {
    deleteRange(tx, blocksOfPolicy(policyId));
    deleteRange(tx, windowsOf(policyId));
    this.#drop(tx, { policyIds: [policyId] });
  }

  /** Drops all points of a policy's window; later ones may come. */
  dropWindow(tx: Transaction, at: WindowPlace): void {
    deleteRange(tx, blocksOfWindow(at));
    tx.delete(windowKey(at));
    this.#drop(tx, { policyIds: [at.policyId], startHour: at.startHour });
  }

  /**
   * Drops series, whose ids are not used again, from these policies. Their points may be shown to
   * who still asks for them, until they are removed in the background.
   */
  dropSeries(
    tx: Transaction,
    what: { readonly seriesIds: Iterable<number>; readonly policyIds: readonly number[] },
  ): void {
    const seriesIds = Uint32Array.from(what.seriesIds).sort();
    if (seriesIds.length > 0) this.#drop(tx, { policyIds: what.policyIds, seriesIds });
  }

  /**
   * Ids of series that have blocks in a window, ascending: at most `limit`, from `from` on. Points
   * that are not in blocks yet are not seen.
   */
  seriesIn(at: WindowPlace, part: { readonly from: number; readonly limit: number }): number[] {
    return seriesWithBlocks(this.#shard.tip, at, part);
  }

  /** Whether a series has points in another window of these policies than `but`. */
  hasPointsElsewhere(
    tx: Transaction,
    series: {
      readonly seriesId: number;
      readonly policyIds: readonly number[];
      readonly but: WindowPlace;
    },
  ): boolean {
    const recent = { heads: this.#heads.all, drops: this.#drops };
    return hasPointsElsewhere(tx, series, recent);
  }

  /**
   * Windows of a policy, or of all, in the order of policies and time. Points that are not in
   * blocks yet are not counted, but their windows are there.
   */
  windows(policyId?: number): readonly Window[] {
    const range = policyId === undefined ? rangeOf(windowPrefix) : windowsOf(policyId);
    const windows = [...readWindows(this.#shard.durable, range)];
    const known = new Set(windows.map(windowKey));
    for (const head of this.#heads.all) {
      for (const window of head.windows()) {
        const { startHour } = window;
        const at = { policyId: window.policyId, startHour };
        if (policyId !== undefined && policyId !== at.policyId) continue;
        if (known.has(windowKey(at)) || this.#drops.durableWindow(head, window)) continue;
        known.add(windowKey(at));
        windows.push({ ...at, stats: noStats });
      }
    }
    return windows.sort((a, b) => a.policyId - b.policyId || a.startHour - b.startHour);
  }

  /** Memory of points that are not in blocks yet, and how many those are. */
  get headStats(): { readonly bytes: number; readonly points: number } {
    let bytes = 0;
    let points = 0;
    for (const head of this.#heads.all) {
      bytes += head.bytes;
      points += head.durableRows;
    }
    return { bytes, points };
  }

  /** Makes blocks of everything that is durable now. */
  async seal(): Promise<void> {
    this.#heads.freeze();
    await this.#background.seal();
  }

  /** Merges blocks until none is smaller than it must be. */
  merge(): Promise<void> {
    return this.#background.merge();
  }

  /**
   * Deletes the points that are durable now and match, in operations of bounded work; points that
   * are written after this was called stay. Resolves with how many there were when all of them are
   * deleted. After a crash or a rejection some of them are; the same delete goes on then.
   */
  async deletePoints(what: PointsToDelete): Promise<number> {
    this.#heads.freeze();
    const head = this.#heads.active.sequence - 1;
    const seriesIds = Uint32Array.from(what.seriesIds).sort();
    return await this.#background.run(async () => {
      await this.#background.sealFrozen();
      let removed = 0;
      for (const window of readWindows(this.#shard.tip, windowsOf(what.policyId))) {
        const start = BigInt(window.startHour) * HOUR_NS_BIG;
        const from = Number(maxBig(what.from - start, 0n));
        const to = Number(minBig(what.to - start, OFFSET_END_BIG));
        if (from > to) continue;
        const deleter = new Deleter({ window, seriesIds, from, to, head, where: what.where });
        while (!deleter.isDone) {
          await this.#background.step((tx) => deleter.step(tx));
          await this.#background.sealFrozen();
        }
        removed += deleter.removed;
      }
      return removed;
    });
  }

  /** Ends background work; what it has not done is done after the next start. */
  async close(): Promise<void> {
    this.#heads.endWaiting();
    await this.#background.close();
  }

  #drop(
    tx: Transaction,
    what: {
      readonly policyIds: readonly number[];
      readonly startHour?: number;
      readonly seriesIds?: Uint32Array;
    },
  ): void {
    tx.atCommit((at) => {
      // What is written from now on is not dropped: it goes into the next head.
      this.#heads.freeze();
      const head = this.#heads.active.sequence - 1;
      const { policyIds, startHour, seriesIds } = what;
      this.#drops.put(at, { head, policyIds, startHour, seriesIds });
      at.onDurable(() => this.#background.requestSeal());
    });
    this.#background.watch();
  }
}

function maxBig(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function minBig(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function deleteRange(tx: Transaction, range: KeyRange): void {
  tx.deleteRange(range.start, range.end);
}
