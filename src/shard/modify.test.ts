import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, openTestShard, rowsOf, text } from "../../test/support/test-shard.ts";
import { isCronosError } from "../base/errors.ts";
import type { Merge, Transaction } from "./transaction.ts";

const appended =
  (tail: string): Merge =>
  (before) =>
    bytes((before === undefined ? "" : text(before)) + tail);
const removed: Merge = () => undefined;
const stamped: Merge = (_, stamp) => stamp();

test("modify() in an operation shows at once, and can remove the row", async () => {
  const { shard } = await openTestShard();
  await shard.execute((tx) => {
    tx.modify("a", appended("1"));
    assert.equal(text(tx.get("a")), "1");
    tx.modify("a", appended("2"));
    tx.put("b", bytes("x"));
    tx.modify("b", removed);
  });
  assert.equal(rowsOf(shard.durable), "a=12");
});

test("modify() in an interactive transaction changes what is there at commit", async () => {
  const { shard } = await openTestShard();
  const [one, two] = [shard.begin(), shard.begin()];
  one.modify("a", appended("1"));
  two.modify("a", appended("2"));
  await shard.execute((tx) => tx.put("a", bytes("0")));
  await one.commit();
  await two.commit();
  assert.equal(rowsOf(shard.durable), "a=012");
});

test("modify() shows in reads of its own transaction, which are reads like any other", async () => {
  const { shard } = await openTestShard();
  await shard.execute((tx) => tx.put("a", bytes("0")));
  for (const read of [
    (tx: Pick<Transaction, "get" | "range">) => text(tx.get("a")),
    (tx: Pick<Transaction, "get" | "range">) => text([...tx.range("a", "b")][0]?.[1]),
  ]) {
    const transaction = shard.begin();
    transaction.modify("a", appended("1"));
    assert.equal(read(transaction), "01");
    await shard.execute((tx) => tx.put("a", bytes("0")));
    await assert.rejects(transaction.commit(), (error) => isCronosError(error, "CONFLICT"));
  }
});

test("modify() and writes of the same key take effect in their order", async () => {
  const { shard } = await openTestShard();
  const transaction = shard.begin();
  transaction.modify("a", appended("lost"));
  transaction.put("a", bytes("p"));
  transaction.modify("a", appended("1"));
  transaction.modify("b", appended("lost"));
  transaction.delete("b");
  transaction.modify("b", appended("2"));
  transaction.modify("c", appended("lost"));
  transaction.deleteRange("c", "d");
  await transaction.commit();
  assert.equal(rowsOf(shard.durable), "a=p1 b=2");
});

test("modify() counts what it holds against the bound", async () => {
  const { shard } = await openTestShard();
  const transaction = shard.begin({ bytesMax: 1000 });
  assert.throws(
    () => transaction.modify("a", removed, 2000),
    (error) => isCronosError(error, "TOO_LARGE"),
  );
});

test("modify() that throws at commit leaves nothing behind", async () => {
  const { shard } = await openTestShard();
  const transaction = shard.begin();
  transaction.put("a", bytes("1"));
  transaction.modify("b", () => {
    throw new RangeError("no");
  });
  await assert.rejects(transaction.commit(), RangeError);
  assert.equal(rowsOf(shard.durable), "");
});

test("stamps follow the order of commits, within a record, over records and restarts", async () => {
  const parts = await openTestShard();
  const stamps: string[] = [];
  let { shard } = parts;
  const take = () => shard.run((tx) => void tx.modify("a", stamped));
  const note = () => stamps.push(Buffer.from(shard.tip.get("a") ?? []).toString("hex"));
  for (let round = 0; round < 3; round++) {
    for (let count = 0; count < 3; count++) {
      take();
      note();
    }
    await shard.tipDurable();
    if (round > 0) continue;
    await shard.close();
    ({ shard } = await openTestShard({}, parts));
  }
  assert.equal(stamps[0]?.length, 20);
  assert.deepEqual(stamps, stamps.toSorted());
  assert.equal(new Set(stamps).size, stamps.length);
});

test("stamps cannot be read by a transaction that is not committed", async () => {
  const { shard } = await openTestShard();
  const transaction = shard.begin();
  transaction.modify("a", stamped);
  assert.throws(() => transaction.get("a"), /known at commit/);
  await transaction.commit();
  assert.equal(shard.durable.get("a")?.length, 10);
});
