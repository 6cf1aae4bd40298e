/**
 * Functions of all values of a group at once: median, mode, percentile, deviation, distinct,
 * histogram. Values come in the order of time; none is null.
 */
import type { FieldValue } from "./point-function.ts";

export function compareValues(a: FieldValue, b: FieldValue): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Numbers in ascending order, as a copy. */
function sorted(values: readonly FieldValue[]): FieldValue[] {
  return values.toSorted(compareValues);
}

/** The middle value; of an even count the mean of the two in the middle. Undefined: no values. */
export function median(values: readonly FieldValue[]): number | undefined {
  const inOrder = sorted(values);
  const middle = inOrder.length >> 1;
  const high = inOrder[middle];
  if (high === undefined) return undefined;
  if (inOrder.length % 2 === 1) return Number(high);
  const low = inOrder[middle - 1] ?? high;
  return Number(low) + (Number(high) - Number(low)) / 2;
}

/**
 * The most frequent value. Of equally frequent ones that which came first; if every value stands
 * once, the smallest. Of booleans true when both are equally frequent.
 */
export function mode(values: readonly FieldValue[]): FieldValue | undefined {
  if (typeof values[0] === "boolean") {
    const trues = values.filter((value) => value === true).length;
    return trues * 2 >= values.length;
  }
  // A map keeps the order in which its keys came.
  const counts = new Map<FieldValue, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let best: FieldValue | undefined;
  let most = 0;
  for (const [value, count] of counts) {
    const isSmaller = count === 1 && best !== undefined && value < best;
    if (count < most || (count === most && !isSmaller)) continue;
    best = value;
    most = count;
  }
  return best;
}

/** Sample standard deviation; NaN for fewer than two values. */
export function standardDeviation(values: readonly FieldValue[]): number {
  let mean = 0;
  for (const [i, value] of values.entries()) mean += (Number(value) - mean) / (i + 1);
  let sum = 0;
  for (const value of values) sum += (Number(value) - mean) ** 2;
  return values.length < 2 ? NaN : Math.sqrt(sum / (values.length - 1));
}

/** Index among `count` ordered values of the `percent`th percentile (nearest rank), or -1. */
export function percentileRank(count: number, percent: number): number {
  const rank = Math.floor((count * percent) / 100 + 0.5) - 1;
  return rank < 0 || rank >= count ? -1 : rank;
}

/** Place in `values` of the percentile, or -1 if there is none. */
export function percentilePlace(values: readonly FieldValue[], percent: number): number {
  const rank = percentileRank(values.length, percent);
  if (rank === -1) return -1;
  const places = values.map((_value, place) => place);
  places.sort((a, b) => compareValues(values[a] ?? 0, values[b] ?? 0));
  return places[rank] ?? -1;
}

/** Places of the first point of each value, in the order of `values`. */
export function distinctPlaces(values: readonly FieldValue[]): number[] {
  const seen = new Set<FieldValue>();
  const places: number[] = [];
  for (const [place, value] of values.entries()) {
    if (seen.has(value)) continue;
    seen.add(value);
    places.push(place);
  }
  return places;
}

export interface HistogramBin {
  /** Lower bound; the bin ends before the next multiple of the step. */
  readonly start: number;
  readonly count: number;
}

export interface HistogramOptions {
  /** Width of a bin, above 0. */
  readonly step: number;
  /** Values from here on, and before `stop`, are counted. */
  readonly start?: number | undefined;
  readonly stop?: number | undefined;
}

/** Counts of the values per bin, in the order of the bins; empty bins are left out. */
export function histogram(
  values: readonly FieldValue[],
  options: HistogramOptions,
): HistogramBin[] {
  const { step, start = 0, stop } = options;
  const counts = new Map<number, number>();
  for (const value of values) {
    const number = Number(value);
    if (options.start !== undefined && number < options.start) continue;
    if (stop !== undefined && number >= stop) continue;
    const bin = Math.floor((number - start) / step);
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  return [...counts]
    .toSorted(([a], [b]) => a - b)
    .map(([bin, count]) => ({ start: start + bin * step, count }));
}
