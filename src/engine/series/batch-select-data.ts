/**
 * What a query reads when it runs over some written points alone: streams and subscriptions. Names
 * are those of everything stored; series and tags those of the points, so that a query costs what
 * the write has and not what is stored.
 */
import type { MeasurementInfo, SelectData, Tags } from "../../influxql/select-data.ts";
import { viewOfBatches } from "../../models/series/batch-view.ts";
import { noSeries } from "../../models/series/series-ids.ts";
import type {
  PointBatch,
  ScanRange,
  SeriesPlace,
  SeriesView,
} from "../../models/series/series-scan.ts";
import type { WriteBatch } from "../../models/series/write-batch.ts";

/** By tag key, by value: series, ascending. */
type TagIndex = ReadonlyMap<string, ReadonlyMap<string, Uint32Array>>;

export class BatchSelectData implements SelectData {
  readonly #stored: SelectData;
  readonly #points: SeriesView;
  /** Series with points, ascending, by measurement. */
  readonly #series: ReadonlyMap<number, Uint32Array>;
  readonly #tags = new Map<number, TagIndex>();

  constructor(stored: SelectData, batches: readonly WriteBatch[]) {
    this.#stored = stored;
    this.#points = viewOfBatches(batches);
    this.#series = seriesIn(batches);
  }

  policyId(database: string, policy: string): number {
    return this.#stored.policyId(database, policy);
  }

  *measurementNames(policyId: number): Iterable<string> {
    for (const name of this.#stored.measurementNames(policyId)) {
      const measurement = this.#stored.measurement(policyId, name);
      if (measurement !== undefined && this.#series.has(measurement.measurementId)) yield name;
    }
  }

  measurement(policyId: number, name: string): MeasurementInfo | undefined {
    return this.#stored.measurement(policyId, name);
  }

  allSeries({ measurementId }: MeasurementInfo): Uint32Array {
    return this.#series.get(measurementId) ?? noSeries;
  }

  seriesWithTag(measurement: MeasurementInfo, key: string, value: string): Uint32Array {
    return this.#tagsIn(measurement).get(key)?.get(value) ?? noSeries;
  }

  /** Those that the points have. */
  tagValues(measurement: MeasurementInfo, key: string): Iterable<string> {
    return this.#tagsIn(measurement).get(key)?.keys() ?? [];
  }

  tagsOf(measurement: MeasurementInfo, seriesId: number): Tags {
    return this.#stored.tagsOf(measurement, seriesId);
  }

  scan(
    place: SeriesPlace,
    fieldIds: readonly number[],
    range: ScanRange,
  ): Iterable<PointBatch> {
    return this.#points.scan(place, fieldIds, range);
  }

  #tagsIn(measurement: MeasurementInfo): TagIndex {
    const { measurementId } = measurement;
    let found = this.#tags.get(measurementId);
    if (found === undefined) this.#tags.set(measurementId, (found = this.#indexTags(measurement)));
    return found;
  }

  #indexTags(measurement: MeasurementInfo): TagIndex {
    const lists = new Map<string, Map<string, number[]>>();
    for (const id of this.allSeries(measurement)) {
      for (const [key, value] of this.tagsOf(measurement, id)) {
        let values = lists.get(key);
        if (values === undefined) lists.set(key, (values = new Map()));
        const ids = values.get(value);
        if (ids === undefined) values.set(value, [id]);
        else ids.push(id);
      }
    }
    const packed = (values: ReadonlyMap<string, number[]>): Map<string, Uint32Array> =>
      new Map(Array.from(values, ([value, ids]) => [value, Uint32Array.from(ids)]));
    return new Map(Array.from(lists, ([key, values]) => [key, packed(values)]));
  }
}

function seriesIn(batches: readonly WriteBatch[]): Map<number, Uint32Array> {
  const sets = new Map<number, Set<number>>();
  for (const { rows, measurementIds, seriesIds } of batches) {
    for (let row = 0; row < rows; row++) {
      const measurementId = measurementIds[row] as number;
      let ids = sets.get(measurementId);
      if (ids === undefined) sets.set(measurementId, (ids = new Set()));
      ids.add(seriesIds[row] as number);
    }
  }
  return new Map(Array.from(sets, ([id, ids]) => [id, Uint32Array.from(ids).toSorted()]));
}
