/**
 * Sources whose points are rows computed by another query: subqueries, joins and merges.
 */
import type { Tags } from "../select-data.ts";
import type { PointBatch } from "../../models/series/series-scan.ts";
import type { SourceColumns } from "./expand.ts";
import type { TimeBounds } from "./time-bounds.ts";

/** One group of rows. */
export interface RowGroup {
  readonly name: string;
  readonly tags: Tags;
  /** Whether its rows are the results of selectors, of times that say nothing about their order. */
  readonly isUnordered: boolean;
  /** The rows within the bounds as batches, in the order of the query's direction. */
  batches(bounds: TimeBounds): AsyncIterable<PointBatch>;
}

export interface RowSource {
  readonly columns: SourceColumns;
  /** Names of the columns by their place in the batches. */
  readonly columnNames: readonly string[];
  groups(): Iterable<RowGroup>;
}
