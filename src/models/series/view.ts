/**
 * One consistent state of everything stored: a snapshot of the rows, and of each head the rows that
 * were durable. Heads that are sealed in the meantime are still read here as they were.
 */
import { assert } from "../../base/assert.ts";
import { blockSizes, lastFirstOffset, readBlocks } from "./block-rows.ts";
import type { Column } from "./column.ts";
import type { Drops } from "./drop.ts";
import type { Head, HeadWindow } from "./head.ts";
import { HeadSource } from "./head-source.ts";
import type { PointSource } from "./point-source.ts";
import { windowsOf } from "./rows.ts";
import { batchesOf } from "./scan.ts";
import type { PointBatch, ScanRange, SeriesPlace, SeriesView } from "./series-scan.ts";
import { HOUR_NS_BIG, WINDOW_HOURS_MAX } from "./series-time.ts";
import { readWindows } from "./window-stats.ts";
import type { Snapshot } from "../../store/base-tree.ts";

/** Longest window, ns: no offset is behind it. */
const OFFSET_END = BigInt(WINDOW_HOURS_MAX) * HOUR_NS_BIG;

/** A head as a view sees it. */
interface HeadPart {
  readonly head: Head;
  readonly rows: number;
  readonly windows: readonly HeadWindow[];
}

/** What there is of a policy in a window. */
interface WindowParts {
  readonly startHour: number;
  /** Spans of its blocks; 0: it has none. */
  readonly spans: number;
  readonly heads: { readonly part: HeadPart; readonly window: HeadWindow }[];
}

/** What reading a series takes. */
export interface ReadCost {
  /** That have points of it. */
  readonly windows: number;
  /** That are not in blocks yet. */
  readonly cachedValues: number;
  /** Windows that have blocks of it. */
  readonly sealedWindows: number;
  readonly blocks: number;
  readonly blockBytes: number;
}

export class StorageView implements SeriesView {
  readonly #snapshot: Snapshot;
  readonly #heads: readonly HeadPart[];
  /** Windows of each policy that was asked for, in the order of time. */
  readonly #windows = new Map<number, readonly WindowParts[]>();
  #isReleased = false;

  constructor(snapshot: Snapshot, heads: readonly Head[], drops: Drops) {
    this.#snapshot = snapshot;
    this.#heads = heads.map((head) => {
      const windows = [...head.windows()].filter((each) => !drops.durableWindow(head, each));
      return { head, rows: head.durableRows, windows };
    });
  }

  *scan(
    series: SeriesPlace,
    fieldIds: readonly number[],
    range: ScanRange,
  ): Generator<PointBatch, void, undefined> {
    const descending = range.descending === true;
    const windows = this.#windowsOf(series.policyId);
    for (const window of descending ? windows.toReversed() : windows) {
      assert(!this.#isReleased, "View must not be read after its release");
      const start = BigInt(window.startHour) * HOUR_NS_BIG;
      const from = range.from > start ? range.from - start : 0n;
      const to = range.to - start < OFFSET_END ? range.to - start : OFFSET_END;
      if (from > to) continue;
      const { startHour } = window;
      const part = { startHour, from: Number(from), to: Number(to), descending, fieldIds };
      const newest = descending ? this.#newestPart(series, window, part) : part.from;
      // Who wants the newest points only does not make blocks before them be read.
      if (newest > part.from) {
        const last = { ...part, from: newest };
        yield* batchesOf(this.#sourcesOf(series, window, last), last);
        part.to = newest - 1;
      }
      yield* batchesOf(this.#sourcesOf(series, window, part), part);
    }
  }

  /** When the windows of a policy begin, hours since 1970, ascending. */
  windowStarts(policyId: number): readonly number[] {
    return this.#windowsOf(policyId).map(({ startHour }) => startHour);
  }

  /** What there is to read of a series in these windows, values of these fields. */
  costOf(
    { policyId, seriesId }: SeriesPlace,
    fieldIds: readonly number[],
    startHours: ReadonlySet<number>,
  ): ReadCost {
    const cost = { windows: 0, cachedValues: 0, sealedWindows: 0, blocks: 0, blockBytes: 0 };
    const range = { from: 0, to: Number(OFFSET_END) };
    for (const { startHour, spans, heads } of this.#windowsOf(policyId)) {
      if (!startHours.has(startHour)) continue;
      const at = { policyId, startHour, seriesId };
      const blocks = spans === 0 ? [] : blockSizes(this.#snapshot, at, { ...range, spans });
      let hasPoints = blocks.length > 0;
      cost.sealedWindows += blocks.length > 0 ? 1 : 0;
      cost.blocks += blocks.length;
      for (const bytes of blocks) cost.blockBytes += bytes;
      for (const { part, window } of heads) {
        const source = HeadSource.of(part.head, window, { seriesId, end: part.rows, ...range });
        if (source === undefined) continue;
        hasPoints = true;
        for (const id of fieldIds) cost.cachedValues += valueCount(source.column(id));
      }
      cost.windows += hasPoints ? 1 : 0;
    }
    return cost;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#snapshot.release();
  }

  #sourcesOf(
    series: SeriesPlace,
    window: WindowParts,
    range: { readonly from: number; readonly to: number },
  ): readonly PointSource[] {
    const { policyId, seriesId } = series;
    const { startHour, spans } = window;
    const at = { policyId, startHour, seriesId };
    const blocks = spans === 0 ? [] : readBlocks(this.#snapshot, at, { ...range, spans });
    const sources: PointSource[] = blocks.map(({ source }) => source);
    for (const { part, window: of } of window.heads) {
      const { from, to } = range;
      const source = HeadSource.of(part.head, of, { seriesId, end: part.rows, from, to });
      if (source !== undefined) sources.push(source);
    }
    return sources;
  }

  /** Where the newest points of a part begin: some, but not more than a block. */
  #newestPart(
    { policyId, seriesId }: SeriesPlace,
    { startHour, spans, heads }: WindowParts,
    range: { readonly from: number; readonly to: number },
  ): number {
    let newest = range.from;
    for (const { part, window } of heads) {
      const offset = part.head.newestOffset(window, seriesId, part.rows);
      if (offset !== undefined && offset <= range.to) newest = Math.max(newest, offset);
    }
    if (spans === 0) return newest;
    const at = { policyId, startHour, seriesId };
    return Math.max(newest, lastFirstOffset(this.#snapshot, at, { ...range, spans }) ?? 0);
  }

  #windowsOf(policyId: number): readonly WindowParts[] {
    const known = this.#windows.get(policyId);
    if (known !== undefined) return known;
    const windows = new Map<number, WindowParts>();
    for (const { startHour, stats } of readWindows(this.#snapshot, windowsOf(policyId))) {
      windows.set(startHour, { startHour, spans: stats.spans, heads: [] });
    }
    for (const part of this.#heads) {
      for (const window of part.windows) {
        if (window.policyId !== policyId) continue;
        const { startHour } = window;
        const parts = windows.get(startHour) ?? { startHour, spans: 0, heads: [] };
        windows.set(startHour, parts);
        parts.heads.push({ part, window });
      }
    }
    const sorted = [...windows.values()].sort((a, b) => a.startHour - b.startHour);
    this.#windows.set(policyId, sorted);
    return sorted;
  }
}

/** How many points have a value. */
function valueCount(column: Column | undefined): number {
  if (column === undefined) return 0;
  const { present, values } = column;
  return present === undefined ? values.length : present.reduce((sum, one) => sum + one, 0);
}
