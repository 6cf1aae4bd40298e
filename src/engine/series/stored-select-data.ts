/**
 * What a query reads, from the models of time series: one state of points and index, as it was when
 * the query began. Names and fields are those of now: what is newer has no points here.
 */
import type { FieldInfo, MeasurementInfo, SelectData, Tags } from "../../influxql/select-data.ts";
import { databaseNotFound, policyNotFound } from "../../models/series/series-error.ts";
import type { SeriesDatabase } from "../../models/series/catalog.ts";
import type { Measurement } from "../../models/series/measurement.ts";
import type { SeriesIndex } from "../../models/series/series-index.ts";
import type {
  PointBatch,
  ScanRange,
  SeriesPlace,
  SeriesView,
} from "../../models/series/series-scan.ts";
import type { Snapshot } from "../../store/base-tree.ts";
import type { SeriesModels } from "./series-models.ts";

/** Series whose tags are kept in memory between queries. */
export const CACHED_TAGS_MAX = 200_000;

/** Tags of series that were read lately, for all queries. */
export class TagCache {
  readonly #index: SeriesIndex;
  readonly #tags = new Map<number, Tags>();
  #generation: number;

  constructor(index: SeriesIndex) {
    this.#index = index;
    this.#generation = index.generation;
  }

  tagsOf(view: Snapshot, measurementId: number, seriesId: number): Tags {
    if (this.#generation !== this.#index.generation) {
      this.#tags.clear();
      this.#generation = this.#index.generation;
    }
    const known = this.#tags.get(seriesId);
    if (known !== undefined) return known;
    const tags = this.#index.tagsOf(view, measurementId, seriesId) ?? [];
    // All at once: a query over more series than fit would throw out each before it is used again.
    if (this.#tags.size >= CACHED_TAGS_MAX) this.#tags.clear();
    this.#tags.set(seriesId, tags);
    return tags;
  }
}

export interface StoredState {
  readonly models: Pick<SeriesModels, "catalog" | "index">;
  readonly tags: TagCache;
  /** Of the index's rows and of the points; of one moment. */
  readonly snapshot: Snapshot;
  readonly points: SeriesView;
}

export class StoredSelectData implements SelectData {
  readonly #state: StoredState;
  readonly #measurements = new Map<string, MeasurementInfo>();

  constructor(state: StoredState) {
    this.#state = state;
  }

  policyId(databaseName: string, policyName: string): number {
    const { catalog } = this.#state.models;
    const database = catalog.database(databaseName);
    if (database === undefined) throw databaseNotFound(databaseName);
    const policy = catalog.policy(database, policyName);
    if (policy === undefined) throw policyNotFound(policyName);
    return policy.id;
  }

  measurementNames(policyId: number): Iterable<string> {
    const database = this.#databaseOf(policyId);
    if (database === undefined) return [];
    const names = Array.from(this.#state.models.catalog.measurements(database), ({ name }) => name);
    return names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  measurement(policyId: number, name: string): MeasurementInfo | undefined {
    const known = this.#measurements.get(`${policyId} ${name}`);
    if (known !== undefined) return known;
    const database = this.#databaseOf(policyId);
    if (database === undefined) return undefined;
    const measurement = this.#state.models.catalog.measurement(database, name);
    if (measurement === undefined) return undefined;
    const info = this.#infoOf(policyId, measurement);
    this.#measurements.set(`${policyId} ${name}`, info);
    return info;
  }

  allSeries({ measurementId }: MeasurementInfo): Uint32Array {
    const { models, snapshot } = this.#state;
    return models.index.seriesOf(snapshot, measurementId);
  }

  seriesWithTag({ measurementId }: MeasurementInfo, key: string, value: string): Uint32Array {
    const { models, snapshot } = this.#state;
    return models.index.seriesWithTag(snapshot, measurementId, { key, value });
  }

  *tagValues({ measurementId }: MeasurementInfo, key: string): Iterable<string> {
    const { models, snapshot } = this.#state;
    for (const { value } of models.index.tagValues(snapshot, measurementId, key)) yield value;
  }

  tagsOf({ measurementId }: MeasurementInfo, seriesId: number): Tags {
    const { tags, snapshot } = this.#state;
    return tags.tagsOf(snapshot, measurementId, seriesId);
  }

  scan(
    place: SeriesPlace,
    fieldIds: readonly number[],
    range: ScanRange,
  ): Iterable<PointBatch> {
    return this.#state.points.scan(place, fieldIds, range);
  }

  /** The query is over. */
  release(): void {
    this.#state.points.release();
    this.#state.snapshot.release();
  }

  #databaseOf(policyId: number): SeriesDatabase | undefined {
    return this.#state.models.catalog.databases.find(({ policies }) =>
      policies.some(({ id }) => id === policyId),
    );
  }

  #infoOf(policyId: number, { id, name, fields }: Measurement): MeasurementInfo {
    const { models, snapshot } = this.#state;
    return {
      policyId,
      measurementId: id,
      name,
      fields: fields.map((field): FieldInfo => field),
      tagKeys: models.index.tagKeys(snapshot, id),
    };
  }
}
