/**
 * What a call gives for one group: times and values in the order of the result, null where a window
 * was empty. For selectors, the point each value is of.
 */
import type { Fill } from "../ast.ts";
import { toInt, truncateToInt } from "../functions/int64.ts";
import type { FieldValue, PointFunction } from "../functions/point-function.ts";
import type { ColumnType, Value } from "../result.ts";
import type { Points } from "./points.ts";

export interface CallSeries {
  readonly times: readonly bigint[];
  readonly values: readonly Value[];
  /** By place; undefined: there is no point. */
  readonly points: readonly (Points | undefined)[];
  readonly rows: readonly number[];
}

export const emptySeries: CallSeries = { times: [], values: [], points: [], rows: [] };

/** Runs a function of points over a series; empty windows are passed over. */
export function transformSeries(series: CallSeries, made: PointFunction): CallSeries {
  const times: bigint[] = [];
  const values: Value[] = [];
  const emit = (time: bigint, value: FieldValue): void => {
    times.push(time);
    values.push(value);
  };
  for (const [i, time] of series.times.entries()) {
    const value = series.values[i] ?? null;
    if (value !== null) made.push(time, value, emit);
  }
  made.end?.(emit);
  return { times, values, points: [], rows: [] };
}

/** What stands where a call has no row and another one has: only a number is filled in. */
export function missingValue(fill: Fill | undefined, type: ColumnType): Value {
  return fill?.mode === "number" ? fillNumber(fill.value, type) : null;
}

/** The number of fill(number) as a value of a type. */
function fillNumber(value: number | bigint, type: ColumnType): Value {
  if (type === "float") return Number(value);
  if (type === "integer") return typeof value === "bigint" ? toInt(value) : truncateToInt(value);
  // A number cannot be told in these types: InfluxDB takes what is zero in them.
  if (type === "string") return "";
  return type === "boolean" ? false : null;
}

export interface FillOptions {
  readonly fill: Fill | undefined;
  readonly isCount: boolean;
  readonly type: ColumnType;
}

/** Fills the nulls of values on a whole grid of windows, in the order of the result. */
export function fillValues(values: Value[], { fill, isCount, type }: FillOptions): void {
  const mode = fill?.mode ?? "null";
  if (mode === "null" && !isCount) return;
  if (mode === "linear") {
    fillLinear(values, type);
    return;
  }
  const constant = fill?.mode === "number" ? fillNumber(fill.value, type) : isCount ? 0 : null;
  let before: Value = null;
  for (const [i, value] of values.entries()) {
    if (value !== null) before = value;
    else values[i] = mode === "previous" ? before : constant;
  }
}

function isNumber(value: Value): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function fillLinear(values: Value[], type: ColumnType): void {
  let before = -1;
  for (const [i, value] of values.entries()) {
    if (value === null) continue;
    const from = before === -1 ? null : (values[before] ?? null);
    if (isNumber(from) && isNumber(value)) {
      const slope = (Number(value) - Number(from)) / (i - before);
      for (let at = before + 1; at < i; at++) {
        const filled = slope * (at - before) + Number(from);
        values[at] = type === "integer" ? truncateToInt(filled) : filled;
      }
    }
    before = i;
  }
}
