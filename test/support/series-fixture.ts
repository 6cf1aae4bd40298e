/** The models of time series on a shard in memory: database "db", measurement "cpu", two hosts. */
import assert from "node:assert/strict";
import type { SeriesModels } from "../../src/engine/series/series-models.ts";
import { openSeriesModels } from "../../src/engine/series/series-models.ts";
import { StoredSelectData, TagCache } from "../../src/engine/series/stored-select-data.ts";
import { fieldType } from "../../src/models/series/field-type.ts";
import type { SeriesPlace } from "../../src/models/series/series-scan.ts";
import type { Shard } from "../../src/shard/shard.ts";
import { seriesBatch } from "./series-batch.ts";
import { openTestShard } from "./test-shard.ts";

export interface SeriesFixture {
  readonly shard: Shard;
  readonly models: SeriesModels;
  /** Series host=a and host=b of "cpu", with the float field "v". */
  readonly a: SeriesPlace;
  readonly b: SeriesPlace;
  write(place: SeriesPlace, time: bigint): Promise<void>;
  /** What is stored now. */
  data(): StoredSelectData;
}

export async function openSeriesFixture(): Promise<SeriesFixture> {
  const { shard, clock } = await openTestShard();
  const models = openSeriesModels(shard, { clock, onError: assert.ifError });
  const { catalog, index, storage } = models;
  const [a, b] = await shard.execute((tx) => {
    const database = catalog.createDatabase(tx, "db");
    const policyId = database.policies[0]?.id ?? 0;
    const cpu = catalog.ensureMeasurement(tx, database, "cpu");
    catalog.createField(tx, cpu, { name: "v", type: fieldType.float });
    const measurementId = cpu.id;
    const place = (host: string): SeriesPlace => {
      const found = index.look(tx, measurementId, [["host", host]]);
      const seriesId = typeof found === "number" ? found : index.create(tx, found);
      return { policyId, measurementId, seriesId };
    };
    const places = [place("a"), place("b")] as const;
    index.flush(tx);
    return places;
  });
  return {
    shard,
    models,
    a,
    b,
    write: (place, time) => {
      const { policyId } = place;
      const batch = seriesBatch([{ ...place, time, fields: { 0: 1 } }], { policyId });
      return shard.execute((tx) => storage.write(tx, batch));
    },
    data: () => {
      const [snapshot, points] = [shard.snapshot(), storage.view()];
      return new StoredSelectData({ models, tags: new TagCache(index), snapshot, points });
    },
  };
}
