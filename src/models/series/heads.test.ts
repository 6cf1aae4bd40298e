import assert from "node:assert/strict";
import { test } from "node:test";
import { seriesBatch } from "../../../test/support/series-batch.ts";
import { hasCode, openTestShard } from "../../../test/support/test-shard.ts";
import { Drops } from "./drop.ts";
import { Heads } from "./heads.ts";

const batch = seriesBatch([{ seriesId: 1, time: 0n, fields: { 1: 1 } }]);

test("Heads freezes a head that is large and refuses writes when too many wait", async () => {
  const { shard } = await openTestShard();
  let frozen = 0;
  const heads = new Heads(1, () => frozen++);
  heads.load(shard.tip, new Drops());
  const write = () => shard.run((tx) => heads.write(tx, batch));
  for (let i = 0; i < 5; i++) write();
  assert.equal(frozen, 4);
  const room = heads.room();
  assert.ok(room !== undefined);
  assert.throws(write, hasCode("OVERLOADED"));
  heads.forget(heads.oldestFrozen as (typeof heads.all)[0]);
  await room;
  write();
  await shard.close();
});

test("Heads reads from the rows what was written, and goes on in the newest head", async () => {
  const { shard } = await openTestShard();
  const heads = new Heads(1e9, () => {});
  heads.load(shard.tip, new Drops());
  shard.run((tx) => heads.write(tx, batch));
  heads.freeze();
  shard.run((tx) => heads.write(tx, batch));
  shard.run((tx) => heads.write(tx, batch));
  const again = new Heads(1e9, () => {});
  again.load(shard.tip, new Drops());
  assert.deepEqual(
    again.all.map(({ sequence, durableRows }) => [sequence, durableRows]),
    [
      [1, 1],
      [2, 2],
    ],
  );
  await shard.close();
});
