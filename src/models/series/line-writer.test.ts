import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestShard } from "../../../test/support/test-shard.ts";
import { BatchBuilder } from "./batch-builder.ts";
import { Catalog } from "./catalog.ts";
import { LineWriter } from "./line-writer.ts";
import { nanosecondPrecision } from "./precision.ts";
import { SeriesIndex } from "./series-index.ts";
import { noMaxima } from "./series-limits.ts";
import { WriteReport } from "./write-report.ts";

test("LineWriter refuses new series above the maximum, not known ones", async () => {
  const { shard } = await openTestShard({ memtableBytesMax: 2 ** 26 });
  const [catalog, index] = [new Catalog(shard.tip), new SeriesIndex(shard.tip)];
  const writer = new LineWriter({ catalog, index, max: { ...noMaxima, series: 3 } });
  const database = shard.run((tx) => catalog.createDatabase(tx, "db"));
  const write = (lines: string): string => {
    const report = new WriteReport();
    const source = {
      bytes: Buffer.from(lines),
      database,
      policy: catalog.needPolicy(database),
      precision: nanosecondPrecision,
      now: { seconds: 0, nanos: 0 },
      oldest: undefined,
      report,
    };
    const limits = { lines: 100, bytes: 1000, isOver: () => false };
    shard.run((tx) => writer.readSlice({ tx, source, batch: new BatchBuilder() }, 0, limits));
    return report.message ?? `ok ${report.stored}`;
  };
  const refused = "partial write: max-series-per-database limit exceeded: (3)";
  assert.equal(write("a,t=1 v=1\na,t=2 v=1\nb v=1"), "ok 3");
  assert.equal(write("a,t=3 v=1\nb,t=1 v=1\na,t=1 v=1"), `${refused} dropped=2`);
  const measurement = catalog.measurement(database, "a") ?? assert.fail();
  shard.run((tx) => index.removeSeries(tx, measurement.id, Uint32Array.of(1)));
  assert.equal(write("a,t=4 v=1"), "ok 1");
  assert.equal(write("a,t=5 v=1"), `${refused} dropped=1`);
});
