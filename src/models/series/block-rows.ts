/**
 * Blocks as rows: reading those of a series, and writing and removing them with the statistics of
 * their windows in step.
 */
import type { Key } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { BLOCK_POINTS_MAX, BlockSource, encodeBlock } from "./block.ts";
import type { Column } from "./column.ts";
import type { PointSource } from "./point-source.ts";
import { blockKeyIn, blocksBetween, blockWindowPrefix, readBlockKey, spanOf } from "./rows.ts";
import type { WindowPlace } from "./rows.ts";
import { readStats, writeStats } from "./window-stats.ts";

/** A block and its row. */
export interface StoredBlock {
  readonly key: Key;
  readonly source: BlockSource;
}

export interface SeriesWindow extends WindowPlace {
  readonly seriesId: number;
}

/** Blocks of a series in a window that may have points from `from` to `to`. */
export function readBlocks(
  view: ReadView,
  at: SeriesWindow,
  range: { readonly from: number; readonly to: number; readonly spans: number },
): StoredBlock[] {
  const blocks: StoredBlock[] = [];
  for (const { start, end } of blocksBetween(at, range)) {
    for (const [key, bytes] of view.range(start, end)) blocks.push(storedBlock(key, bytes));
  }
  return blocks;
}

/** Bytes of each of the blocks that readBlocks() gives. */
export function blockSizes(
  view: ReadView,
  at: SeriesWindow,
  range: { readonly from: number; readonly to: number; readonly spans: number },
): number[] {
  const sizes: number[] = [];
  for (const { start, end } of blocksBetween(at, range)) {
    for (const [, bytes] of view.range(start, end)) sizes.push(bytes.length);
  }
  return sizes;
}

/**
 * Where the block begins that begins last of those that may have points from `from` to `to`;
 * undefined: there is none.
 */
export function lastFirstOffset(
  view: ReadView,
  at: SeriesWindow,
  range: { readonly from: number; readonly to: number; readonly spans: number },
): number | undefined {
  let last: number | undefined;
  // From 1 on: then each span has a range of its own.
  const from = Math.max(1, range.from);
  for (const { start, end } of blocksBetween(at, { ...range, from })) {
    for (const [key] of view.range(start, end, { reverse: true, limit: 1 })) {
      last = Math.max(last ?? 0, readBlockKey(key).first);
    }
  }
  return last;
}

/**
 * Blocks of a series in a window that have points from `from` to `to`, up to a head, and all that
 * overlap those, and so on: no other block up to that head overlaps any of them.
 */
export function readOverlapping(
  view: ReadView,
  at: SeriesWindow,
  range: {
    readonly from: number;
    readonly to: number;
    readonly spans: number;
    readonly head: number;
  },
): StoredBlock[] {
  let { from, to } = range;
  for (;;) {
    const { spans, head } = range;
    const blocks = readBlocks(view, at, { from, to, spans }).filter(({ source }) => {
      return source.sequence <= head && source.lastOffset >= from && source.firstOffset <= to;
    });
    const first = Math.min(...blocks.map(({ source }) => source.firstOffset));
    const last = Math.max(...blocks.map(({ source }) => source.lastOffset));
    if (first >= from && last <= to) return blocks;
    from = Math.min(first, from);
    to = Math.max(last, to);
  }
}

export function storedBlock(key: Key, bytes: Uint8Array): StoredBlock {
  return { key, source: new BlockSource(bytes, readBlockKey(key)) };
}

/** Changes of blocks of one window in one transaction; finish() writes what they come to. */
export class BlockEdit {
  readonly #tx: Transaction;
  readonly #window: WindowPlace;
  readonly #prefix: Key;
  #points = 0;
  #blocks = 0;
  #bytes = 0;
  #spans = 0;
  #from = Number.POSITIVE_INFINITY;
  #to = 0;

  constructor(tx: Transaction, window: WindowPlace) {
    this.#tx = tx;
    this.#window = window;
    this.#prefix = blockWindowPrefix(window);
  }

  /** Writes rows `start` to `end` (not included) of a source without repeats as blocks. */
  put(seriesId: number, source: PointSource, rows: { start: number; end: number }): void {
    if (rows.start === rows.end) return;
    const offsets = source.offsets();
    const columns = columnsOf(source);
    for (let start = rows.start; start < rows.end; start += BLOCK_POINTS_MAX) {
      const end = Math.min(start + BLOCK_POINTS_MAX, rows.end);
      const bytes = encodeBlock({ offsets, columns, start, end });
      const first = offsets[start] as number;
      const span = spanOf((offsets[end - 1] as number) - first);
      const { sequence } = source;
      this.#tx.put(blockKeyIn(this.#prefix, { seriesId, span, first, sequence }), bytes);
      this.#spans |= 1 << span;
      this.#from = Math.min(this.#from, first);
      this.#to = Math.max(this.#to, offsets[end - 1] as number);
      this.#count(end - start, bytes.length, 1);
    }
  }

  remove(block: StoredBlock): void {
    this.#tx.delete(block.key);
    this.#count(-block.source.count, -block.source.byteLength, -1);
  }

  /** Brings the window's statistics up to date after blocks were changed. */
  finish(): void {
    this.#finish(0, false);
  }

  /** Likewise, after blocks of a head were written; `isLast`: it has no more for this window. */
  finishSeal(isLast: boolean): void {
    this.#finish(isLast ? 1 : 0, true);
  }

  #finish(seals: number, isDirty: boolean): void {
    if (this.#blocks === 0 && this.#points === 0 && this.#bytes === 0 && seals === 0) return;
    const stats = readStats(this.#tx, this.#window);
    const isDirtier = isDirty && this.#from <= this.#to;
    const dirty = stats.dirtyFrom <= stats.dirtyTo ? stats : { dirtyFrom: this.#from, dirtyTo: 0 };
    writeStats(this.#tx, this.#window, {
      points: stats.points + this.#points,
      blocks: stats.blocks + this.#blocks,
      bytes: stats.bytes + this.#bytes,
      spans: stats.spans | this.#spans,
      seals: stats.seals + seals,
      dirtyFrom: isDirtier ? Math.min(dirty.dirtyFrom, this.#from) : stats.dirtyFrom,
      dirtyTo: isDirtier ? Math.max(dirty.dirtyTo, this.#to) : stats.dirtyTo,
    });
  }

  #count(points: number, bytes: number, blocks: number): void {
    this.#points += points;
    this.#bytes += bytes;
    this.#blocks += blocks;
  }
}

function columnsOf(source: PointSource): readonly (readonly [number, Column])[] {
  const columns: (readonly [number, Column])[] = [];
  for (const id of source.fieldIds()) {
    const column = source.column(id);
    if (column !== undefined) columns.push([id, column]);
  }
  return columns;
}
