/**
 * Deletes points from blocks, in operations of bounded work: by time, and by a condition on fields.
 * Points in heads are sealed before; blocks of heads that came later are left alone, so that points
 * written after the delete began survive it.
 *
 * A condition sees points as readers do: blocks that overlap are merged before it is asked, and
 * what is left of them is written as blocks that do not overlap.
 *
 * A crash in the middle leaves some of the points deleted and the others there; the same delete,
 * run again, finishes it.
 */
import type { Transaction } from "../../shard/transaction.ts";
import { BlockEdit, readOverlapping } from "./block-rows.ts";
import type { StoredBlock } from "./block-rows.ts";
import { lowerBound, upperBound } from "./bounds.ts";
import { FilteredSource } from "./filtered-source.ts";
import { MergedSource } from "./merged-source.ts";
import type { PointSource } from "./point-source.ts";
import { allSpans } from "./rows.ts";
import type { WindowPlace } from "./rows.ts";
import { batchesOf, clustersOf } from "./scan.ts";
import type { PointBatch } from "./series-scan.ts";

/** Points that one operation reads, and series it looks at. */
const POINTS_PER_OPERATION = 8192;
const SERIES_PER_OPERATION = 256;

/** Which points, besides their time, are deleted: 1 for each that is. */
export interface DeleteCondition {
  /** Fields that the condition looks at. */
  readonly fieldIds: readonly number[];
  /** `batch` has the columns in the order of `fieldIds`; the flags are of its points. */
  matches(batch: PointBatch, seriesId: number): Uint8Array;
}

/** A delete in one window. */
export interface WindowDelete {
  readonly window: WindowPlace;
  /** Ascending. */
  readonly seriesIds: Uint32Array;
  /** Offsets, both included. */
  readonly from: number;
  readonly to: number;
  /** Sequence of the last head it is about. */
  readonly head: number;
  readonly where: DeleteCondition | undefined;
}

/** How far a delete in a window is. */
export class Deleter {
  readonly #delete: WindowDelete;
  #series = 0;
  #from: number;
  #removed = 0;

  constructor(what: WindowDelete) {
    this.#delete = what;
    this.#from = what.from;
  }

  get isDone(): boolean {
    return this.#series >= this.#delete.seriesIds.length;
  }

  /** Points that were removed. */
  get removed(): number {
    return this.#removed;
  }

  /** One operation's work. */
  step(tx: Transaction): void {
    const { seriesIds, window } = this.#delete;
    const edit = new BlockEdit(tx, window);
    let series = this.#series;
    let from = this.#from;
    let removed = 0;
    const budget = { points: POINTS_PER_OPERATION };
    for (let i = 0; i < SERIES_PER_OPERATION && series < seriesIds.length; i++) {
      const seriesId = seriesIds[series] as number;
      const part = this.#removeFrom({ tx, edit, budget }, seriesId, from);
      removed += part.removed;
      from = part.next ?? this.#delete.from;
      if (part.next !== undefined) break;
      series++;
      if (budget.points <= 0) break;
    }
    edit.finish();
    tx.onApplied(() => {
      this.#series = series;
      this.#from = from;
      this.#removed += removed;
    });
  }

  /** `next`: where the next operation goes on with this series. */
  #removeFrom(
    at: { readonly tx: Transaction; readonly edit: BlockEdit; readonly budget: { points: number } },
    seriesId: number,
    from: number,
  ): { readonly removed: number; readonly next: number | undefined } {
    const { window, to, head } = this.#delete;
    const range = { from, to, spans: allSpans, head };
    const blocks = readOverlapping(at.tx, { ...window, seriesId }, range);
    const bySource = new Map<PointSource, StoredBlock>();
    for (const block of blocks) bySource.set(block.source, block);
    let removed = 0;
    for (const cluster of clustersOf([...bySource.keys()])) {
      const first = (cluster[0] as PointSource).firstOffset;
      if (first > to || cluster.every(({ lastOffset }) => lastOffset < from)) continue;
      if (at.budget.points <= 0) return { removed, next: Math.max(first, from) };
      const rest = this.#restOf(cluster, seriesId);
      if (rest === undefined) continue;
      for (const source of cluster) {
        at.budget.points -= source.count;
        at.edit.remove(bySource.get(source) as StoredBlock);
      }
      removed += rest.removed;
      for (const source of rest.sources) {
        at.edit.put(seriesId, source, { start: 0, end: source.count });
      }
    }
    return { removed, next: undefined };
  }

  /** What is left of sources that overlap; undefined: all of it. */
  #restOf(
    cluster: readonly PointSource[],
    seriesId: number,
  ): { readonly removed: number; readonly sources: readonly PointSource[] } | undefined {
    const { from, to, where } = this.#delete;
    const isInside = cluster.every((each) => each.firstOffset >= from && each.lastOffset <= to);
    const [only] = cluster as [PointSource];
    const source = cluster.length === 1 ? only : new MergedSource(cluster);
    if (isInside && where === undefined) return { removed: source.count, sources: [] };
    const flags = this.#flags(source, seriesId);
    const removed = flags.reduce((sum, flag) => sum + flag, 0);
    if (removed === 0) return undefined;
    return { removed, sources: [new FilteredSource(source, flags)] };
  }

  /** 1 for each point that goes. */
  #flags(source: PointSource, seriesId: number): Uint8Array {
    const { from, to, where, window } = this.#delete;
    const offsets = source.offsets();
    const flags = new Uint8Array(source.count);
    let at = lowerBound(offsets, from);
    if (where === undefined) return flags.fill(1, at, upperBound(offsets, to));
    const { startHour } = window;
    const part = { startHour, from, to, descending: false, fieldIds: where.fieldIds };
    for (const batch of batchesOf([source], part)) {
      const matches = where.matches(batch, seriesId);
      for (let i = 0; i < batch.count; i++) flags[at++] = matches[i] === 1 ? 1 : 0;
    }
    return flags;
  }
}
