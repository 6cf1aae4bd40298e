/**
 * What is computed per window (slot) of a group. An accumulator takes runs of points: a column of a
 * batch, from one row to another, all in one window. Sums, counts and extremes keep a few numbers
 * per window; functions of all values (median …) keep the values.
 */
import type { Column } from "../../models/series/column.ts";
import type { ColumnSummary } from "../../models/series/series-scan.ts";
import type { Int } from "../functions/int64.ts";
import { addInt, subtractInt } from "../functions/int64.ts";
import type { FieldValue } from "../functions/point-function.ts";
import type { Points } from "./points.ts";
import { has, valueAt } from "./points.ts";
import { QueryError } from "./query-error.ts";

export interface Run {
  readonly points: Points;
  readonly column: Column;
  /** Rows from … to - 1. */
  readonly from: number;
  readonly to: number;
  readonly slot: number;
}

/** A result: its value, and for selectors the point it is of. */
export interface Cell {
  readonly value: FieldValue;
  readonly points?: Points;
  readonly row?: number;
}

export interface Accumulator {
  reset(): void;
  fold(run: Run): void;
  /** Takes a whole batch by its summary; false: it has to be folded. */
  foldSummary(summary: ColumnSummary, slot: number): boolean;
  /** Results of a window, in the order in which they come out; usually one or none. */
  results(slot: number): readonly Cell[];
}

const none: readonly Cell[] = [];

export class CountAccumulator implements Accumulator {
  readonly #counts: number[] = [];

  reset(): void {
    this.#counts.length = 0;
  }

  fold({ column, from, to, slot }: Run): void {
    this.#counts[slot] = (this.#counts[slot] ?? 0) + countPresent(column, from, to);
  }

  foldSummary(summary: ColumnSummary, slot: number): boolean {
    this.#counts[slot] = (this.#counts[slot] ?? 0) + summary.count;
    return true;
  }

  results(slot: number): readonly Cell[] {
    const value = this.#counts[slot] ?? 0;
    return value === 0 ? none : [{ value }];
  }
}

function countPresent({ present }: Column, from: number, to: number): number {
  if (present === undefined) return to - from;
  let count = 0;
  for (let i = from; i < to; i++) count += present[i] ?? 0;
  return count;
}

/** sum() and mean(). */
export class SumAccumulator implements Accumulator {
  readonly #sums: Int[] = [];
  readonly #counts: number[] = [];
  readonly #isMean: boolean;
  readonly #isInteger: boolean;

  constructor(isMean: boolean, isInteger: boolean) {
    this.#isMean = isMean;
    this.#isInteger = isInteger;
  }

  reset(): void {
    this.#sums.length = 0;
    this.#counts.length = 0;
  }

  fold(run: Run): void {
    const { column, from, to, slot } = run;
    const count = countPresent(column, from, to);
    if (count === 0) return;
    this.#add(slot, count, this.#isInteger ? sumInts(run) : sumFloats(run));
  }

  foldSummary({ count, sum }: ColumnSummary, slot: number): boolean {
    if (sum === undefined || (this.#isInteger && !Number.isSafeInteger(sum))) return false;
    this.#add(slot, count, sum);
    return true;
  }

  #add(slot: number, count: number, sum: Int): void {
    const before = this.#sums[slot];
    this.#counts[slot] = (this.#counts[slot] ?? 0) + count;
    if (before === undefined) this.#sums[slot] = sum;
    else if (this.#isInteger) this.#sums[slot] = addInt(before, sum);
    else this.#sums[slot] = Number(before) + Number(sum);
  }

  results(slot: number): readonly Cell[] {
    const sum = this.#sums[slot];
    if (sum === undefined) return none;
    return [{ value: this.#isMean ? Number(sum) / (this.#counts[slot] ?? 1) : sum }];
  }
}

function sumFloats({ column, from, to }: Run): number {
  const { values, present } = column;
  let sum = 0;
  if (!(values instanceof Float64Array)) return sum;
  if (present === undefined) for (let i = from; i < to; i++) sum += values[i] ?? 0;
  else for (let i = from; i < to; i++) if (present[i] === 1) sum += values[i] ?? 0;
  return sum;
}

function sumInts(run: Run): Int {
  const { column, from, to } = run;
  if (column.values instanceof Float64Array) {
    const sum = sumFloats(run);
    if (Number.isSafeInteger(sum)) return sum;
  }
  let exact: Int = 0;
  for (let i = from; i < to; i++) {
    if (!has(column, i)) continue;
    const value = valueAt(column, i);
    exact = addInt(exact, typeof value === "bigint" ? value : Number(value));
  }
  return exact;
}

/** min(), max(), first() and last(): the point that is best. */
export class BestAccumulator implements Accumulator {
  readonly #values: FieldValue[] = [];
  readonly #points: Points[] = [];
  readonly #rows: number[] = [];
  readonly #kind: "min" | "max" | "first" | "last";
  /** Whether it matters which point it is, or just its value. */
  readonly #keepsPoint: boolean;

  constructor(kind: "min" | "max" | "first" | "last", keepsPoint: boolean) {
    this.#kind = kind;
    this.#keepsPoint = keepsPoint || kind === "first" || kind === "last";
  }

  reset(): void {
    this.#values.length = 0;
    this.#points.length = 0;
    this.#rows.length = 0;
  }

  fold(run: Run): void {
    const { points, column, slot } = run;
    const row = this.#bestRow(run);
    if (row === -1) return;
    const value = valueAt(column, row);
    const before = this.#values[slot];
    if (before !== undefined && !this.#isBetter(slot, before, { value, points, row })) return;
    this.#values[slot] = value;
    if (!this.#keepsPoint) return;
    this.#points[slot] = points;
    this.#rows[slot] = row;
  }

  foldSummary({ count, min, max }: ColumnSummary, slot: number): boolean {
    if (this.#keepsPoint || Number.isNaN(min)) return false;
    if (count === 0) return true;
    const value = this.#kind === "min" ? min : max;
    const before = this.#values[slot];
    const order = before === undefined ? 0 : Number(before) - value;
    const isBetter = this.#kind === "min" ? order > 0 : order < 0;
    if (before === undefined || isBetter) this.#values[slot] = value;
    return true;
  }

  #bestRow({ column, from, to }: Run): number {
    switch (this.#kind) {
      case "first":
        for (let i = from; i < to; i++) if (has(column, i)) return i;
        return -1;
      case "last":
        for (let i = to - 1; i >= from; i--) if (has(column, i)) return i;
        return -1;
      case "min":
        return column.values instanceof Float64Array
          ? leastFloat(column.values, column.present, [from, to])
          : extremeRow(column, [from, to], -1);
      case "max":
        return column.values instanceof Float64Array
          ? greatestFloat(column.values, column.present, [from, to])
          : extremeRow(column, [from, to], 1);
    }
  }

  /** Of equal values the earlier point, of equal times the greater value counts. */
  #isBetter(slot: number, before: FieldValue, found: Required<Cell>): boolean {
    const { value, points, row } = found;
    if (this.#kind === "min" && value !== before) return value < before;
    if (this.#kind === "max" && value !== before) return value > before;
    if (!this.#keepsPoint) return false;
    const order = compareTimes(
      { points, row },
      { points: this.#points[slot] ?? points, row: this.#rows[slot] ?? 0 },
    );
    if (this.#kind === "last") return order > 0 || (order === 0 && value > before);
    if (this.#kind === "first") return order < 0 || (order === 0 && value > before);
    return order < 0;
  }

  results(slot: number): readonly Cell[] {
    const value = this.#values[slot];
    if (value === undefined) return none;
    const points = this.#points[slot];
    return points === undefined ? [{ value }] : [{ value, points, row: this.#rows[slot] ?? 0 }];
  }
}

type Rows = readonly [from: number, to: number];

function leastFloat(
  values: Float64Array,
  present: Uint8Array | undefined,
  [from, to]: Rows,
): number {
  let best = Infinity;
  let row = -1;
  for (let i = from; i < to; i++) {
    const value = values[i] ?? 0;
    if ((value < best || row === -1) && (present === undefined || present[i] === 1)) {
      best = value;
      row = i;
    }
  }
  return row;
}

function greatestFloat(
  values: Float64Array,
  present: Uint8Array | undefined,
  [from, to]: Rows,
): number {
  let best = -Infinity;
  let row = -1;
  for (let i = from; i < to; i++) {
    const value = values[i] ?? 0;
    if ((value > best || row === -1) && (present === undefined || present[i] === 1)) {
      best = value;
      row = i;
    }
  }
  return row;
}

function extremeRow(column: Column, [from, to]: Rows, sign: 1 | -1): number {
  let row = -1;
  let best: FieldValue = 0;
  for (let i = from; i < to; i++) {
    if (!has(column, i)) continue;
    const value = valueAt(column, i);
    if (row !== -1 && (sign === 1 ? value <= best : value >= best)) continue;
    best = value;
    row = i;
  }
  return row;
}

export interface PointPlace {
  readonly points: Points;
  readonly row: number;
}

/** Order of two points by time. */
export function compareTimes(a: PointPlace, b: PointPlace): number {
  const hours = a.points.startHour - b.points.startHour;
  const offsets = (a.points.offsets[a.row] ?? 0) - (b.points.offsets[b.row] ?? 0);
  return hours * 3.6e12 + offsets;
}

/** spread(): greatest minus least. */
export class SpreadAccumulator implements Accumulator {
  readonly #least = new BestAccumulator("min", false);
  readonly #greatest = new BestAccumulator("max", false);
  readonly #isInteger: boolean;

  constructor(isInteger: boolean) {
    this.#isInteger = isInteger;
  }

  reset(): void {
    this.#least.reset();
    this.#greatest.reset();
  }

  fold(run: Run): void {
    this.#least.fold(run);
    this.#greatest.fold(run);
  }

  foldSummary(summary: ColumnSummary, slot: number): boolean {
    return this.#least.foldSummary(summary, slot) && this.#greatest.foldSummary(summary, slot);
  }

  results(slot: number): readonly Cell[] {
    const least = this.#least.results(slot)[0]?.value;
    const greatest = this.#greatest.results(slot)[0]?.value;
    if (least === undefined || greatest === undefined) return none;
    if (this.#isInteger) return [{ value: subtractInt(asInt(greatest), asInt(least)) }];
    return [{ value: Number(greatest) - Number(least) }];
  }
}

function asInt(value: FieldValue): Int {
  return typeof value === "bigint" ? value : Number(value);
}

/** The points of a window in the order of time; points of equal time in the order of series. */
export interface Collected {
  readonly values: readonly FieldValue[];
  readonly points: readonly Points[];
  readonly rows: readonly number[];
}

/** Functions of all values of a window. */
export class CollectAccumulator implements Accumulator {
  readonly #windows: { values: FieldValue[]; points: Points[]; rows: number[] }[] = [];
  readonly #finish: (collected: Collected) => readonly Cell[];
  /** Whether the order of time matters and which points they are. */
  readonly #keepsPoints: boolean;
  #heldMax = 0;
  #held = 0;

  constructor(keepsPoints: boolean, finish: (collected: Collected) => readonly Cell[]) {
    this.#keepsPoints = keepsPoints;
    this.#finish = finish;
  }

  /** More than so many values at once end the query; 0: no limit. */
  holdAtMost(values: number): void {
    this.#heldMax = values;
  }

  reset(): void {
    this.#windows.length = 0;
    this.#held = 0;
  }

  fold({ points, column, from, to, slot }: Run): void {
    const window = (this.#windows[slot] ??= { values: [], points: [], rows: [] });
    this.#held += to - from;
    if (this.#heldMax > 0 && this.#held > this.#heldMax) {
      throw new QueryError(`max-select-values limit exceeded: (${this.#held}/${this.#heldMax})`);
    }
    for (let i = from; i < to; i++) {
      if (!has(column, i)) continue;
      window.values.push(valueAt(column, i));
      if (!this.#keepsPoints) continue;
      window.points.push(points);
      window.rows.push(i);
    }
  }

  foldSummary(): boolean {
    return false;
  }

  results(slot: number): readonly Cell[] {
    const window = this.#windows[slot];
    if (window === undefined || window.values.length === 0) return none;
    return this.#finish(this.#keepsPoints ? inOrder(window) : window);
  }
}

function inOrder(collected: Collected): Collected {
  const { values, points, rows } = collected;
  const place = (at: number): PointPlace | undefined => {
    const of = points[at];
    return of === undefined ? undefined : { points: of, row: rows[at] ?? 0 };
  };
  const isInOrder = values.every((_value, at) => {
    const of = points[at];
    const before = points[at - 1];
    if (of === undefined || before === undefined) return true;
    // Points of one batch come by time.
    const [rowBefore, row] = [rows[at - 1] ?? 0, rows[at] ?? 0];
    if (of === before && row > rowBefore) return true;
    return compareTimes({ points: before, row: rowBefore }, { points: of, row }) <= 0;
  });
  if (isInOrder) return collected;
  const order = values.map((_value, at) => at);
  order.sort((a, b) => {
    const one = place(a);
    const two = place(b);
    return (one && two ? compareTimes(one, two) : 0) || a - b;
  });
  return {
    values: order.flatMap((at) => values[at] ?? []),
    points: order.flatMap((at) => points[at] ?? []),
    rows: order.flatMap((at) => rows[at] ?? []),
  };
}
