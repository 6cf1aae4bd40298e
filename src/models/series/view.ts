/**
 * One consistent state of everything stored: a snapshot of the rows, and of each head the rows that
 * were durable. Heads that are sealed in the meantime are still read here as they were.
 */
import type { Head, HeadWindow } from "./head.ts";
import { HeadSource } from "./head-source.ts";
import type { PointSource } from "./point-source.ts";
import { batchesOf } from "./scan.ts";
import type { PointBatch, ScanRange, SeriesPlace, SeriesView } from "./series-scan.ts";
import { HOUR_NS_BIG, WINDOW_HOURS_MAX } from "./series-time.ts";
import { assert } from "../../base/assert.ts";
import type { Snapshot } from "../../store/base-tree.ts";

/** Longest window, ns: no offset is behind it. */
const OFFSET_END = BigInt(WINDOW_HOURS_MAX) * HOUR_NS_BIG;

/** A head as a view sees it. */
interface HeadPart {
  readonly head: Head;
  readonly rows: number;
  /** By policy and start; replaced by the head when windows are dropped, never changed then. */
  readonly windows: Iterable<HeadWindow>;
}

/** What heads have of a policy in a window. */
interface WindowParts {
  readonly startHour: number;
  readonly heads: { readonly part: HeadPart; readonly window: HeadWindow }[];
}

export class StorageView implements SeriesView {
  readonly #snapshot: Snapshot;
  readonly #heads: readonly HeadPart[];
  /** Windows of each policy that was asked for, in the order of time. */
  readonly #windows = new Map<number, readonly WindowParts[]>();
  #isReleased = false;

  constructor(snapshot: Snapshot, heads: Iterable<Head>) {
    this.#snapshot = snapshot;
    this.#heads = Array.from(heads, (head) => {
      return { head, rows: head.durableRows, windows: [...head.windows()] };
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
      yield* batchesOf(this.#sourcesOf(series, window), part);
    }
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#snapshot.release();
  }

  #sourcesOf(series: SeriesPlace, window: WindowParts): readonly PointSource[] {
    const sources: PointSource[] = [];
    for (const { part, window: of } of window.heads) {
      const { seriesId } = series;
      const source = HeadSource.of(part.head, of, { seriesId, end: part.rows });
      if (source !== undefined) sources.push(source);
    }
    return sources;
  }

  #windowsOf(policyId: number): readonly WindowParts[] {
    const known = this.#windows.get(policyId);
    if (known !== undefined) return known;
    const windows = new Map<number, WindowParts>();
    for (const part of this.#heads) {
      for (const window of part.windows) {
        if (window.policyId !== policyId) continue;
        const { startHour } = window;
        const parts = windows.get(startHour) ?? { startHour, heads: [] };
        windows.set(startHour, parts);
        parts.heads.push({ part, window });
      }
    }
    const sorted = [...windows.values()].sort((a, b) => a.startHour - b.startHour);
    this.#windows.set(policyId, sorted);
    return sorted;
  }
}
