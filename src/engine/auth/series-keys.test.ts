import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../ports/seeded-random.ts";
import { openTestShard } from "../../../test/support/test-shard.ts";
import { openSeriesModels } from "../series/series-models.ts";
import { SeriesKeys } from "./series-keys.ts";

test("SeriesKeys: a key is told once, found by its text, and gone when dropped", async () => {
  const { shard, clock } = await openTestShard();
  const models = openSeriesModels(shard, { clock, onError: () => assert.fail() });
  await shard.execute((tx) => models.catalog.createDatabase(tx, "db"));
  const random = new SeededRandom(1);
  const keys = new SeriesKeys({ shard, random, models });
  const key = await keys.create({ name: "k", database: "db", access: "WRITE", pattern: "^cpu$" });
  assert.match(key, /^cronos_[\w-]{43}$/);
  const other = await keys.create({ name: "l", database: "db", access: "READ" });
  assert.notEqual(other, key);
  assert.equal(keys.find(other)?.name, "l");
  const found = keys.find(key);
  assert.equal(found?.pattern?.matches("cpu"), true);
  assert.equal(found?.isValid(), true);
  assert.deepEqual(keys.list("db"), [
    { name: "k", access: "WRITE", pattern: "^cpu$", created: shard.now },
    { name: "l", access: "READ", created: shard.now },
  ]);
  for (const [, value] of shard.tip.range("Sc", "Sd")) {
    assert.ok(!Buffer.from(value).includes(key));
  }
  const again = new SeriesKeys({ shard, random, models });
  assert.equal(again.find(key)?.name, "k");
  await keys.drop("db", "k");
  assert.equal(found?.isValid(), false);
  assert.equal(keys.find(key), undefined);
  assert.equal(keys.find(""), undefined);
  await shard.close();
});

test("SeriesKeys says what is wrong", async () => {
  const { shard, clock } = await openTestShard();
  const models = openSeriesModels(shard, { clock, onError: () => assert.fail() });
  await shard.execute((tx) => models.catalog.createDatabase(tx, "db"));
  const keys = new SeriesKeys({ shard, random: new SeededRandom(1), models });
  const wanted = { name: "k", database: "db", access: "READ" } as const;
  await keys.create(wanted);
  await assert.rejects(keys.create(wanted), /api key already exists: k/);
  await assert.rejects(keys.create({ ...wanted, database: "x" }), /database not found: x/);
  await assert.rejects(keys.create({ ...wanted, name: "" }), /invalid name/);
  await assert.rejects(keys.create({ ...wanted, name: "p", pattern: "(" }), /invalid pattern/);
  await assert.rejects(keys.drop("db", "x"), /api key not found: x/);
  assert.throws(() => keys.list("x"), /database not found: x/);
  await shard.close();
});
