/**
 * What the executor asks of the database: names, fields, tags and points. One consistent state for
 * the time of a query.
 */
import type { FieldType } from "../models/series/field-type.ts";
import type { PointBatch, ScanRange, SeriesPlace } from "../models/series/series-scan.ts";

export interface FieldInfo {
  readonly name: string;
  /** Within the measurement. */
  readonly id: number;
  readonly type: FieldType;
}

export interface MeasurementInfo {
  readonly policyId: number;
  readonly measurementId: number;
  readonly name: string;
  readonly fields: readonly FieldInfo[];
  readonly tagKeys: readonly string[];
}

/** Tags of a series, by key. */
export type Tags = readonly (readonly [string, string])[];

export interface SelectData {
  /**
   * Id of a retention policy; "" names the default one.
   * @throws CronosError NOT_FOUND "database not found: x", "retention policy not found: x"
   */
  policyId(database: string, policy: string): number;
  /** In the order of their bytes. */
  measurementNames(policyId: number): Iterable<string>;
  /** Undefined: there is no such measurement. */
  measurement(policyId: number, name: string): MeasurementInfo | undefined;
  /** Ids of all series of a measurement, ascending. */
  allSeries(measurement: MeasurementInfo): Uint32Array;
  /** Ids of the series with this value of a tag, ascending. */
  seriesWithTag(measurement: MeasurementInfo, key: string, value: string): Uint32Array;
  /** Every value a tag has in a measurement. */
  tagValues(measurement: MeasurementInfo, key: string): Iterable<string>;
  tagsOf(measurement: MeasurementInfo, seriesId: number): Tags;
  scan(place: SeriesPlace, fieldIds: readonly number[], range: ScanRange): Iterable<PointBatch>;
}
