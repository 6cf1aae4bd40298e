import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, hasCode, openTestShard, rowsOf, turn } from "../../test/support/test-shard.ts";
import type { TestShard } from "../../test/support/test-shard.ts";
import { CronosError } from "../base/errors.ts";
import { logIndex } from "../base/ids.ts";
import { decodeMutations } from "../log/mutation-codec.ts";
import type { LogAppend } from "../log/log.ts";
import { MemoryLog } from "../log/memory/memory-log.ts";

const MiB = 1024 * 1024;

/** Keys of the puts of each record. */
async function records(log: MemoryLog): Promise<string[]> {
  const texts: string[] = [];
  for await (const { body } of log.read(logIndex(1))) {
    const keys: string[] = [];
    const ignore = () => {};
    decodeMutations(body, { put: (key) => keys.push(key), delete: ignore, deleteRange: ignore });
    texts.push(keys.join(""));
  }
  return texts;
}

function put({ shard }: TestShard, key: string, size = 1): void {
  shard.run((tx) => void tx.reserve(key, size));
}

/** A log whose appends the test settles itself, in any order. */
class ManualLog extends MemoryLog {
  readonly appends: { resolve: () => void; reject: (error: CronosError) => void }[] = [];
  readonly indexes: number[] = [];
  #head = 0;

  override append({ index }: LogAppend): Promise<void> {
    this.indexes.push(index);
    return new Promise((resolve, reject) => {
      this.appends.push({
        resolve: () => {
          this.#head = index;
          resolve();
        },
        reject,
      });
    });
  }

  override get head(): ReturnType<typeof logIndex> {
    return logIndex(this.#head);
  }
}

test("GroupCommit puts the operations of a turn into one record", async () => {
  const parts = await openTestShard();
  for (const key of ["a", "b", "c"]) put(parts, key);
  await parts.shard.tipDurable();
  put(parts, "d");
  await parts.shard.tipDurable();
  assert.deepEqual(await records(parts.log), ["abc", "d"]);
});

test("GroupCommit collects while a record is on its way", async () => {
  const parts = await openTestShard();
  parts.log.hold();
  for (const key of ["a", "b", "c", "d"]) {
    put(parts, key);
    await turn();
  }
  assert.equal(parts.shard.stats.inFlight, 1);
  parts.log.release();
  await parts.shard.tipDurable();
  assert.deepEqual(await records(parts.log), ["a", "bcd"]);
});

test("GroupCommit seals large batches up to inFlightMax, then waits for room", async () => {
  const parts = await openTestShard({ memtableBytesMax: 256 * MiB });
  const { shard, log } = parts;
  log.hold();
  for (const key of ["a", "b", "c", "d", "e", "f"]) {
    put(parts, key, MiB);
    await turn();
  }
  assert.equal(shard.stats.inFlight, log.inFlightMax);
  assert.equal(shard.room(), undefined);
  put(parts, "g", 31 * MiB);
  const room = shard.room();
  assert.ok(room, "an open batch of more than half a record waits for the log");
  assert.throws(() => put(parts, "h"), hasCode("OVERLOADED"));
  const executed = shard.execute((tx) => tx.put("h", bytes("1")));
  log.release();
  await room;
  await executed;
  assert.deepEqual(await records(log), ["a", "b", "c", "d", "efg", "h"]);
});

test("GroupCommit without grouping makes a record of each operation, few at a time", async () => {
  const parts = await openTestShard({ groupCommit: false });
  const keys = Array.from({ length: 20 }, (_, number) => String.fromCharCode(97 + number));
  for (const key of keys) put(parts, key);
  assert.equal(parts.shard.stats.inFlight, 20);
  await parts.shard.tipDurable();
  assert.deepEqual(await records(parts.log), keys);
});

test("GroupCommit without grouping slows callers down, then refuses", async () => {
  const parts = await openTestShard({ groupCommit: false });
  const { shard, log } = parts;
  log.hold();
  let executed = 0;
  const all = Array.from({ length: 1500 }, async (_, number) => {
    await shard.execute((tx) => tx.put(`${number}`, bytes("1")));
    executed++;
  });
  await turn();
  assert.equal(shard.stats.inFlight, 1024);
  const attempt = () => {
    for (let number = 0; number < 4000; number++) put(parts, `x${number}`);
  };
  assert.throws(attempt, hasCode("OVERLOADED"));
  assert.equal(shard.stats.inFlight, 4096);
  log.release();
  await Promise.all(all);
  assert.equal(executed, 1500);
  assert.equal(shard.durableIndex, 1500 + 4096 - 1024);
});

test("GroupCommit: durable shows records when they are durable, in order", async () => {
  const log = new ManualLog();
  const parts = await openTestShard({ log, groupCommit: false });
  const { shard } = parts;
  const settled: string[] = [];
  for (const key of ["a", "b", "c", "d", "e", "f"]) {
    put(parts, key, 0);
    void shard.tipDurable().then(() => settled.push(key));
  }
  assert.deepEqual(log.indexes, [1, 2, 3, 4], "inFlightMax at a time");
  log.appends[1]?.resolve();
  await turn();
  assert.equal(rowsOf(shard.durable), "");
  assert.equal(rowsOf(shard.tip), "a= b= c= d= e= f=");
  log.appends[0]?.resolve();
  await turn();
  assert.equal(rowsOf(shard.durable), "a= b=");
  assert.deepEqual(settled, ["a", "b"]);
  assert.deepEqual(log.indexes, [1, 2, 3, 4, 5, 6]);
  for (const { resolve } of log.appends) resolve();
  await turn();
  assert.equal(rowsOf(shard.durable), "a= b= c= d= e= f=");
  assert.deepEqual(settled, ["a", "b", "c", "d", "e", "f"]);
});

test("GroupCommit: a later append that is rejected first waits for the earlier one", async () => {
  const log = new ManualLog();
  const parts = await openTestShard({ log, groupCommit: false });
  const { shard } = parts;
  const outcomes: string[] = [];
  for (const key of ["a", "b", "c", "d", "e"]) {
    put(parts, key, 0);
    shard.tipDurable().then(
      () => outcomes.push(`${key} durable`),
      (error: Error) => outcomes.push(`${key} ${error.message}`),
    );
  }
  log.appends[2]?.reject(new CronosError("IO", "third"));
  log.appends[1]?.reject(new CronosError("IO", "second"));
  await turn();
  assert.deepEqual(outcomes, []);
  assert.equal(shard.cause, undefined);
  log.appends[0]?.resolve();
  await turn();
  assert.deepEqual(outcomes, ["a durable", "b second", "c second", "d second", "e second"]);
  assert.equal(rowsOf(shard.tip), "a=");
  log.appends[3]?.reject(new CronosError("IO", "fourth"));
  await parts.clock.advance(250);
  assert.equal(shard.cause, undefined, "it is open again");
  put(parts, "z", 0);
  assert.equal(log.indexes.at(-1), 2, "indexes of lost records are used again");
  log.appends[4]?.resolve();
  await shard.tipDurable();
  assert.equal(rowsOf(shard.durable), "a= z=");
});

test("GroupCommit tells how long commits took and of how many operations", async () => {
  const commits: string[] = [];
  const parts = await openTestShard({
    onCommit: (durationMs, operations) => commits.push(`${durationMs} ms, ${operations}`),
  });
  parts.log.hold();
  for (const key of ["a", "b"]) put(parts, key);
  await parts.clock.advance(7);
  parts.log.release();
  await parts.shard.tipDurable();
  assert.deepEqual(commits, ["7 ms, 2"]);
});
