import assert from "node:assert/strict";
import { test } from "node:test";
import { seriesBatch } from "../../../test/support/series-batch.ts";
import type { TestPoint } from "../../../test/support/series-batch.ts";
import { openTestShard } from "../../../test/support/test-shard.ts";
import { Drops } from "./drop.ts";
import { Heads } from "./heads.ts";
import { blockPrefix, chunkPrefix, rangeOf, readBlockKey, sealPrefix } from "./rows.ts";
import { readNextHead, Sealer } from "./sealer.ts";
import { readStats } from "./window-stats.ts";
import type { Shard } from "../../shard/shard.ts";

const SERIES = 3000;
const places = [
  { policyId: 1, startHour: 0 },
  { policyId: 1, startHour: 168 },
];

async function frozenHead(shard: Shard): Promise<Heads> {
  const heads = new Heads(1e9, () => {});
  heads.load(shard.tip, new Drops());
  const points = Array.from({ length: SERIES }, (_, i): TestPoint => {
    return { seriesId: i, time: BigInt(i % 2) * 168n * 3_600_000_000_000n, fields: { 1: i } };
  });
  await shard.execute((tx) => heads.write(tx, seriesBatch(points)));
  heads.freeze();
  return heads;
}

function count(shard: Shard, prefix: string): number {
  const { start, end } = rangeOf(prefix);
  return [...shard.tip.range(start, end)].length;
}

test("Sealer makes blocks in several operations and deletes the chunks in the last", async () => {
  const { shard } = await openTestShard();
  const heads = await frozenHead(shard);
  const [head] = heads.all;
  assert.ok(head !== undefined);
  let operations = 0;
  // Anew each time, as after restarts.
  for (let isLast = false; !isLast; operations++) {
    assert.equal(count(shard, chunkPrefix), 1);
    isLast = shard.run((tx) => new Sealer(head, tx, new Drops()).seal(tx));
  }
  assert.ok(operations > 2);
  assert.equal(count(shard, blockPrefix), SERIES);
  assert.equal(count(shard, chunkPrefix) + count(shard, sealPrefix), 0);
  for (const at of places) {
    const { points, blocks, seals } = readStats(shard.tip, at);
    assert.deepEqual([points, blocks, seals], [SERIES / 2, SERIES / 2, 1]);
  }
  assert.equal(readNextHead(shard.tip), 2);
  await shard.close();
});

test("Sealer leaves out what was dropped", async () => {
  const { shard } = await openTestShard();
  const heads = await frozenHead(shard);
  const drops = new Drops();
  const common = { head: 1, policyIds: [1] };
  shard.run((tx) => {
    drops.put(tx, { ...common, startHour: 168, seriesIds: undefined });
    drops.put(tx, { ...common, startHour: undefined, seriesIds: Uint32Array.of(0, 2) });
  });
  const sealer = new Sealer(heads.all[0] as (typeof heads.all)[0], shard.tip, drops);
  for (let isLast = false; !isLast; ) isLast = shard.run((tx) => sealer.seal(tx));
  const { start, end } = rangeOf(blockPrefix);
  const sealed = Array.from(shard.tip.range(start, end), ([key]) => readBlockKey(key));
  assert.equal(sealed.length, SERIES / 2 - 2);
  assert.ok(sealed.every(({ startHour, seriesId }) => startHour === 0 && seriesId > 2));
  await shard.close();
});
