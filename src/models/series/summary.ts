/** What a block tells of a column without its values. */
import { fieldType } from "./field-type.ts";
import type { SeriesReader } from "./series-bytes.ts";
import type { ColumnSummary } from "./series-scan.ts";

/** Bits of a column's kind, above its type. */
export const columnKinds = { type: 7, sparse: 8, summary: 16, sum: 32, wide: 64 } as const;

/** Columns of fewer values are decoded as fast as their summary is read. */
const SUMMARY_VALUES_MIN = 17;

export interface NumberSummary {
  readonly min: number;
  readonly max: number;
  /** Undefined if adding up loses digits, so that the order of adding counts. */
  readonly sum: number | undefined;
}

/** Summary of the first `count` numbers, if it is worth its bytes. */
export function summarise(values: Float64Array, count: number): NumberSummary | undefined {
  if (count < SUMMARY_VALUES_MIN) return undefined;
  let min = values[0] as number;
  let max = min;
  let sum = 0;
  let isExact = true;
  for (let i = 0; i < count; i++) {
    const value = values[i] as number;
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    // An integer and safe up to here: then nothing was lost.
    if (!Number.isSafeInteger(value) || !Number.isSafeInteger(sum)) isExact = false;
  }
  return { min, max, sum: isExact ? sum : undefined };
}

/** Reads the summary of a column from a block's directory. */
export function summaryOf(
  reader: SeriesReader,
  column: { readonly kind: number; readonly count: number },
): ColumnSummary | undefined {
  const { kind, count } = column;
  if ((kind & columnKinds.summary) !== 0) {
    const min = reader.double();
    const max = reader.double();
    return { count, min, max, sum: (kind & columnKinds.sum) === 0 ? undefined : reader.double() };
  }
  const type = kind & columnKinds.type;
  if (type !== fieldType.string && type !== fieldType.boolean) return undefined;
  return { count, min: Number.NaN, max: Number.NaN, sum: undefined };
}
