import assert from "node:assert/strict";
import { test } from "node:test";
import { seriesBatch } from "../../../test/support/series-batch.ts";
import { hasCode, openTestShard } from "../../../test/support/test-shard.ts";
import { blockPrefix, dropPrefix, rangeOf } from "./rows.ts";
import { SeriesStorage } from "./storage.ts";

async function opened() {
  const { shard, clock } = await openTestShard();
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const storage = new SeriesStorage({ shard, clock, onError });
  const write = (seriesId: number) => {
    const batch = seriesBatch([{ seriesId, time: 0n, fields: { 1: 1 } }]);
    return shard.execute((tx) => storage.write(tx, batch));
  };
  const count = (prefix: string) => {
    const { start, end } = rangeOf(prefix);
    return [...shard.tip.range(start, end)].length;
  };
  return { shard, storage, errors, write, count };
}

test("Background removes the blocks of dropped series, then the drop", async () => {
  const { shard, storage, write, count } = await opened();
  await write(1);
  await write(2);
  await storage.seal();
  await write(2);
  assert.equal(count(blockPrefix), 2);
  await shard.execute((tx) => storage.dropSeries(tx, { seriesIds: [2], policyIds: [1] }));
  await storage.seal();
  assert.equal(count(blockPrefix), 1);
  assert.equal(count(dropPrefix), 0);
  await storage.close();
  await shard.close();
});

test("Background does nothing after close()", async () => {
  const { shard, storage, errors, write } = await opened();
  await write(1);
  await storage.close();
  await assert.rejects(storage.seal(), hasCode("CLOSED"));
  assert.deepEqual(errors, []);
  await shard.close();
});
