import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode, openTestShard, rowsOf, turn } from "../../test/support/test-shard.ts";
import type { TestShard } from "../../test/support/test-shard.ts";
import { CronosError } from "../base/errors.ts";
import { LayeredView } from "../store/layered-view.ts";

const KiB = 1024;

function put({ shard }: TestShard, key: string, size = 1): Promise<void> {
  shard.run((tx) => tx.reserve(key, size).fill("v"));
  return shard.tipDurable();
}

function fail(code: "DISK_FULL" | "IO"): () => void {
  return () => {
    throw new CronosError(code, "simulated");
  };
}

test("Flusher moves full memtables to the base tree and trims the log", async () => {
  let flushes = 0;
  const parts = await openTestShard({ memtableBytesMax: 64 * KiB, onFlush: () => flushes++ });
  const { shard, log, storage } = parts;
  for (let k = 0; k < 200; k++) await put(parts, `${k}`, KiB);
  await turn();
  assert.ok(flushes >= 3, `${flushes} flushes`);
  assert.ok(shard.stats.memtableBytes < 128 * KiB, `${shard.stats.memtableBytes} bytes in memory`);
  assert.ok(storage.rows.size > 100);
  assert.equal(log.first, storage.appliedIndex + 1);
  assert.equal([...shard.durable.range("", undefined)].length, 200);
});

test("Flusher is asked when few rows have made much log, too", async () => {
  const parts = await openTestShard({ memtableBytesMax: 64 * KiB });
  for (let k = 0; k < 1000; k++) await put(parts, "same", KiB);
  await turn();
  const { bytes: logBytes } = await parts.log.stats();
  assert.ok(logBytes < 300 * KiB, `${logBytes} bytes are still in the log`);
});

test("Shard.flush() writes everything, empties the log, and frees the memory at once", async () => {
  const parts = await openTestShard();
  const { shard, log, storage } = parts;
  await put(parts, "a");
  void put(parts, "b", 100);
  await shard.flush();
  assert.equal(storage.rows.size, 2);
  assert.equal(storage.appliedIndex, 2);
  assert.equal(log.first, 3);
  assert.equal(shard.stats.memtableBytes, 0);
  const { durable } = shard;
  assert.ok(durable instanceof LayeredView);
  assert.equal(durable.top.entryCount, 0, "the idle shard holds nothing of what was flushed");
  assert.equal(rowsOf(shard.durable), `a=v b=${"v".repeat(100)}`);
  await shard.flush();
  assert.equal(storage.appliedIndex, 2);
});

test("Shard.flush() while another flush runs covers the newest rows", async () => {
  const parts = await openTestShard({ memtableBytesMax: 4 * KiB });
  const { shard, storage } = parts;
  storage.faults = { beforeSlice: turn };
  for (let k = 0; k < 8; k++) void put(parts, `${k}`, 2 * KiB);
  await turn();
  await put(parts, "last");
  await shard.flush();
  assert.equal(storage.rows.size, 9);
});

test("Shard.flush() throws what failed; the rows stay and it is tried again", async () => {
  const errors: string[] = [];
  const parts = await openTestShard({ onFlushError: ({ code }) => errors.push(code) });
  const { shard, storage, clock } = parts;
  await put(parts, "a");
  storage.faults = { beforeSlice: fail("DISK_FULL") };
  await assert.rejects(shard.flush(), hasCode("DISK_FULL"));
  assert.equal(rowsOf(shard.durable), "a=v");
  await clock.advance(3000);
  assert.deepEqual(errors, ["DISK_FULL", "DISK_FULL", "DISK_FULL", "DISK_FULL"]);
  storage.faults = {};
  await clock.advance(1000);
  assert.equal(storage.rows.size, 1);
  assert.equal(shard.stats.memtableBytes, 0);
});

test("Shard refuses writes when memory is full, until the base tree works again", async () => {
  const parts = await openTestShard({ memtableBytesMax: 16 * KiB });
  const { shard, storage, clock } = parts;
  storage.faults = { beforeSlice: fail("IO") };
  const fill = async () => {
    for (let k = 0; k < 1000; k++) await shard.execute((tx) => void tx.reserve(`${k}`, KiB));
  };
  await assert.rejects(fill(), hasCode("OVERLOADED"));
  const { memtableBytes } = shard.stats;
  assert.ok(memtableBytes > 8 * 16 * KiB && memtableBytes < 10 * 16 * KiB, `${memtableBytes}`);
  storage.faults = {};
  await clock.advance(1000);
  await fill();
});

test("Shard.execute() waits when two memtables wait for the base tree", async () => {
  const parts = await openTestShard({ memtableBytesMax: 16 * KiB });
  const { shard, storage } = parts;
  let release: (() => void) | undefined;
  storage.faults = { beforeSlice: () => new Promise((resolve) => (release ??= resolve)) };
  let executed = 0;
  const all = (async () => {
    for (; executed < 100; executed++) {
      await shard.execute((tx) => void tx.reserve(`${executed}`, KiB));
    }
  })();
  for (let k = 0; k < 200; k++) await turn();
  assert.ok(executed > 20 && executed < 40, `${executed} ran`);
  storage.faults = {};
  release?.();
  await all;
});

test("Shard.close() ends a flush and its retries", async () => {
  const parts = await openTestShard();
  const { shard, storage, clock } = parts;
  let slices = 0;
  storage.faults = {
    beforeSlice: () => {
      slices++;
      throw new CronosError("IO", "simulated");
    },
  };
  await put(parts, "a");
  await assert.rejects(shard.flush());
  await shard.close();
  await clock.advance(10_000);
  assert.equal(slices, 1);
});
