import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, hasCode, openTestShard, rowsOf, turn } from "../../test/support/test-shard.ts";
import { AssertionError } from "../base/assert.ts";
import { logIndex } from "../base/ids.ts";
import type { Log } from "../log/log.ts";
import { keyBytesMax } from "../store/base-tree.ts";
import type { Transaction } from "./transaction.ts";

async function bodies(log: Log): Promise<string[]> {
  const texts: string[] = [];
  for await (const { body } of log.read(logIndex(1))) {
    texts.push(Buffer.from(body).toString("latin1"));
  }
  return texts;
}

test("Operation reads its own writes over the tip", async () => {
  const { shard } = await openTestShard();
  shard.run((tx) => {
    for (const key of ["a", "b", "c", "d"]) tx.put(key, bytes("1"));
  });
  shard.run((tx) => {
    tx.put("b", bytes("2"));
    tx.delete("c");
    tx.reserve("e", 2).write("22");
    assert.equal(String(tx.get("a")), "1");
    assert.equal(String(tx.get("b")), "2");
    assert.equal(tx.get("c"), undefined);
    assert.equal(rowsOf(tx), "a=1 b=2 d=1 e=22");
    tx.deleteRange("a", "c");
    assert.deepEqual([...tx.range("", undefined, { reverse: true, limit: 1 })].length, 1);
    assert.equal(rowsOf(tx), "d=1 e=22");
    assert.equal(rowsOf(shard.tip), "a=1 b=1 c=1 d=1", "others see it when it has succeeded");
  });
  assert.equal(rowsOf(shard.tip), "d=1 e=22");
});

test("Operation copies what put() is given", async () => {
  const { shard } = await openTestShard();
  const value = bytes("1");
  shard.run((tx) => tx.put("a", value));
  value.fill(0);
  assert.equal(rowsOf(shard.tip), "a=1");
});

test("Operation that throws leaves no trace, and undoes hooks newest first", async () => {
  const { shard, log } = await openTestShard();
  const calls: string[] = [];
  shard.run((tx) => tx.put("a", bytes("1")));
  const attempt = () =>
    shard.run((tx) => {
      tx.put("a", bytes("2"));
      tx.deleteRange("", undefined);
      tx.onUndone(() => calls.push("undone 1"));
      tx.onApplied(() => calls.push("applied"));
      tx.onDurable(() => calls.push("durable"));
      tx.onUndone(() => calls.push("undone 2"));
      throw new Error("boom");
    });
  assert.throws(attempt, /boom/);
  shard.run((tx) => tx.put("b", bytes("3")));
  await shard.tipDurable();
  assert.deepEqual(calls, ["undone 2", "undone 1"]);
  assert.equal(rowsOf(shard.durable), "a=1 b=3");
  assert.deepEqual(await bodies(log), ["\x01\x01a\x011\x01\x01b\x013"]);
});

test("Operation hooks: applied at once, durable with the record, in order", async () => {
  const { shard, log } = await openTestShard();
  const calls: string[] = [];
  const operation = (name: string) => (tx: Transaction) => {
    tx.onDurable(() => calls.push(`durable ${name}`));
    tx.onApplied(() => calls.push(`applied ${name}`));
    tx.onUndone(() => calls.push(`undone ${name}`));
    if (name !== "reader") tx.put(name, bytes("1"));
  };
  shard.run(operation("reader"));
  assert.deepEqual(calls.splice(0), ["applied reader", "durable reader"], "all is durable");
  log.hold();
  shard.run(operation("a"));
  shard.run(operation("b"));
  shard.run(operation("reader"));
  assert.deepEqual(calls.splice(0), ["applied a", "applied b", "applied reader"]);
  await turn();
  shard.run(operation("c"));
  shard.run(operation("reader"));
  assert.deepEqual(calls.splice(0), ["applied c", "applied reader"]);
  log.release();
  await shard.tipDurable();
  const inOrder = ["a", "b", "reader", "c", "reader"].map((name) => `durable ${name}`);
  assert.deepEqual(calls, inOrder);
});

test("Operation's onApplied hook may run another operation", async () => {
  const { shard } = await openTestShard();
  shard.run((tx) => {
    tx.put("a", bytes("1"));
    tx.onApplied(() => shard.run((next) => next.put("b", Buffer.from(next.get("a") ?? []))));
  });
  await shard.tipDurable();
  assert.equal(rowsOf(shard.durable), "a=1 b=1");
});

test("Operation must not start inside another one, nor be used after its end", async () => {
  const { shard } = await openTestShard();
  const nested = [
    () => shard.run(() => {}),
    () => shard.begin(),
  ];
  let stale: Transaction | undefined;
  for (const inner of nested) {
    const attempt = () =>
      shard.run((tx) => {
        stale = tx;
        tx.put("a", bytes("1"));
        inner();
      });
    assert.throws(attempt, AssertionError);
  }
  assert.equal(rowsOf(shard.tip), "");
  assert.throws(() => stale?.put("b", bytes("1")), /after its operation ended/);
  await shard.execute((tx) => tx.put("c", bytes("1")));
  assert.equal(rowsOf(shard.durable), "c=1");
});

test("Operation with a key that is too long is undone, and the shard goes on", async () => {
  const { shard } = await openTestShard();
  const long = "k".repeat(keyBytesMax + 1);
  for (const write of [
    (tx: Transaction) => tx.put(long, bytes("1")),
    (tx: Transaction) => tx.reserve(long, 1),
  ]) {
    const attempt = () =>
      shard.run((tx) => {
        tx.put("a", bytes("1"));
        write(tx);
      });
    assert.throws(attempt, hasCode("TOO_LARGE"));
  }
  await shard.execute((tx) => tx.put("b", bytes("1")));
  assert.equal(rowsOf(shard.durable), "b=1");
});

test("Operation over half a record is TOO_LARGE, before it takes the memory", async () => {
  const { shard, log } = await openTestShard();
  const bytesMax = log.bodyBytesMax / 2;
  const isTooLarge = hasCode("TOO_LARGE");
  assert.throws(() => shard.run((tx) => tx.reserve("a", bytesMax + 1)), isTooLarge);
  assert.throws(() => shard.run((tx) => tx.reserve("a", 2 ** 40)), isTooLarge);
  assert.throws(() => shard.run((tx) => tx.reserve("a", bytesMax)), isTooLarge, "with its key");
  const caught = () =>
    shard.run((tx) => {
      tx.put("a", bytes("1"));
      assert.throws(() => tx.reserve("b", bytesMax), isTooLarge);
    });
  caught();
  await shard.tipDurable();
  assert.equal(rowsOf(shard.durable), "a=1");
});
