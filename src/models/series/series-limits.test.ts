import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestShard } from "../../../test/support/test-shard.ts";
import { Catalog } from "./catalog.ts";
import { SeriesIndex } from "./series-index.ts";
import { SeriesLimits } from "./series-limits.ts";
import type { SeriesMaxima } from "./series-limits.ts";
import type { Tag } from "./series-tags.ts";

async function openLimits(max: SeriesMaxima): Promise<(...tags: Tag[]) => string> {
  const { shard } = await openTestShard();
  const [catalog, index] = [new Catalog(shard.tip), new SeriesIndex(shard.tip)];
  const limits = new SeriesLimits({ catalog, index, max });
  const database = shard.run((tx) => catalog.createDatabase(tx, "db"));
  return (...tags) =>
    shard.run((tx) => {
      const measurement = catalog.ensureMeasurement(tx, database, "m");
      const found = index.look(tx, measurement.id, tags);
      if (typeof found === "number") return "known";
      const refusal = limits.refusal({ view: tx, database, measurement }, found);
      if (refusal === undefined) index.create(tx, found);
      index.flush(tx);
      limits.endSlice();
      return refusal ?? "made";
    });
}

test("SeriesLimits refuses a value too many of a tag, in the words of 1.x", async () => {
  const make = await openLimits({ series: 0, valuesPerTag: 2 });
  assert.equal(make(["a", "1"]), "made");
  assert.equal(make(["a", "2"], ["b", "1"]), "made");
  const where = 'measurement="m" tag="a" value="3"';
  assert.equal(make(["a", "3"]), `max-values-per-tag limit exceeded (2/2): ${where}`);
  assert.equal(make(["a", "1"], ["b", "2"]), "made");
  assert.equal(make(["a", "1"]), "known");
});

test("SeriesLimits refuses a series too many", async () => {
  const make = await openLimits({ series: 1, valuesPerTag: 0 });
  assert.equal(make(["a", "1"]), "made");
  assert.equal(make(["a", "2"]), "max-series-per-database limit exceeded: (1)");
});
