/**
 * Makes blocks of a frozen head, in operations of bounded work. The last one deletes the chunks.
 *
 *   op 1: blocks, place ── op 2: blocks, place ── … ── op n: blocks; no chunks, no place any more
 *
 * The place, policy, window and series of the last block, is a row, so that sealing goes on there
 * after a restart. Until the end readers see the points twice, in blocks and in the head, which
 * shows the same as once: both have the head's sequence.
 */
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { BlockEdit } from "./block-rows.ts";
import type { Head, HeadWindow } from "./head.ts";
import { HeadSource } from "./head-source.ts";
import { MergedSource } from "./merged-source.ts";
import { chunksOf, nextHeadKey, sealKey } from "./rows.ts";
import { SeriesReader, SeriesWriter } from "./series-bytes.ts";

/** Work of one operation: rows, and as much again for each series. */
const SLICE_COST_MAX = 4096;
const SERIES_COST = 4;
const U32_MAX = 0xffffffff;
const HOUR_MIN = -(2 ** 31);
const HOUR_MAX = 2 ** 31 - 1;

/** What must not be stored any more. */
export interface Dropped {
  window(head: Head, window: HeadWindow): boolean;
  series(head: Head, seriesId: number): boolean;
}

/** A head on its way into blocks. */
export class Sealer {
  readonly head: Head;
  readonly #dropped: Dropped;
  readonly #windows: readonly HeadWindow[];
  #window = 0;
  /** Series of the window, and how many of them are done. */
  #series: Uint32Array;
  #done = 0;

  /** Goes on where the rows say that sealing of this head stopped. */
  constructor(head: Head, view: ReadView, dropped: Dropped) {
    this.head = head;
    this.#dropped = dropped;
    this.#windows = [...head.windows()].sort((a, b) => {
      return a.policyId - b.policyId || a.startHour - b.startHour;
    });
    this.#series = this.#seriesOf(0);
    const place = view.get(sealKey(head.sequence));
    if (place !== undefined) this.#skipTo(new SeriesReader(place));
  }

  /** One operation's work, done when it is applied; true if it is the last one. */
  seal(tx: Transaction): boolean {
    let { window, series, done } = { window: this.#window, series: this.#series, done: this.#done };
    let cost = 0;
    let edit: BlockEdit | undefined;
    while (window < this.#windows.length && cost < SLICE_COST_MAX) {
      const at = this.#windows[window] as HeadWindow;
      edit ??= new BlockEdit(tx, at);
      const end = this.#dropped.window(this.head, at) ? done : series.length;
      for (; done < end && cost < SLICE_COST_MAX; done++) {
        cost += SERIES_COST + this.#sealSeries(edit, at, series[done] as number);
      }
      if (done < end) break;
      edit.finishSeal(true);
      edit = undefined;
      window++;
      series = this.#seriesOf(window);
      done = 0;
    }
    edit?.finishSeal(false);
    if (window < this.#windows.length) this.#putPlace(tx, { window, series, done });
    else finishHead(tx, this.head);
    tx.onApplied(() => {
      this.#window = window;
      this.#series = series;
      this.#done = done;
    });
    return window >= this.#windows.length;
  }

  /** Returns how many rows it had. */
  #sealSeries(edit: BlockEdit, window: HeadWindow, seriesId: number): number {
    if (this.#dropped.series(this.head, seriesId)) return 0;
    const source = HeadSource.of(this.head, window, { seriesId, end: this.head.durableRows });
    if (source === undefined) return 0;
    const single = source.hasRepeats ? new MergedSource([source]) : source;
    edit.put(seriesId, single, { start: 0, end: single.count });
    return source.count;
  }

  #seriesOf(window: number): Uint32Array {
    return this.#windows[window]?.series.sortedIds() ?? new Uint32Array(0);
  }

  #putPlace(
    tx: Transaction,
    at: { readonly window: number; readonly series: Uint32Array; readonly done: number },
  ): void {
    const { policyId, startHour } = this.#windows[at.window] as HeadWindow;
    const writer = new SeriesWriter();
    writer.integer(policyId);
    writer.integer(startHour);
    writer.integer(at.done === 0 ? -1 : (at.series[at.done - 1] as number));
    tx.put(sealKey(this.head.sequence), writer.written());
  }

  #skipTo(place: SeriesReader): void {
    const policyId = place.count(0, U32_MAX);
    const startHour = place.count(HOUR_MIN, HOUR_MAX);
    const seriesId = place.count(-1, U32_MAX);
    const at = this.#windows.findIndex((window) => {
      return (window.policyId - policyId || window.startHour - startHour) >= 0;
    });
    this.#window = at === -1 ? this.#windows.length : at;
    this.#series = this.#seriesOf(this.#window);
    const window = this.#windows[this.#window];
    if (window?.policyId !== policyId || window.startHour !== startHour) return;
    const next = this.#series.findIndex((id) => id > seriesId);
    this.#done = next === -1 ? this.#series.length : next;
  }
}

/** All of the head is in blocks: its chunks go, and no head gets its number again. */
function finishHead(tx: Transaction, head: Head): void {
  const { start, end } = chunksOf(head.sequence);
  tx.deleteRange(start, end);
  tx.delete(sealKey(head.sequence));
  putNextHead(tx, head.sequence + 1);
}

/** The number of the next head, at least. */
export function readNextHead(view: ReadView): number {
  const bytes = view.get(nextHeadKey);
  return bytes === undefined ? 1 : new SeriesReader(bytes).count(1, U32_MAX);
}

function putNextHead(tx: Transaction, next: number): void {
  if (next <= readNextHead(tx)) return;
  const writer = new SeriesWriter();
  writer.integer(next);
  tx.put(nextHeadKey, writer.written());
}
