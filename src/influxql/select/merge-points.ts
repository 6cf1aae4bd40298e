/**
 * The points of several streams in the order of time: a heap of one cursor per stream. Points of
 * equal time come in the order of the streams. Rows are given in blocks of parallel arrays, so that
 * a row costs no promise.
 */
import type { Points } from "./points.ts";
import type { Pacer } from "./pacer.ts";
import type { Stream } from "./groups.ts";
import type { TimeBounds } from "./time-bounds.ts";

/** Rows of several batches: rows[i] of points[i]. */
export interface RowBlock {
  readonly points: Points[];
  readonly rows: number[];
}

const BLOCK_ROWS = 1024;

interface Cursor {
  readonly order: number;
  readonly next: () => Points | undefined | Promise<Points | undefined>;
  points: Points;
  row: number;
}

export interface MergeOptions {
  readonly bounds: TimeBounds;
  readonly pacer: Pacer;
  /** How many rows are likely to be enough: the first block has no more. */
  readonly rowsWanted: number;
}

export async function* mergePoints(
  streams: readonly Stream[],
  { bounds, pacer, rowsWanted }: MergeOptions,
): AsyncGenerator<RowBlock> {
  let blockRows = Math.min(rowsWanted, BLOCK_ROWS);
  const heap = new CursorHeap(bounds.isAscending);
  for (const [order, stream] of streams.entries()) {
    if (pacer.isDue()) await pacer.pause();
    const next = reader(stream, bounds);
    const found = next();
    const points = found instanceof Promise ? await found : found;
    if (points !== undefined) {
      heap.push({ order, next, points, row: bounds.isAscending ? 0 : points.count - 1 });
    }
  }
  const step = bounds.isAscending ? 1 : -1;
  let block: { points: Points[]; rows: number[] } = { points: [], rows: [] };
  for (let cursor = heap.top; cursor !== undefined; cursor = heap.top) {
    block.points.push(cursor.points);
    block.rows.push(cursor.row);
    cursor.row += step;
    if (cursor.row < 0 || cursor.row >= cursor.points.count) {
      const found = cursor.next();
      const points = found instanceof Promise ? await found : found;
      if (points === undefined) heap.pop();
      else {
        cursor.points = points;
        cursor.row = bounds.isAscending ? 0 : points.count - 1;
        heap.settle();
      }
    } else heap.settle();
    if (block.rows.length < blockRows) continue;
    yield block;
    blockRows = BLOCK_ROWS;
    block = { points: [], rows: [] };
    if (pacer.isDue()) await pacer.pause();
  }
  if (block.rows.length > 0) yield block;
}

/** The points of several streams, one stream after the other. */
export async function* chainPoints(
  streams: readonly Stream[],
  options: MergeOptions,
): AsyncGenerator<RowBlock> {
  for (const stream of streams) yield* mergePoints([stream], options);
}

function reader(
  stream: Stream,
  bounds: TimeBounds,
): () => Points | undefined | Promise<Points | undefined> {
  const source = stream.read(bounds);
  if (Symbol.iterator in source) {
    const iterator = source[Symbol.iterator]();
    return () => {
      const { done, value } = iterator.next();
      return done === true ? undefined : value;
    };
  }
  const iterator = source[Symbol.asyncIterator]();
  return async () => {
    const { done, value } = await iterator.next();
    return done === true ? undefined : value;
  };
}

/** A binary heap of which only the top moves. */
class CursorHeap {
  readonly #cursors: Cursor[] = [];
  readonly #sign: 1 | -1;

  constructor(isAscending: boolean) {
    this.#sign = isAscending ? 1 : -1;
  }

  get top(): Cursor | undefined {
    return this.#cursors[0];
  }

  push(cursor: Cursor): void {
    const cursors = this.#cursors;
    let at = cursors.length;
    cursors.push(cursor);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = cursors[parent];
      if (above === undefined || !this.#isBefore(cursor, above)) break;
      cursors[at] = above;
      at = parent;
    }
    cursors[at] = cursor;
  }

  pop(): void {
    const last = this.#cursors.pop();
    if (last === undefined || this.#cursors.length === 0) return;
    this.#cursors[0] = last;
    this.settle();
  }

  /** The top moved on: finds its place. */
  settle(): void {
    const cursors = this.#cursors;
    const moved = cursors[0];
    if (moved === undefined) return;
    let at = 0;
    for (;;) {
      const left = at * 2 + 1;
      const one = cursors[left];
      if (one === undefined) break;
      const two = cursors[left + 1];
      const isTwo = two !== undefined && this.#isBefore(two, one);
      const best = isTwo ? two : one;
      if (!this.#isBefore(best, moved)) break;
      cursors[at] = best;
      at = isTwo ? left + 1 : left;
    }
    cursors[at] = moved;
  }

  #isBefore(a: Cursor, b: Cursor): boolean {
    const hours = a.points.startHour - b.points.startHour;
    const offsets = (a.points.offsets[a.row] ?? 0) - (b.points.offsets[b.row] ?? 0);
    const order = (hours * 3.6e12 + offsets) * this.#sign;
    return order < 0 || (order === 0 && a.order < b.order);
  }
}
