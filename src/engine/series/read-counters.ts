/** What EXPLAIN ANALYZE tells of reading: each scan of the executor is counted as it goes. */
import type { SelectData } from "../../influxql/select-data.ts";
import type { PointBatch } from "../../models/series/series-scan.ts";

export class ReadCounters {
  readonly #series = new Set<number>();
  batches = 0;
  points = 0;

  /** Series that were looked at, each once. */
  get series(): number {
    return this.#series.size;
  }

  /** The same data; what is read of it counts. */
  over(data: SelectData): SelectData {
    return {
      policyId: (database, policy) => data.policyId(database, policy),
      measurementNames: (policyId) => data.measurementNames(policyId),
      measurement: (policyId, name) => data.measurement(policyId, name),
      allSeries: (measurement) => data.allSeries(measurement),
      seriesWithTag: (measurement, key, value) => data.seriesWithTag(measurement, key, value),
      tagValues: (measurement, key) => data.tagValues(measurement, key),
      tagsOf: (measurement, seriesId) => data.tagsOf(measurement, seriesId),
      scan: (place, fieldIds, range) => {
        this.#series.add(place.seriesId);
        return this.#counted(data.scan(place, fieldIds, range));
      },
    };
  }

  *#counted(batches: Iterable<PointBatch>): Generator<PointBatch, void, undefined> {
    for (const batch of batches) {
      this.batches++;
      this.points += batch.count;
      yield batch;
    }
  }
}
