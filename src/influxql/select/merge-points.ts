/**
 * The points of several streams in the order of time: a heap of one cursor per stream. Rows are
 * given in blocks of parallel arrays, so that a row costs no promise.
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
  /** Of the point it stands at. */
  offset: number;
}

export interface MergeOptions {
  readonly bounds: TimeBounds;
  readonly pacer: Pacer;
  /**
   * Slots of text that order points of equal time, unless what the heap does decides; undefined:
   * the order of streams does.
   */
  readonly tieSlots: readonly number[] | undefined;
  /** How many rows are likely to be enough: the first block has no more. */
  readonly rowsWanted: number;
}

export async function* mergePoints(
  streams: readonly Stream[],
  { bounds, pacer, rowsWanted, tieSlots }: MergeOptions,
): AsyncGenerator<RowBlock> {
  let blockRows = Math.min(rowsWanted, BLOCK_ROWS);
  const heap = new CursorHeap(
    bounds.isAscending,
    streams.every(({ isOfRows }) => !isOfRows) ? tieSlots : undefined,
  );
  for (const [order, stream] of streams.entries()) {
    if (pacer.isDue()) await pacer.pause();
    const next = reader(stream, bounds);
    const found = next();
    const points = found instanceof Promise ? await found : found;
    if (points !== undefined) {
      const row = bounds.isAscending ? 0 : points.count - 1;
      heap.add({ order, next, points, row, offset: points.offsets[row] ?? 0 });
    }
  }
  const step = bounds.isAscending ? 1 : -1;
  let block: { points: Points[]; rows: number[] } = { points: [], rows: [] };
  for (let cursor = heap.pop(); cursor !== undefined; cursor = heap.pop()) {
    const { startHour } = cursor.points;
    block.points.push(cursor.points);
    block.rows.push(cursor.row);
    cursor.row += step;
    let isDone = false;
    if (cursor.row < 0 || cursor.row >= cursor.points.count) {
      const found = cursor.next();
      const points = found instanceof Promise ? await found : found;
      if (points === undefined) isDone = true;
      else {
        cursor.points = points;
        cursor.row = bounds.isAscending ? 0 : points.count - 1;
      }
    }
    if (!isDone) {
      cursor.offset = cursor.points.offsets[cursor.row] ?? 0;
      heap.push(cursor, startHour);
    }
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

/**
 * The cursors that stand in the window of time that is read, as a binary heap, and those that wait
 * for a later window.
 *
 * Points of equal time come in the order that the heap happens to have, and clients have got used
 * to the order of 1.x: so the heap moves its cursors exactly as the one of 1.x (Go's container/heap
 * with one heap per shard, filled in the order of series) does.
 */
class CursorHeap {
  #cursors: Cursor[] = [];
  #waiting: Cursor[] = [];
  readonly #sign: 1 | -1;
  readonly #tieSlots: readonly number[] | undefined;

  constructor(isAscending: boolean, tieSlots: readonly number[] | undefined) {
    this.#sign = isAscending ? 1 : -1;
    this.#tieSlots = tieSlots;
  }

  /** Adds a cursor that stands at a point. */
  add(cursor: Cursor): void {
    this.#waiting.push(cursor);
  }

  /** Takes out the cursor that is next; undefined: there is none. */
  pop(): Cursor | undefined {
    if (this.#cursors.length === 0) this.#enterWindow();
    const cursors = this.#cursors;
    const last = cursors.length - 1;
    if (last < 0) return undefined;
    this.#swap(0, last);
    this.#down(0, last);
    return cursors.pop();
  }

  /** Puts a cursor back that moved on; \`hour\`: where it stood before. */
  push(cursor: Cursor, hour: number): void {
    if (cursor.points.startHour !== hour) {
      this.#waiting.push(cursor);
      return;
    }
    this.#cursors.push(cursor);
    let at = this.#cursors.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isLess(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Makes the heap of all cursors in the next window, in the order of their streams. */
  #enterWindow(): void {
    let next: number | undefined;
    for (const { points } of this.#waiting) {
      const hour = points.startHour;
      if (next === undefined || (hour - next) * this.#sign < 0) next = hour;
    }
    const inside = this.#waiting.filter(({ points }) => points.startHour === next);
    this.#waiting = this.#waiting.filter(({ points }) => points.startHour !== next);
    this.#cursors = inside.sort((a, b) => a.order - b.order);
    const count = inside.length;
    for (let at = (count >> 1) - 1; at >= 0; at--) this.#down(at, count);
  }

  #down(start: number, count: number): void {
    for (let at = start; ; ) {
      const left = at * 2 + 1;
      if (left >= count) return;
      const right = left + 1;
      const least = right < count && this.#isLess(right, left) ? right : left;
      if (!this.#isLess(least, at)) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #swap(a: number, b: number): void {
    const cursors = this.#cursors;
    const one = cursors[a];
    const two = cursors[b];
    if (one === undefined || two === undefined) return;
    cursors[a] = two;
    cursors[b] = one;
  }

  #isLess(a: number, b: number): boolean {
    const one = this.#cursors[a];
    const two = this.#cursors[b];
    if (one === undefined || two === undefined) return false;
    const order = (one.offset - two.offset) * this.#sign;
    return order < 0 || (order === 0 && this.#isLessAtOneTime(one, two));
  }

  #isLessAtOneTime(one: Cursor, two: Cursor): boolean {
    if (this.#tieSlots === undefined) return one.order < two.order;
    for (const slot of this.#tieSlots) {
      const a = one.points.value(slot, one.row);
      const b = two.points.value(slot, two.row);
      if (typeof a !== "string" || typeof b !== "string") return false;
      if (a !== b) return a < b === (this.#sign === 1);
    }
    return false;
  }
}
