import assert from "node:assert/strict";
import { test } from "node:test";
import { seriesBatch } from "../../../test/support/series-batch.ts";
import { openTestShard } from "../../../test/support/test-shard.ts";
import { Drops } from "./drop.ts";
import { Head } from "./head.ts";
import type { HeadWindow } from "./head.ts";

function headOf(sequence: number): { readonly head: Head; readonly window: HeadWindow } {
  const head = new Head(sequence);
  head.append(seriesBatch([{ seriesId: 1, time: 0n, fields: { 1: 1 } }]));
  const window = head.window(1, 0);
  assert.ok(window !== undefined);
  return { head, window };
}

test("Drops are about heads up to theirs, also when they were read again", async () => {
  const { shard } = await openTestShard();
  const drops = new Drops();
  const what = { head: 5, policyIds: [1, 2] };
  shard.run((tx) => {
    drops.put(tx, { ...what, startHour: 0, seriesIds: undefined });
    drops.put(tx, { ...what, head: 3, startHour: undefined, seriesIds: Uint32Array.of(7, 9) });
    drops.put(tx, { head: 1, policyIds: [9], startHour: undefined, seriesIds: undefined });
  });
  const early = headOf(5);
  assert.ok(!drops.durableWindow(early.head, early.window));
  await shard.tipDurable();
  const again = new Drops();
  again.load(shard.tip);
  for (const each of [drops, again]) {
    assert.ok(each.durableWindow(early.head, early.window));
    const late = headOf(6);
    assert.ok(!each.window(late.head, late.window));
    assert.ok(each.series(headOf(3).head, 9));
    assert.ok(!each.series(headOf(3).head, 8));
    assert.ok(!each.series(headOf(4).head, 9));
    assert.equal(each.lastHead, 5);
    assert.deepEqual(
      each.upTo(3).map(({ number }) => number),
      [2, 3],
    );
  }
  for (const drop of again.upTo(5)) shard.run((tx) => again.remove(tx, drop));
  assert.equal(again.lastHead, 0);
  drops.load(shard.tip);
  assert.equal(drops.lastHead, 0);
  await shard.close();
});
