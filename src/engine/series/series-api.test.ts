import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode, openTestShard } from "../../../test/support/test-shard.ts";
import { SeriesKeys } from "../auth/series-keys.ts";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { linesOfPoints } from "./point-lines.ts";
import { seriesApi, seriesScope } from "./series-api.ts";
import { openSeriesModels } from "./series-models.ts";
import { SeriesWriteService } from "./write-service.ts";

test("linesOfPoints escapes names and values", () => {
  const points = [
    { measurement: "a b,c=d", tags: { "k,=": "v w", none: "" }, fields: { "f \"": 'x"\\y' } },
    { measurement: "m", fields: { i: 7n, b: true, f: 1e21 }, time: 1.5 },
    { measurement: "m", fields: { i: -1 }, time: -5n },
  ];
  assert.deepEqual(linesOfPoints(points).split("\n"), [
    'a\\ b\\,c=d,k\\,\\==v\\ w f\\ \\"="x\\"\\\\y"',
    "m i=7i,b=true,f=1e+21 1500000",
    "m i=-1 -5",
  ]);
});

test("linesOfPoints refuses what no line can say", () => {
  const refused = [
    { measurement: "", fields: { f: 1 } },
    { measurement: "m", fields: {} },
    { measurement: "m", fields: { f: Number.NaN } },
    { measurement: "m", tags: { t: "a\nb" }, fields: { f: 1 } },
    { measurement: "m", tags: { t: "a\\" }, fields: { f: 1 } },
    { measurement: "m", fields: { f: 1 }, time: Number.NaN },
  ];
  for (const point of refused) {
    assert.throws(() => linesOfPoints([point]), hasCode("INVALID_ARGUMENT"));
  }
});

test("SeriesApi writes points and lines, in a transaction all or nothing", async () => {
  const { shard, clock } = await openTestShard({ memtableBytesMax: 2 ** 26 });
  const models = openSeriesModels(shard, { clock, onError: () => assert.fail() });
  const service = new SeriesWriteService({ shard, clock, models });
  await shard.execute((tx) => models.catalog.createDatabase(tx, "db"));
  const database = models.catalog.needDatabase("db");
  const keys = new SeriesKeys({ shard, random: new SeededRandom(1), models });
  const streams = { open: () => assert.fail() };
  const parts = { writes: service, keys, streams };
  const series = seriesApi(parts, "db");
  await series.write([{ measurement: "m", tags: { t: "a" }, fields: { v: 1 }, time: 5 }]);
  await series.write("m,t=b v=2 1", { precision: "s" });
  const id = models.catalog.measurement(database, "m")?.id ?? assert.fail();
  assert.equal(models.index.seriesCount(id), 2);
  await assert.rejects(series.write("m v=1i"), hasCode("INVALID_ARGUMENT"));
  await assert.rejects(seriesApi(parts, "x").write("m v=1"), hasCode("NOT_FOUND"));
  const key = await series.keys.create({ name: "k", access: "READ" });
  assert.equal(keys.find(key)?.name, "k");
  assert.deepEqual((await series.keys.list()).map(({ name }) => name), ["k"]);
  await series.keys.revoke("k");
  await assert.rejects(series.keys.revoke("k"), hasCode("NOT_FOUND"));
  const failing = shard.execute((tx) => {
    const scope = seriesScope(tx, service, "db");
    scope.write("m,t=c v=1");
    scope.write("m,t=d v=1i");
  });
  await assert.rejects(failing, /field type conflict/);
  assert.equal(models.index.seriesCount(id), 2);
});
