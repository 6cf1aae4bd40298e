/**
 * Merges the blocks of a window: those that overlap, and small ones that follow each other, become
 * few large ones that do not overlap. Only where heads were sealed since the last time, series by
 * series, in operations of bounded work.
 *
 * The new block has the largest sequence of those it replaces. That is right since all blocks that
 * overlap it are among them: none is between them in the order of sequences and has the same times.
 */
import type { Transaction } from "../../shard/transaction.ts";
import { BLOCK_POINTS_MAX } from "./block.ts";
import { BlockEdit, readBlocks } from "./block-rows.ts";
import type { StoredBlock } from "./block-rows.ts";
import { lowerBound } from "./bounds.ts";
import { joinSources } from "./concatenated-source.ts";
import type { PointSource } from "./point-source.ts";
import { allSpans, blocksOfWindow, readBlockKey } from "./rows.ts";
import type { Window } from "./window-stats.ts";
import { noStats, readStats, writeStats } from "./window-stats.ts";

/** Points that one operation reads, and series it looks at. */
const POINTS_PER_OPERATION = 8192;
const SERIES_PER_OPERATION = 256;
/** Points of blocks that are merged at once, unless they begin at nearly the same time. */
const PART_POINTS = 16_384;
/** A block of so many points is not worth merging. */
const FULL_POINTS = (BLOCK_POINTS_MAX * 3) / 4;

/** How far the merging of a window is. */
export class Merger {
  readonly #window: Window;
  #series: number | undefined = 0;

  /** `window` as its row tells it now. */
  constructor(window: Window) {
    this.#window = window;
  }

  get isDone(): boolean {
    return this.#series === undefined;
  }

  /** One operation's work. */
  step(tx: Transaction): void {
    const edit = new BlockEdit(tx, this.#window);
    let points = 0;
    let next = this.#nextSeries(tx, this.#series ?? 0);
    for (let i = 0; i < SERIES_PER_OPERATION && next !== undefined; i++) {
      const read = this.#mergeSeries(tx, edit, next);
      points += read.points;
      if (!read.hasMore) next = this.#nextSeries(tx, next + 1);
      if (points >= POINTS_PER_OPERATION) break;
    }
    edit.finish();
    if (next === undefined) this.#finish(tx);
    tx.onApplied(() => {
      this.#series = next;
    });
  }

  #nextSeries(tx: Transaction, from: number): number | undefined {
    const { start, end } = blocksOfWindow(this.#window, from);
    for (const [key] of tx.range(start, end, { limit: 1 })) return readBlockKey(key).seriesId;
    return undefined;
  }

  #mergeSeries(
    tx: Transaction,
    edit: BlockEdit,
    seriesId: number,
  ): { readonly points: number; readonly hasMore: boolean } {
    const { dirtyFrom: from, dirtyTo: to } = this.#window.stats;
    // Those that this merging wrote may have any span.
    const range = { from, to, spans: allSpans };
    const blocks = readBlocks(tx, { ...this.#window, seriesId }, range);
    let points = 0;
    for (const group of groupsOf(blocks)) {
      const isPart = rewrite(edit, seriesId, group);
      points += group.reduce((sum, { source }) => sum + source.count, 0);
      if (isPart || points >= POINTS_PER_OPERATION) return { points, hasMore: true };
    }
    return { points: points + blocks.length, hasMore: false };
  }

  /** What was sealed since the merging began is merged the next time. */
  #finish(tx: Transaction): void {
    const stats = readStats(tx, this.#window);
    const seals = Math.max(0, stats.seals - this.#window.stats.seals);
    const isClean = seals === 0;
    const { dirtyFrom, dirtyTo } = stats;
    writeStats(tx, this.#window, {
      ...stats,
      seals,
      dirtyFrom: isClean ? noStats.dirtyFrom : dirtyFrom,
      dirtyTo: isClean ? noStats.dirtyTo : dirtyTo,
    });
  }
}

/** Groups of blocks to merge, in the order of time. */
export function groupsOf(blocks: readonly StoredBlock[]): StoredBlock[][] {
  const groups: StoredBlock[][] = [];
  let group: StoredBlock[] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const block of blocks.toSorted((a, b) => a.source.firstOffset - b.source.firstOffset)) {
    const { source } = block;
    const isOverlapping = source.firstOffset <= end;
    // A large block stands alone, and so does the one that follows a large one.
    const last = group.at(-1)?.source.count ?? 0;
    const isLarge = source.count >= FULL_POINTS || (group.length === 1 && last >= FULL_POINTS);
    if (!isOverlapping && isLarge) {
      groups.push(group);
      group = [];
    }
    group.push(block);
    end = Math.max(end, source.lastOffset);
  }
  groups.push(group);
  return groups.filter(({ length }) => length > 1);
}

/** Writes blocks anew, those of them that come first if they are many; true if some are left. */
function rewrite(edit: BlockEdit, seriesId: number, group: readonly StoredBlock[]): boolean {
  const { blocks, cut } = takePart(group);
  for (const block of blocks) edit.remove(block);
  const merged = joinSources(blocks.map(({ source }) => source));
  edit.put(seriesId, merged, { start: 0, end: lowerBound(merged.offsets(), cut) });
  for (const { source } of blocks) {
    if (source.lastOffset < cut) continue;
    edit.put(seriesId, source, { start: lowerBound(source.offsets(), cut), end: source.count });
  }
  return blocks.length < group.length;
}

/** The first blocks of a group, which have all its points before `cut`. */
function takePart(group: readonly StoredBlock[]): {
  readonly blocks: readonly StoredBlock[];
  readonly cut: number;
} {
  const sources = group.map(({ source }) => source);
  let points = 0;
  for (const [i, source] of sources.entries()) {
    const cut = source.firstOffset;
    const isEnough = points >= PART_POINTS && rowsBefore(sources.slice(0, i), cut) >= FULL_POINTS;
    if (isEnough) return { blocks: group.slice(0, i), cut };
    points += source.count;
  }
  return { blocks: group, cut: Number.POSITIVE_INFINITY };
}

function rowsBefore(sources: readonly PointSource[], cut: number): number {
  return sources.reduce((sum, source) => sum + lowerBound(source.offsets(), cut), 0);
}
