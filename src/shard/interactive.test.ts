import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, hasCode, openTestShard, rowsOf } from "../../test/support/test-shard.ts";
import { text, turn } from "../../test/support/test-shard.ts";
import type { TestShard } from "../../test/support/test-shard.ts";
import { CronosError, isCronosError } from "../base/errors.ts";
import type { Key } from "../base/key.ts";
import type { RangeOptions, Snapshot } from "../store/base-tree.ts";
import { openMemoryTree } from "../store/memory/memory-tree.ts";
import type { InteractiveTransaction } from "./interactive.ts";
import type { Transaction } from "./transaction.ts";

type Writer = Pick<Transaction, "put" | "delete" | "deleteRange">;

async function openWithRows(...keys: Key[]): Promise<TestShard> {
  const parts = await openTestShard();
  await parts.shard.execute((tx) => {
    for (const key of keys) tx.put(key, bytes("0"));
  });
  return parts;
}

function scan(start: Key, end: Key | undefined, options?: RangeOptions) {
  return (tx: InteractiveTransaction) => void [...tx.range(start, end, options)];
}

function leaveAfter(rows: number, reverse: boolean) {
  return (tx: InteractiveTransaction) => {
    let count = 0;
    for (const _ of tx.range("b", "i", { reverse })) if (++count === rows) break;
  };
}

const scanLast = scan("a", undefined, { reverse: true, limit: 1 });

function readOwn(tx: InteractiveTransaction): void {
  tx.put("d", bytes("2"));
  tx.get("d");
}

function readOwnHole(tx: InteractiveTransaction): void {
  tx.delete("d");
  tx.get("d");
}

const put = (key: Key) => (tx: Writer) => tx.put(key, bytes("1"));
const remove = (key: Key) => (tx: Writer) => tx.delete(key);
const removeRange = (start: Key, end?: Key) => (tx: Writer) => tx.deleteRange(start, end);

/** Rows are b, d, f, h. What one reads, what another writes meanwhile, the key in the conflict. */
const conflicts: readonly {
  readonly read: string;
  readonly run: (tx: InteractiveTransaction) => void;
  readonly write: (tx: Writer) => void;
  readonly key: Key | undefined;
}[] = [
  { read: "a row", run: (tx) => tx.get("d"), write: put("d"), key: "d" },
  { read: "a row", run: (tx) => tx.get("d"), write: remove("d"), key: "d" },
  { read: "a row", run: (tx) => tx.get("d"), write: removeRange("c", "e"), key: "d" },
  { read: "a row", run: (tx) => tx.get("d"), write: put("e"), key: undefined },
  { read: "a row", run: (tx) => tx.get("d"), write: removeRange("e"), key: undefined },
  { read: "a missing row", run: (tx) => tx.get("c"), write: put("c"), key: "c" },
  { read: "a range", run: scan("c", "g"), write: put("f"), key: "f" },
  { read: "a range", run: scan("c", "g"), write: put("e"), key: "e" },
  { read: "a range", run: scan("c", "g"), write: put("c"), key: "c" },
  { read: "a range", run: scan("c", "g"), write: put("g"), key: undefined },
  { read: "a range", run: scan("c", "g"), write: put("bz"), key: undefined },
  { read: "a range", run: scan("c", "g"), write: remove("d"), key: "d" },
  { read: "a range", run: scan("c", "g"), write: removeRange("a", "d"), key: "c" },
  { read: "a range", run: scan("c", "g"), write: removeRange("f"), key: "f" },
  { read: "a range", run: scan("c", "g"), write: removeRange("g"), key: undefined },
  { read: "an empty range", run: scan("x", undefined), write: put("z"), key: "z" },
  { read: "a limit", run: scan("a", undefined, { limit: 2 }), write: put("d"), key: "d" },
  { read: "a limit", run: scan("a", undefined, { limit: 2 }), write: put("c"), key: "c" },
  { read: "a limit", run: scan("a", undefined, { limit: 2 }), write: put("d0"), key: undefined },
  { read: "a limit", run: scan("a", "e", { limit: 3 }), write: put("d0"), key: "d0" },
  { read: "no rows", run: scan("a", undefined, { limit: 0 }), write: put("b"), key: undefined },
  { read: "the last", run: scanLast, write: put("i"), key: "i" },
  { read: "the last", run: scanLast, write: put("h"), key: "h" },
  { read: "the last", run: scanLast, write: put("g"), key: undefined },
  { read: "backwards", run: scan("c", "g", { reverse: true }), write: put("c"), key: "c" },
  { read: "backwards", run: scan("c", "g", { reverse: true }), write: put("b"), key: undefined },
  { read: "two rows", run: leaveAfter(2, false), write: put("c"), key: "c" },
  { read: "two rows", run: leaveAfter(2, false), write: put("e"), key: undefined },
  { read: "two rows back", run: leaveAfter(2, true), write: put("hz"), key: "hz" },
  { read: "two rows back", run: leaveAfter(2, true), write: put("e"), key: undefined },
  { read: "an own row", run: readOwn, write: put("d"), key: undefined },
  { read: "an own hole", run: readOwnHole, write: put("d"), key: undefined },
  { read: "nothing", run: put("d"), write: put("d"), key: undefined },
  { read: "nothing", run: removeRange("a"), write: put("d"), key: undefined },
];

for (const { read, run, write, key } of conflicts) {
  const rule = key === undefined ? "does not conflict" : `conflicts at ${key}`;
  const what = String(write).includes("deleteRange") ? "a deleted range" : "a write";
  test(`InteractiveTransaction that read ${read} ${rule} with ${what}`, async () => {
    const { shard } = await openWithRows("b", "d", "f", "h");
    const transaction = shard.begin();
    run(transaction);
    await shard.execute(write);
    const before = rowsOf(shard.durable);
    transaction.put("own", bytes("1"));
    if (key === undefined) {
      await transaction.commit();
      assert.equal(text(shard.durable.get("own")), "1");
      return;
    }
    await assert.rejects(transaction.commit(), (error) => {
      return isCronosError(error, "CONFLICT") && error.details["key"] === key;
    });
    assert.equal(rowsOf(shard.durable), before, "nothing of it was written");
  });
}

test("InteractiveTransaction reads the snapshot of its begin and its own writes", async () => {
  const { shard } = await openWithRows("a", "b", "c");
  const transaction = shard.begin();
  await shard.execute((tx) => tx.deleteRange("", undefined));
  const value = bytes("1");
  transaction.put("b", value);
  value.fill(0);
  transaction.delete("c");
  transaction.put("d", bytes("1"));
  assert.equal(rowsOf(transaction), "a=0 b=1 d=1");
  assert.equal(text(transaction.get("b")), "1");
  assert.equal(transaction.get("c"), undefined);
  assert.equal(rowsOf(shard.durable), "", "others do not see its writes");
  transaction.rollback();
  const blind = shard.begin();
  blind.put("x", bytes("1"));
  blind.deleteRange("y", undefined);
  await blind.commit();
  assert.equal(rowsOf(shard.durable), "x=1");
});

test("InteractiveTransaction without writes never conflicts", async () => {
  const { shard } = await openWithRows("a");
  const transaction = shard.begin();
  assert.equal(rowsOf(transaction), "a=0");
  await shard.execute(put("a"));
  await transaction.commit();
});

test("InteractiveTransaction: of two that change the same row, the first wins", async () => {
  const { shard } = await openWithRows("a");
  const both = [shard.begin(), shard.begin()];
  for (const transaction of both) {
    transaction.put("a", Buffer.concat([transaction.get("a") ?? bytes(""), bytes("1")]));
  }
  const outcomes = await Promise.allSettled(both.map((transaction) => transaction.commit()));
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["fulfilled", "rejected"],
  );
  assert.equal(rowsOf(shard.durable), "a=01");
});

test("InteractiveTransaction: writes in flight at begin count as later ones", async () => {
  for (const isFirst of [true, false]) {
    const { shard, log } = await openWithRows("a", "b");
    const other = isFirst ? undefined : shard.begin();
    log.hold();
    shard.run(put("a"));
    await turn();
    shard.run(removeRange("b"));
    const transaction = shard.begin();
    assert.equal(rowsOf(transaction), "a=0 b=0");
    transaction.put("c", bytes("1"));
    log.release();
    await assert.rejects(transaction.commit(), hasCode("CONFLICT"));
    other?.rollback();
  }
});

test("InteractiveTransaction: lost writes conflict with nobody who begins later", async () => {
  const { shard, log, clock } = await openWithRows("a");
  const open = shard.begin();
  log.failNext(new CronosError("IO", "simulated"));
  await assert.rejects(shard.execute(put("a")));
  const reader = shard.begin();
  assert.equal(rowsOf(reader), "a=0", "one can begin while the shard is read-only");
  reader.put("b", bytes("1"));
  await clock.advance(250);
  await reader.commit();
  assert.equal(rowsOf(shard.durable), "a=0 b=1");
  open.rollback();
});

test("InteractiveTransaction.atCommit() changes what is there then", async () => {
  const { shard } = await openWithRows("n");
  const add = (tx: Transaction) => tx.put("n", bytes(`${Number(text(tx.get("n"))) + 1}`));
  const both = [shard.begin(), shard.begin()];
  for (const transaction of both) transaction.atCommit(add);
  await shard.execute(add);
  await Promise.all(both.map((transaction) => transaction.commit()));
  assert.equal(rowsOf(shard.durable), "n=3");
});

test("InteractiveTransaction runs hooks at commit, when durable, when undone", async () => {
  const { shard, log } = await openWithRows("a");
  let calls: string[] = [];
  const begin = () => {
    calls = [];
    const transaction = shard.begin();
    transaction.onUndone(() => calls.push("undone 1"));
    transaction.onApplied(() => calls.push("applied"));
    transaction.onDurable(() => calls.push("durable"));
    transaction.onUndone(() => calls.push("undone 2"));
    return transaction;
  };
  const committed = begin();
  committed.reserve("b", 1).fill("1");
  log.hold();
  const commit = committed.commit();
  assert.deepEqual(calls, ["applied"]);
  log.release();
  await commit;
  assert.deepEqual(calls, ["applied", "durable"]);
  await begin().commit();
  assert.deepEqual(calls, ["applied", "durable"], "nothing was written");
  begin().rollback();
  assert.deepEqual(calls, ["undone 2", "undone 1"]);
  const conflicting = begin();
  conflicting.put("c", Buffer.from(conflicting.get("a") ?? []));
  await shard.execute(put("a"));
  await assert.rejects(conflicting.commit(), hasCode("CONFLICT"));
  assert.deepEqual(calls, ["undone 2", "undone 1"]);
  assert.equal(rowsOf(shard.durable), "a=1 b=1");
});

test("InteractiveTransaction.commit() rejects when its record is lost", async () => {
  const { shard, log } = await openWithRows("a");
  const failure = new CronosError("IO", "simulated");
  const transaction = shard.begin();
  transaction.put("b", bytes("1"));
  log.failNext(failure);
  await assert.rejects(transaction.commit(), (error) => error === failure);
  assert.equal(rowsOf(shard.tip), "a=0");
});

/** A shard on a tree that counts the snapshots held. */
async function openCounting() {
  const tree = openMemoryTree();
  let held = 0;
  const snapshot = tree.snapshot.bind(tree);
  tree.snapshot = (): Snapshot => {
    const inner = snapshot();
    held++;
    return {
      get: (key) => inner.get(key),
      range: (start, end, options) => inner.range(start, end, options),
      release: () => {
        held--;
        inner.release();
      },
    };
  };
  const parts = await openTestShard({ base: tree });
  return { ...parts, held: () => held };
}

test("InteractiveTransaction gives its snapshot back however it ends", async () => {
  const { shard, clock, held } = await openCounting();
  const ended = (transaction: InteractiveTransaction, code: string) => {
    assert.equal(held(), 0, code);
    const isOver = (error: unknown) => isCronosError(error) && error.code === code;
    assert.throws(() => transaction.get("a"), isOver);
    assert.throws(() => [...transaction.range("", undefined)], isOver);
    assert.throws(() => transaction.put("a", bytes("1")), isOver);
    transaction.rollback();
  };
  const begin = (options = {}) => {
    const transaction = shard.begin(options);
    assert.equal(held(), 1);
    return transaction;
  };

  const committed = begin();
  committed.put("a", bytes("1"));
  await committed.commit();
  ended(committed, "CLOSED");
  await assert.rejects(committed.commit(), hasCode("CLOSED"));

  const conflicting = begin();
  conflicting.get("a");
  conflicting.put("b", bytes("1"));
  await shard.execute(put("a"));
  await assert.rejects(conflicting.commit());
  ended(conflicting, "CLOSED");

  const empty = begin();
  await empty.commit();
  ended(empty, "CLOSED");

  const rolledBack = begin();
  rolledBack.rollback();
  ended(rolledBack, "CLOSED");

  const idle = begin({ idleTimeoutMs: 1000 });
  await clock.advance(900);
  idle.get("a");
  await clock.advance(900);
  idle.get("a");
  await clock.advance(1000);
  ended(idle, "TIMEOUT");

  const large = begin({ bytesMax: 1000 });
  assert.throws(() => large.put("a", Buffer.alloc(1000)), hasCode("TOO_LARGE"));
  ended(large, "TOO_LARGE");

  const greedy = begin({ bytesMax: 10_000 });
  const readAll = () => {
    for (let k = 0; k < 1000; k++) greedy.get(`key ${k}`);
  };
  assert.throws(readAll, hasCode("TOO_LARGE"));
  ended(greedy, "TOO_LARGE");

  const left = begin();
  await shard.close();
  ended(left, "CLOSED");
});

test("InteractiveTransaction.range() throws when the transaction ends meanwhile", async () => {
  const { shard } = await openWithRows("a", "b", "c");
  const transaction = shard.begin();
  const seen: Key[] = [];
  const loop = () => {
    for (const [key] of transaction.range("", undefined)) {
      seen.push(key);
      transaction.rollback();
    }
  };
  assert.throws(loop, hasCode("CLOSED"));
  assert.deepEqual(seen, ["a"]);
});

test("InteractiveTransaction.put() refuses a key that is too long, and lives on", async () => {
  const { shard } = await openWithRows();
  const transaction = shard.begin();
  const long = "k".repeat(3000);
  assert.throws(() => transaction.put(long, bytes("")), hasCode("TOO_LARGE"));
  transaction.put("a", bytes("1"));
  await transaction.commit();
  assert.equal(rowsOf(shard.durable), "a=1");
});

test("Shard.begin() refuses more than 1024 open transactions", async () => {
  const { shard } = await openWithRows();
  const open = Array.from({ length: 1024 }, () => shard.begin());
  assert.throws(() => shard.begin(), hasCode("OVERLOADED"));
  open[0]?.rollback();
  shard.begin().rollback();
  for (const transaction of open) transaction.rollback();
});

test("InteractiveTransaction.readAsAbsent(): another's removal is no conflict", async () => {
  const { shard } = await openWithRows("a", "b");
  const gone: string[] = [];
  const begin = () => {
    const transaction = shard.begin();
    transaction.get("a");
    transaction.readAsAbsent("a", () => gone.push("a"));
    transaction.put("c", bytes("1"));
    return transaction;
  };
  await begin().commit();
  assert.deepEqual(gone, [], "It is as it was read");
  const written = begin();
  const removed = begin();
  const readBefore = shard.begin();
  readBefore.get("a");
  readBefore.get("a");
  readBefore.readAsAbsent("a");
  readBefore.put("d", bytes("1"));
  await shard.execute(put("a"));
  await assert.rejects(written.commit(), hasCode("CONFLICT"));
  await shard.execute(remove("a"));
  assert.equal(removed.hasConflict(), false);
  await removed.commit();
  assert.deepEqual(gone, ["a"]);
  await assert.rejects(readBefore.commit(), hasCode("CONFLICT"));
  assert.equal(rowsOf(shard.durable), "b=0 c=1");
});

test("InteractiveTransaction.checkRow(): is checked among snapshot reads", async () => {
  const { shard } = await openWithRows("a", "b");
  const transaction = shard.begin();
  transaction.snapshotReads = true;
  transaction.get("b");
  transaction.get("a");
  transaction.checkRow("a");
  transaction.put("c", bytes("1"));
  await shard.execute(put("b"));
  assert.equal(transaction.hasConflict(), false);
  await shard.execute(put("a"));
  await assert.rejects(transaction.commit(), hasCode("CONFLICT"));
});
