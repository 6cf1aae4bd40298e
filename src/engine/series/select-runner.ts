/**
 * Runs SELECT for what works on its own: continuous queries, streams, subscriptions. Over all that
 * is stored, or over some written batches alone.
 */
import { executeSelect } from "../../influxql/execute-select.ts";
import type { Expression, SelectStatement } from "../../influxql/ast.ts";
import type { SelectContext, SelectLimits, SeriesChunk } from "../../influxql/result.ts";
import type { MeasurementInfo, SelectData } from "../../influxql/select-data.ts";
import { findSeries } from "../../influxql/select/series-finder.ts";
import type { WriteBatch } from "../../models/series/write-batch.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import type { Shard } from "../../shard/shard.ts";
import type { Snapshot } from "../../store/base-tree.ts";
import { BatchSelectData } from "./batch-select-data.ts";
import { placesIn } from "./series-feed.ts";
import type { SeriesModels } from "./series-models.ts";
import type { Reads, StatementPlace } from "./statement-places.ts";
import { StoredSelectData, TagCache } from "./stored-select-data.ts";

const limits: SelectLimits = {
  seriesMax: 0,
  pointsMax: 0,
  bucketsMax: 0,
  heldMax: 0,
  chunkRows: 5000,
};
const NS_PER_MS = 1_000_000n;

export interface SelectRunnerOptions {
  readonly shard: Shard;
  readonly clock: Clock;
  readonly random: Random;
  readonly models: SeriesModels;
}

export class SelectRunner {
  readonly #options: SelectRunnerOptions;
  readonly #tags: TagCache;
  /** Queries over the same write share what they find out about it. */
  readonly #batches = new WeakMap<readonly WriteBatch[], BatchSelectData>();
  readonly #measurements = new WeakMap<readonly WriteBatch[], readonly MeasurementInfo[]>();

  constructor(options: SelectRunnerOptions) {
    this.#options = options;
    this.#tags = new TagCache(options.models.index);
  }

  /** Over everything, as it is when the first chunk is asked for. */
  async *stored(
    statement: SelectStatement,
    place: StatementPlace,
    signal?: AbortSignal,
  ): AsyncGenerator<SeriesChunk, undefined> {
    const { shard, models } = this.#options;
    const [snapshot, points] = [shard.snapshot(), models.storage.view()];
    const data = new StoredSelectData({ models, tags: this.#tags, snapshot, points });
    try {
      yield* executeSelect(statement, this.#context(data, place, signal));
    } finally {
      data.release();
    }
    return undefined;
  }

  /** Over the points of these batches, which are durable. */
  batches(
    statement: SelectStatement,
    place: StatementPlace,
    batches: readonly WriteBatch[],
  ): AsyncGenerator<SeriesChunk> {
    return executeSelect(statement, this.#context(this.#dataOf(batches), place));
  }

  /**
   * Whether a query with this condition (without its bounds of time) can find anything in the
   * batches: quick to tell for conditions on tags, and true whenever that is not enough.
   */
  mayFind(
    condition: Expression | undefined,
    reads: Reads,
    batches: readonly WriteBatch[],
  ): boolean {
    const data = this.#dataOf(batches);
    return this.#measurementsOf(batches, data).some((info) => {
      if (!reads(info.policyId, info.measurementId)) return false;
      const isField = (name: string): boolean => info.fields.some((field) => field.name === name);
      return findSeries(condition, { data, info, isField }).length > 0;
    });
  }

  #dataOf(batches: readonly WriteBatch[]): BatchSelectData {
    let data = this.#batches.get(batches);
    if (data === undefined) this.#batches.set(batches, (data = this.#batchData(batches)));
    return data;
  }

  #measurementsOf(
    batches: readonly WriteBatch[],
    data: SelectData,
  ): readonly MeasurementInfo[] {
    const known = this.#measurements.get(batches);
    if (known !== undefined) return known;
    const { catalog } = this.#options.models;
    const found = placesIn(batches).flatMap(({ policyId, measurementId }) => {
      const name = catalog.measurementById(measurementId)?.name;
      const info = name === undefined ? undefined : data.measurement(policyId, name);
      return info === undefined ? [] : [info];
    });
    this.#measurements.set(batches, found);
    return found;
  }

  /** Names and tags are read from the tip: what a durable write has never changes there. */
  #batchData(batches: readonly WriteBatch[]): BatchSelectData {
    const { shard, models } = this.#options;
    const { tip } = shard;
    const snapshot: Snapshot = {
      get: (key) => tip.get(key),
      range: (from, to) => tip.range(from, to),
      release: () => {},
    };
    const points = { scan: () => [], release: () => {} };
    const stored = new StoredSelectData({ models, tags: this.#tags, snapshot, points });
    return new BatchSelectData(stored, batches);
  }

  #context(
    data: SelectData,
    { database, policy }: StatementPlace,
    signal = new AbortController().signal,
  ): SelectContext {
    const { clock, random } = this.#options;
    return {
      data,
      database,
      policy,
      now: BigInt(clock.now()) * NS_PER_MS,
      limits,
      signal,
      pause: () => new Promise((resolve) => clock.soon(resolve)),
      clock: () => clock.monotonic(),
      random: () => random.next(),
      warn: () => {},
    };
  }
}
