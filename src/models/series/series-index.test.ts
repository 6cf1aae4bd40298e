import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestShard, rowsOf } from "../../../test/support/test-shard.ts";
import type { Transaction } from "../../shard/transaction.ts";
import { SeriesIndex } from "./series-index.ts";
import type { Tag } from "./series-tags.ts";
import { binaryOf } from "./series-tags.ts";

const measurement = 7;

type Tags = Readonly<Record<string, string>>;

function tagsOf(tags: Tags): Tag[] {
  return Object.entries(tags).map(([key, value]) => [binaryOf(key), binaryOf(value)]);
}

function create(index: SeriesIndex, tx: Transaction, tags: Tags): number {
  const found = index.look(tx, measurement, tagsOf(tags));
  return typeof found === "number" ? found : index.create(tx, found);
}

async function openIndex(): Promise<{
  readonly index: SeriesIndex;
  readonly shard: Awaited<ReturnType<typeof openTestShard>>["shard"];
  add(...series: Readonly<Record<string, string>>[]): number[];
}> {
  const { shard } = await openTestShard();
  const index = new SeriesIndex(shard.tip);
  const add = (...series: Readonly<Record<string, string>>[]): number[] => {
    return shard.run((tx) => {
      const ids = series.map((tags) => create(index, tx, tags));
      index.flush(tx);
      return ids;
    });
  };
  return { index, shard, add };
}

test("SeriesIndex finds series by tags, ids by tag, keys and values in order", async () => {
  const { index, shard, add } = await openIndex();
  const [a, b, c] = add(
    { host: "a", region: "eu" },
    { host: "b", region: "eu" },
    { host: "c", région: "ü" },
  ) as [number, number, number];
  const { tip } = shard;
  assert.equal(index.look(tip, measurement, tagsOf({ region: "eu", host: "b" })), b);
  assert.equal(typeof index.look(tip, measurement, tagsOf({ host: "b" })), "object");
  assert.equal(typeof index.look(tip, 8, tagsOf({ region: "eu", host: "b" })), "object");
  const eu = { key: "region", value: "eu" };
  assert.deepEqual([...index.seriesWithTag(tip, measurement, eu)], [a, b]);
  assert.deepEqual([...index.seriesWithKey(tip, measurement, "host")], [a, b, c]);
  assert.deepEqual([...index.seriesOf(tip, measurement)], [a, b, c]);
  assert.equal(index.seriesCount(measurement), 3);
  assert.deepEqual(index.tagKeys(tip, measurement), ["host", "region", "région"]);
  const values = [...index.tagValues(tip, measurement, "host")];
  assert.deepEqual(values.map(({ value }) => value), ["a", "b", "c"]);
  assert.deepEqual([...(values[1]?.series() ?? [])], [b]);
  const expected: Tag[] = [["host", "c"], ["région", "ü"]];
  assert.deepEqual(index.tagsOf(tip, measurement, c), expected);
  assert.equal(index.tagsOf(tip, measurement, 99), undefined);
});

test("SeriesIndex keeps few rows of a posting that grows by one id at a time", async () => {
  const { index, shard, add } = await openIndex();
  const ids = Array.from({ length: 1000 }, (_, i) => add({ region: "eu", host: `h${i}` })[0]);
  assert.deepEqual([...index.seriesOf(shard.tip, measurement)], ids);
  const rows = [...shard.tip.range("Si\x04", "Si\x05")];
  assert.ok(rows.length < 12, `${rows.length} rows`);
});

test("SeriesIndex keeps tags of any length", async () => {
  const { index, shard, add } = await openIndex();
  const long = "x".repeat(60_000);
  const key = `${long}k`;
  const ids = add({ [key]: `${long}1` }, { [key]: `${long}2` }, { k: "\0".repeat(900) });
  const { tip } = shard;
  assert.deepEqual(index.tagKeys(tip, measurement), ["k", `${long}k`]);
  const values = [...index.tagValues(tip, measurement, `${long}k`)].map(({ value }) => value);
  assert.deepEqual(values.toSorted(), [`${long}1`, `${long}2`]);
  const tag = { key: `${long}k`, value: `${long}2` };
  assert.deepEqual([...index.seriesWithTag(tip, measurement, tag)], [ids[1]]);
  assert.equal([...index.tagValues(tip, measurement, "k")][0]?.value, "\0".repeat(900));
});

test("SeriesIndex.removeSeries and removeMeasurement leave nothing behind", async () => {
  const { index, shard, add } = await openIndex();
  const ids = add({ host: "a", r: "x" }, { host: "b", r: "x" }, { host: "c", r: "y" });
  const gone = Uint32Array.from([ids[0] ?? 0, ids[2] ?? 0, 999]);
  const removed = shard.run((tx) => index.removeSeries(tx, measurement, gone));
  assert.equal(removed, 2);
  assert.equal(index.seriesCount(measurement), 1);
  assert.deepEqual([...index.seriesOf(shard.tip, measurement)], [ids[1]]);
  const values = [...index.tagValues(shard.tip, measurement, "r")];
  assert.deepEqual(values.map(({ value }) => value), ["x"]);
  assert.equal(typeof index.look(shard.tip, measurement, tagsOf({ host: "a", r: "x" })), "object");
  add({ host: "d", r: "x" });
  const r = { key: "r", value: "x" };
  assert.deepEqual([...index.seriesWithTag(shard.tip, measurement, r)], [ids[1], 4]);
  shard.run((tx) => index.removeMeasurement(tx, measurement));
  assert.equal([...shard.tip.range("Si", "Sj")].length, 1);
  assert.equal(index.seriesCount(measurement), 0);
});

test("SeriesIndex takes back what an undone operation made, and reads what rows say", async () => {
  const { index, shard, add } = await openIndex();
  add({ host: "a" });
  const before = rowsOf(shard.tip);
  assert.throws(() => {
    shard.run((tx) => {
      create(index, tx, { host: "b" });
      index.flush(tx);
      throw new Error("undone");
    });
  }, /undone/);
  assert.equal(rowsOf(shard.tip), before);
  assert.equal(index.seriesCount(measurement), 1);
  assert.deepEqual(add({ host: "b" }), [2]);
  const again = new SeriesIndex(shard.tip);
  assert.equal(again.seriesCount(measurement), 2);
  assert.equal(shard.run((tx) => create(again, tx, { host: "c" })), 3);
});

test("SeriesIndex.tagValues seeks over values with many rows", async () => {
  const { index, shard } = await openIndex();
  // Chunks that are full are not merged: 20 of them of the value "x", one of "y".
  shard.run((tx) => {
    for (let i = 0; i < 40_000; i++) create(index, tx, { r: "x", i: `${i}` });
    create(index, tx, { r: "y" });
    index.flush(tx);
  });
  const values = [...index.tagValues(shard.tip, measurement, "r")];
  assert.deepEqual(values.map(({ value }) => value), ["x", "y"]);
  assert.equal(values[0]?.series().length, 40_000);
});
