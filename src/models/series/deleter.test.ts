import assert from "node:assert/strict";
import { test } from "node:test";
import { pointsOf, seriesBatch, valueAt } from "../../../test/support/series-batch.ts";
import type { TestPoint } from "../../../test/support/series-batch.ts";
import { SeriesModel } from "../../../test/support/series-model.ts";
import { openTestShard } from "../../../test/support/test-shard.ts";
import type { PointBatch } from "./series-scan.ts";
import { SeriesStorage } from "./storage.ts";

const all = { from: -(2n ** 62n), to: 2n ** 62n };
const SECOND = 1_000_000_000n;
const COUNT = 40_000;

function points(step: number, value: (i: number) => bigint): TestPoint[] {
  return Array.from({ length: COUNT / step }, (_, i) => {
    return { seriesId: 1, time: BigInt(i * step) * SECOND, fields: { 1: value(i), 2: "kept" } };
  });
}

async function opened() {
  const { shard, clock } = await openTestShard({ memtableBytesMax: 2 ** 26 });
  const storage = new SeriesStorage({ shard, clock, onError: assert.ifError });
  const model = new SeriesModel();
  // Two heads: of every seventh point the value of before is not to be seen.
  for (const written of [points(1, (i) => BigInt(i % 3)), points(7, (i) => BigInt(i % 2))]) {
    await shard.execute((tx) => storage.write(tx, seriesBatch(written)));
    model.write(written);
    await storage.seal();
  }
  const check = (): void => {
    const view = storage.view();
    const batches = view.scan({ policyId: 1, measurementId: 1, seriesId: 1 }, [1, 2], all);
    assert.deepEqual(pointsOf(batches, [1, 2]), model.scan(1, all, [1, 2]));
    view.release();
  };
  const close = async (): Promise<void> => {
    await storage.close();
    await shard.close();
  };
  return { shard, storage, model, check, close };
}

test("Deleter deletes a range of time in several operations and frees its bytes", async () => {
  const { storage, model, check, close } = await opened();
  const before = storage.windows(1)[0]?.stats.bytes ?? 0;
  const range = { from: 100n * SECOND, to: 30_000n * SECOND };
  const removed = await storage.deletePoints({ policyId: 1, seriesIds: [9, 1], ...range });
  assert.equal(removed, model.delete(range));
  check();
  const after = storage.windows(1)[0]?.stats.bytes ?? 0;
  assert.ok(after < before * 0.3, `${before} became ${after}`);
  assert.equal(await storage.deletePoints({ policyId: 1, seriesIds: [1], ...range }), 0);
  await close();
});

test("Deleter asks a condition about points as they are seen", async () => {
  const { storage, model, check, close } = await opened();
  const matches = (batch: PointBatch): Uint8Array => {
    const column = batch.column(0);
    return Uint8Array.from(batch.offsets(), (_, row) => (valueAt(column, row) === 2n ? 1 : 0));
  };
  const where = { fieldIds: [1], matches };
  const removed = await storage.deletePoints({ policyId: 1, seriesIds: [1], ...all, where });
  assert.equal(removed, model.delete({ ...all, where: (fields) => fields[1] === 2n }));
  check();
  await close();
});

test("Deleter leaves points that are written after it began", async () => {
  const { shard, storage, check, model, close } = await opened();
  const deleted = storage.deletePoints({ policyId: 1, seriesIds: [1], ...all });
  model.delete(all);
  const late: TestPoint[] = [{ seriesId: 1, time: 5n * SECOND, fields: { 1: 7n } }];
  await shard.execute((tx) => storage.write(tx, seriesBatch(late)));
  model.write(late);
  await deleted;
  check();
  await storage.seal();
  await storage.merge();
  check();
  await close();
});
