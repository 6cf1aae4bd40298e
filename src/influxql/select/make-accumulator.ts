/** Which accumulator computes a function per window. */
import type { Call } from "../ast.ts";
import {
  distinctPlaces,
  histogram,
  median,
  mode,
  percentilePlace,
  standardDeviation,
} from "../functions/order-statistics.ts";
import { compareValues } from "../functions/order-statistics.ts";
import type { Accumulator, Cell, Collected } from "./accumulators.ts";
import {
  BestAccumulator,
  CollectAccumulator,
  compareTimes,
  CountAccumulator,
  SpreadAccumulator,
  SumAccumulator,
} from "./accumulators.ts";
import type { Points } from "./points.ts";

export interface AccumulatorOptions {
  readonly isInteger: boolean;
  /** Whether it matters which points are chosen: other columns or their time are wanted. */
  readonly keepsPoints: boolean;
  /** Slots of the tags of top() and bottom(). */
  readonly tagSlots: readonly number[];
  readonly random: () => number;
  /** Values that an accumulator may hold; 0: no limit. */
  readonly heldMax: number;
}

/** The accumulator of a call; undefined: the function does not work on windows. */
export function makeAccumulator(call: Call, options: AccumulatorOptions): Accumulator | undefined {
  const accumulator = accumulatorOf(call, options);
  if (accumulator instanceof CollectAccumulator) accumulator.holdAtMost(options.heldMax);
  return accumulator;
}

function accumulatorOf(call: Call, options: AccumulatorOptions): Accumulator | undefined {
  const { isInteger, keepsPoints } = options;
  switch (call.name) {
    case "count":
      return call.args[0]?.kind === "call"
        ? collect(false, ({ values }) => ({ value: new Set(values).size }))
        : new CountAccumulator();
    case "sum":
      return new SumAccumulator(false, isInteger);
    case "mean":
      return new SumAccumulator(true, isInteger);
    case "min":
    case "max":
    case "first":
    case "last":
      return new BestAccumulator(call.name, keepsPoints);
    case "spread":
      return new SpreadAccumulator(isInteger);
    case "median":
      return collect(false, ({ values }) => ({ value: median(values) ?? NaN }));
    case "stddev":
      return collect(false, ({ values }) => ({ value: standardDeviation(values) }));
    case "mode":
      return collect(true, ({ values }) => ({ value: mode(values) ?? NaN }));
    case "percentile": {
      const percent = numberOf(call, 1);
      return collect(true, (all) => cellAt(all, percentilePlace(all.values, percent)));
    }
    case "distinct":
      return new CollectAccumulator(true, distinct);
    case "histogram":
      return collectHistogram(call);
    case "sample":
      return new CollectAccumulator(true, (all) => sample(all, numberOf(call, 1), options.random));
    case "top":
    case "bottom":
      return collectTop(call, options.tagSlots);
    default:
      return undefined;
  }
}

function collect(
  keepsPoints: boolean,
  finish: (collected: Collected) => Cell | undefined,
): Accumulator {
  return new CollectAccumulator(keepsPoints, (collected) => {
    const cell = finish(collected);
    return cell === undefined ? [] : [cell];
  });
}

/** A number among the arguments. */
function numberOf(call: Call, at: number): number {
  const arg = call.args[at];
  return arg?.kind === "integer" || arg?.kind === "number" ? Number(arg.value) : NaN;
}

function cellAt({ values, points, rows }: Collected, place: number): Cell | undefined {
  const value = values[place];
  const at = points[place];
  if (value === undefined || at === undefined) return undefined;
  return { value, points: at, row: rows[place] ?? 0 };
}

/** Each value once, in the order of its first time; those of one time from the smallest up. */
function distinct(all: Collected): readonly Cell[] {
  return distinctPlaces(all.values)
    .sort((a, b) => {
      return timeOrder(all, a, b) || compareValues(all.values[a] ?? 0, all.values[b] ?? 0);
    })
    .map((place) => ({ value: all.values[place] ?? NaN }));
}

/** Negative: the point at place `a` is earlier than that at `b`. */
function timeOrder({ points, rows }: Collected, a: number, b: number): number {
  const [ofA, ofB] = [points[a], points[b]];
  if (ofA === undefined || ofB === undefined) return 0;
  return compareTimes({ points: ofA, row: rows[a] ?? 0 }, { points: ofB, row: rows[b] ?? 0 });
}

/** Counts per bin, one row each, in the order of the bins. */
function collectHistogram(call: Call): Accumulator {
  const step = numberOf(call, 1);
  const start = call.args.length > 2 ? numberOf(call, 2) : undefined;
  const stop = call.args.length > 3 ? numberOf(call, 3) : undefined;
  return new CollectAccumulator(false, ({ values }) =>
    histogram(values, { step, start, stop }).map(({ count }) => ({ value: count })),
  );
}

/** So many of the points, any, in the order of time. */
function sample(all: Collected, size: number, random: () => number): readonly Cell[] {
  const places: number[] = [];
  for (let place = 0; place < all.values.length; place++) {
    if (place < size) places.push(place);
    else {
      const at = Math.floor(random() * (place + 1));
      if (at < size) places[at] = place;
    }
  }
  places.sort((a, b) => a - b);
  return places.flatMap((place) => cellAt(all, place) ?? []);
}

interface PointCell {
  readonly value: Cell["value"];
  readonly points: Points;
  readonly row: number;
}

/** The n greatest (or least) points, by time; with tags at most one of each combination. */
function collectTop(call: Call, tagSlots: readonly number[]): Accumulator {
  const count = numberOf(call, call.args.length - 1);
  const sign = call.name === "top" ? -1 : 1;
  const compare = (a: PointCell, b: PointCell): number =>
    compareValues(a.value, b.value) * sign || compareTimes(a, b);
  return new CollectAccumulator(true, ({ values, points, rows }) => {
    let cells = values.flatMap((value, place): PointCell[] => {
      const at = points[place];
      return at === undefined ? [] : [{ value, points: at, row: rows[place] ?? 0 }];
    });
    if (tagSlots.length > 0) cells = bestPerTags(cells, tagSlots, compare);
    return cells.sort(compare).slice(0, count).sort(compareTimes);
  });
}

function bestPerTags(
  cells: readonly PointCell[],
  tagSlots: readonly number[],
  compare: (a: PointCell, b: PointCell) => number,
): PointCell[] {
  const best = new Map<string, PointCell>();
  for (const cell of cells) {
    const key = tagSlots.map((slot) => String(cell.points.value(slot, cell.row))).join("\0");
    const before = best.get(key);
    if (before === undefined || compare(cell, before) < 0) best.set(key, cell);
  }
  return [...best.values()];
}
