/**
 * Reading points: what storage offers to the executor of queries and to everything else that reads.
 *
 * A view is one consistent state of everything stored, blocks and recent points alike, and stays so
 * until it is released. A scan of one series gives its points in the order of time as batches;
 * times do not repeat (the newer value of a field won already), batches do not overlap, each lies
 * in one window. A batch decodes a column when it is asked for, and often can tell the column's
 * summary without decoding it.
 */
import type { Column } from "./column.ts";

export interface ScanRange {
  /** Nanoseconds since 1970, both included. */
  readonly from: bigint;
  readonly to: bigint;
  /** Newest batch first. Inside a batch the order of time stays. */
  readonly descending?: boolean;
}

/** What is known of a column's values without looking at each; none: no point has the field. */
export interface ColumnSummary {
  readonly count: number;
  /** Of numbers only (else NaN); sum is exact or undefined. */
  readonly min: number;
  readonly max: number;
  readonly sum: number | undefined;
}

export interface PointBatch {
  /** Start of the window that offsets count from: hours since 1970. */
  readonly startHour: number;
  readonly count: number;
  /** First and last offset, ns: known without decoding. */
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** Offsets, ascending; `count` of them. */
  offsets(): Float64Array;
  /** Column of the field at a place of the scan's field list; undefined: no point has the field. */
  column(field: number): Column | undefined;
  /**
   * Summary of that column; undefined: it has to be decoded to know, "absent": no point has it.
   */
  summary(field: number): ColumnSummary | "absent" | undefined;
}

export interface SeriesPlace {
  readonly policyId: number;
  readonly measurementId: number;
  readonly seriesId: number;
}

export interface SeriesView {
  /**
   * Points of a series of a measurement, with the fields of these ids (within the measurement). A
   * point with none of these fields may be in a batch. No field ids: only times, of all points.
   */
  scan(series: SeriesPlace, fieldIds: readonly number[], range: ScanRange): Iterable<PointBatch>;
  release(): void;
}
