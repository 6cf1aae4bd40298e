import assert from "node:assert/strict";
import { test } from "node:test";
import { pointsOf, seriesBatch } from "../../../test/support/series-batch.ts";
import { openTestShard } from "../../../test/support/test-shard.ts";
import { AssertionError } from "../../base/assert.ts";
import { SeriesStorage } from "./storage.ts";

const place = { policyId: 1, measurementId: 1, seriesId: 1 };
const all = { from: -(2n ** 63n), to: 2n ** 63n - 1n };

test("StorageView shows what was durable when it was taken, until its release", async () => {
  const { shard, clock } = await openTestShard();
  const storage = new SeriesStorage({ shard, clock, onError: assert.ifError });
  const write = (time: bigint) =>
    shard.run((tx) => storage.write(tx, seriesBatch([{ seriesId: 1, time, fields: { 1: 1 } }])));
  write(1n);
  await shard.tipDurable();
  write(2n);
  const view = storage.view();
  await shard.tipDurable();
  assert.deepEqual(pointsOf(view.scan(place, [], all), []).length, 1);
  view.release();
  assert.throws(() => [...view.scan(place, [], all)], AssertionError);
  const later = storage.view();
  assert.deepEqual(pointsOf(later.scan(place, [], all), []).length, 2);
  later.release();
  await shard.close();
});
