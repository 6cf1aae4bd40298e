/**
 * What a query reads when it runs over some written points alone: streams and subscriptions. Names
 * and tags are those of everything stored.
 */
import type { MeasurementInfo, SelectData, Tags } from "../../influxql/select-data.ts";
import { viewOfBatches } from "../../models/series/batch-view.ts";
import { intersectIds, noSeries } from "../../models/series/series-ids.ts";
import type {
  PointBatch,
  ScanRange,
  SeriesPlace,
  SeriesView,
} from "../../models/series/series-scan.ts";
import type { WriteBatch } from "../../models/series/write-batch.ts";

export class BatchSelectData implements SelectData {
  readonly #stored: SelectData;
  readonly #points: SeriesView;
  /** Series with points, ascending, by measurement. */
  readonly #series: ReadonlyMap<number, Uint32Array>;

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
    const stored = this.#stored.seriesWithTag(measurement, key, value);
    return intersectIds(this.allSeries(measurement), stored);
  }

  tagValues(measurement: MeasurementInfo, key: string): Iterable<string> {
    return this.#stored.tagValues(measurement, key);
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
