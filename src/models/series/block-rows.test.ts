import assert from "node:assert/strict";
import { test } from "node:test";
import { seriesBatch } from "../../../test/support/series-batch.ts";
import type { TestPoint } from "../../../test/support/series-batch.ts";
import { openTestShard } from "../../../test/support/test-shard.ts";
import { BlockEdit, readBlocks } from "./block-rows.ts";
import { Head } from "./head.ts";
import { HeadSource } from "./head-source.ts";
import { noStats, readStats } from "./window-stats.ts";

const at = { policyId: 1, startHour: 0, seriesId: 4 };
const all = { from: 0, to: Number.POSITIVE_INFINITY, spans: 0 };

test("BlockEdit keeps the statistics of the window in step with its blocks", async () => {
  const { shard } = await openTestShard();
  const head = new Head(3);
  const points = Array.from({ length: 2500 }, (_, i): TestPoint => {
    return { seriesId: 4, time: BigInt(i) * 1_000_000_000n, fields: { 1: BigInt(i) } };
  });
  head.append(seriesBatch(points));
  const window = head.window(1, 0);
  assert.ok(window !== undefined);
  const source = HeadSource.of(head, window, { seriesId: 4, end: 2500 });
  assert.ok(source !== undefined);
  shard.run((tx) => {
    const edit = new BlockEdit(tx, at);
    edit.put(4, source, { start: 0, end: 2500 });
    edit.finishSeal(true);
  });
  const blocks = readBlocks(shard.tip, at, all);
  assert.deepEqual(
    blocks.map(({ source: block }) => [block.count, block.sequence]).sort(),
    [
      [1024, 3],
      [1024, 3],
      [452, 3],
    ],
  );
  const stats = readStats(shard.tip, at);
  const bytes = blocks.reduce((sum, block) => sum + block.source.byteLength, 0);
  const dirty = { dirtyFrom: 0, dirtyTo: 2499e9 };
  const { spans } = stats;
  assert.deepEqual(stats, { points: 2500, blocks: 3, bytes, spans, seals: 1, ...dirty });
  const late = readBlocks(shard.tip, at, { from: 2300e9, to: 2400e9, spans: stats.spans });
  assert.ok(late.some(({ source: block }) => block.firstOffset === 2048e9));
  shard.run((tx) => {
    const edit = new BlockEdit(tx, at);
    for (const block of blocks) edit.remove(block);
    edit.finish();
  });
  assert.deepEqual(readStats(shard.tip, at), noStats);
  assert.deepEqual(readBlocks(shard.tip, at, all), []);
  await shard.close();
});
