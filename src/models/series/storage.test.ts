import assert from "node:assert/strict";
import { test } from "node:test";
import { seriesBatch } from "../../../test/support/series-batch.ts";
import { hasCode, openTestShard, turn } from "../../../test/support/test-shard.ts";
import { BATCH_ROWS_MAX, SeriesStorage } from "./storage.ts";

const batch = seriesBatch([{ seriesId: 1, time: 0n, fields: { 1: 1 } }]);

test("SeriesStorage.write() refuses a batch that is too large", async () => {
  const { shard, clock } = await openTestShard();
  const storage = new SeriesStorage({ shard, clock, onError: assert.ifError });
  const large = { ...batch, rows: BATCH_ROWS_MAX + 1 };
  assert.throws(() => shard.run((tx) => storage.write(tx, large)), hasCode("TOO_LARGE"));
  await storage.close();
  await shard.close();
});

test("SeriesStorage seals and merges when no points came for a while", async () => {
  const { shard, clock } = await openTestShard();
  const storage = new SeriesStorage({ shard, clock, onError: assert.ifError });
  for (let i = 0; i < 2; i++) {
    await shard.execute((tx) => storage.write(tx, batch));
    assert.equal(storage.headStats.points, 1);
    await clock.advance(60_000);
    for (let turns = 0; turns < 20; turns++) await turn();
  }
  assert.equal(storage.headStats.points, 0);
  const [window] = storage.windows();
  assert.deepEqual([window?.startHour, window?.stats.blocks, window?.stats.points], [0, 1, 1]);
  await storage.close();
  await shard.close();
});

test("SeriesStorage.windows() has those whose points are not sealed yet", async () => {
  const { shard, clock } = await openTestShard();
  const storage = new SeriesStorage({ shard, clock, onError: assert.ifError });
  const later = seriesBatch([{ seriesId: 1, time: 10n ** 18n, fields: { 1: 1 } }]);
  await shard.execute((tx) => storage.write(tx, later));
  await storage.seal();
  await shard.execute((tx) => storage.write(tx, batch));
  const listed = storage.windows(1).map(({ startHour, stats }) => [startHour, stats.points]);
  assert.deepEqual(listed, [
    [0, 0],
    [277_704, 1],
  ]);
  assert.deepEqual(storage.windows(2), []);
  await storage.close();
  await shard.close();
});

test("SeriesStorage asks writers to wait while heads wait to be sealed", async () => {
  const { shard, clock } = await openTestShard();
  const storage = new SeriesStorage({ shard, clock, onError: assert.ifError, headBytesMax: 1 });
  for (let i = 0; i < 4; i++) shard.run((tx) => storage.write(tx, batch));
  assert.notEqual(storage.room(), undefined);
  for (let room = storage.room(); room !== undefined; room = storage.room()) await room;
  shard.run((tx) => storage.write(tx, batch));
  await storage.close();
  await shard.close();
});
