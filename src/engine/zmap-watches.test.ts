import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, openTestShard, turn } from "../../test/support/test-shard.ts";
import { ZMapWatches } from "./zmap-watches.ts";

test("ZMapWatches end with the first change of the value, whoever makes it", async () => {
  const { shard } = await openTestShard();
  const watches = new ZMapWatches(shard);
  const seen: string[] = [];
  for (const key of ["a", "a", "b", "c"]) {
    watches.watch(key).changed.then(
      () => seen.push(key),
      () => seen.push(`${key} closed`),
    );
  }
  await shard.execute((tx) => tx.put("a", bytes("1")));
  await shard.execute((tx) => tx.delete("c"));
  await turn();
  assert.deepEqual(seen, ["a", "a"]);
  assert.equal(watches.count, 2);
  const transaction = shard.begin();
  transaction.put("b", bytes("1"));
  await transaction.commit();
  await turn();
  assert.deepEqual(seen, ["a", "a", "b"]);
  await shard.close();
  await turn();
  assert.deepEqual(seen, ["a", "a", "b", "c closed"]);
});

test("ZMapWatches.watch() begins with what is durable then, after others ended", async () => {
  const { shard } = await openTestShard();
  const watches = new ZMapWatches(shard);
  for (let round = 0; round < 5; round++) {
    const { changed } = watches.watch("a");
    await shard.execute((tx) => tx.put("a", bytes(String(round))));
    await changed;
    assert.equal(watches.count, 0);
  }
  await shard.close();
});

test("ZMapWatches see ranges that are deleted", async () => {
  const { shard } = await openTestShard();
  await shard.execute((tx) => tx.put("b", bytes("1")));
  const watches = new ZMapWatches(shard);
  const { changed } = watches.watch("b");
  await shard.execute((tx) => tx.deleteRange("a", "c"));
  await changed;
  await shard.close();
});

test("ZMapWatch.cancel() forgets it, twice too; the shard's end ends the others", async () => {
  const { shard } = await openTestShard();
  const watches = new ZMapWatches(shard);
  const [one, other] = [watches.watch("a"), watches.watch("a")];
  one.cancel();
  one.cancel();
  assert.equal(watches.count, 1);
  const ended = assert.rejects(other.changed, { code: "CLOSED" });
  await shard.close();
  await ended;
  assert.equal(watches.count, 0);
});
