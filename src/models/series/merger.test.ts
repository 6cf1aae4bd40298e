import assert from "node:assert/strict";
import { test } from "node:test";
import { pointsOf, seriesBatch } from "../../../test/support/series-batch.ts";
import type { TestPoint } from "../../../test/support/series-batch.ts";
import { SeriesModel } from "../../../test/support/series-model.ts";
import { openTestShard } from "../../../test/support/test-shard.ts";
import { SeriesStorage } from "./storage.ts";

const all = { from: -(2n ** 62n), to: 2n ** 62n };
const SECOND = 1_000_000_000n;

async function opened() {
  const { shard, clock } = await openTestShard({ memtableBytesMax: 2 ** 26 });
  const storage = new SeriesStorage({ shard, clock, onError: assert.ifError });
  const model = new SeriesModel();
  const write = async (points: readonly TestPoint[]): Promise<void> => {
    await shard.execute((tx) => storage.write(tx, seriesBatch(points)));
    model.write(points);
    await storage.seal();
  };
  const check = (seriesId: number): void => {
    const view = storage.view();
    const batches = view.scan({ policyId: 1, measurementId: seriesId, seriesId }, [1], all);
    assert.deepEqual(pointsOf(batches, [1]), model.scan(seriesId, all, [1]));
    view.release();
  };
  const close = async (): Promise<void> => {
    await storage.close();
    await shard.close();
  };
  return { storage, write, check, close };
}

function series(seriesId: number, count: number, time: (i: number) => number): TestPoint[] {
  return Array.from({ length: count }, (_, i) => {
    return { seriesId, time: BigInt(time(i)) * SECOND, fields: { 1: BigInt(i) } };
  });
}

test("Merger makes few large blocks of many small ones, and leaves large ones alone", async () => {
  const { storage, write, check, close } = await opened();
  for (let part = 0; part < 7; part++) {
    await write([1, 2].flatMap((id) => series(id, 300, (i) => part * 300 + i)));
  }
  assert.equal(storage.windows(1)[0]?.stats.blocks, 14);
  await storage.merge();
  const [window] = storage.windows(1);
  assert.equal(window?.stats.blocks, 6);
  assert.equal(window?.stats.points, 4200);
  assert.equal(window?.stats.seals, 0);
  for (const id of [1, 2]) check(id);
  await write(series(1, 300, (i) => 2100 + i));
  await write(series(1, 300, (i) => 2400 + i));
  await storage.merge();
  assert.equal(storage.windows(1)[0]?.stats.blocks, 6);
  check(1);
  await close();
});

test("Merger is done by itself when many heads were sealed into a window", async () => {
  const { storage, write, check, close } = await opened();
  for (let part = 0; part < 8; part++) await write(series(1, 10, (i) => part * 10 + i));
  assert.equal(storage.windows(1)[0]?.stats.blocks, 1);
  check(1);
  await close();
});

test("Merger merges much that overlaps in parts, the newest values on top", async () => {
  const { storage, write, check, close } = await opened();
  await write(series(1, 30_000, (i) => i));
  await write(series(1, 100, (i) => i * 300));
  await write(series(1, 20_000, (i) => i + 5000));
  await write(series(1, 2, (i) => i * 29_999));
  await storage.merge();
  const [window] = storage.windows(1);
  assert.equal(window?.stats.points, 30_000);
  assert.ok((window?.stats.blocks ?? 0) <= 33, `${window?.stats.blocks} blocks`);
  check(1);
  await close();
});
