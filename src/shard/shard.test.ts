import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, hasCode, openTestShard, rowsOf, turn } from "../../test/support/test-shard.ts";
import type { TestShard } from "../../test/support/test-shard.ts";
import { CronosError, isCronosError } from "../base/errors.ts";
import { logIndex } from "../base/ids.ts";
import { openSegmentLog } from "../log/segments/segment-log.ts";
import { SeededRandom } from "../ports/seeded-random.ts";
import { SimulatedClock } from "../ports/simulated-clock.ts";
import { SimulatedDisk } from "../ports/simulated-disk.ts";

const diskFull = new CronosError("DISK_FULL", "Disk is full: simulated");
const broken = new CronosError("IO", "Cable pulled");

function put({ shard }: TestShard, key: string, value = "1"): Promise<void> {
  shard.run((tx) => tx.put(key, bytes(value)));
  return shard.tipDurable();
}

test("Shard.execute() resolves when the operation and all it saw are durable", async () => {
  const parts = await openTestShard();
  const { shard, log } = parts;
  log.hold();
  const results: string[] = [];
  void shard.execute((tx) => tx.put("a", bytes("1"))).then(() => results.push("write"));
  void shard.execute((tx) => `read ${tx.get("a")}`).then((result) => results.push(result));
  await turn();
  assert.deepEqual(results, []);
  assert.equal(rowsOf(shard.durable), "");
  log.release();
  await turn();
  assert.deepEqual(results, ["write", "read 1"]);
  assert.equal(await shard.execute((tx) => String(tx.get("a"))), "1");
  assert.equal(rowsOf(shard.durable), "a=1");
});

test("Shard.execute() rejects with what the operation threw", async () => {
  const { shard } = await openTestShard();
  const attempt = shard.execute(() => {
    throw new CronosError("NOT_FOUND", "Nothing there");
  });
  await assert.rejects(attempt, hasCode("NOT_FOUND"));
});

test("Shard.now never goes back, over clock steps and restarts", async () => {
  const first = await openTestShard();
  const start = first.shard.now;
  first.clock.step(60_000);
  await put(first, "a");
  first.clock.step(-120_000);
  assert.equal(first.shard.now, start + 60_000);
  first.shard.run((tx) => assert.equal(tx.now, start + 60_000));
  await first.shard.close();
  const second = await openTestShard({}, first);
  assert.equal(second.shard.now, start + 60_000);
});

test("Shard.snapshot() stays while the tip, the log and the base tree move on", async () => {
  const parts = await openTestShard();
  await put(parts, "a");
  parts.log.hold();
  void put(parts, "a", "2");
  const snapshot = parts.shard.snapshot();
  parts.log.release();
  await put(parts, "b");
  await parts.shard.flush();
  assert.equal(rowsOf(snapshot), "a=1");
  assert.equal(rowsOf(parts.shard.durable), "a=2 b=1");
  snapshot.release();
});

test("Shard loses everything in flight when an append fails, and nothing else", async () => {
  const parts = await openTestShard({ groupCommit: false });
  const { shard, log } = parts;
  const rebuilt: string[] = [];
  shard.attach({ rebuild: (view) => rebuilt.push(rowsOf(view)) });
  const hooks: string[] = [];
  await put(parts, "a");
  log.hold();
  log.failNext(diskFull);
  const lost = ["b", "c", "d", "e", "f", "g"].map((key) => {
    shard.run((tx) => {
      tx.put(key, bytes("1"));
      tx.delete("a");
      tx.onDurable(() => hooks.push(key));
    });
    return shard.tipDurable();
  });
  const reader = shard.execute((tx) => tx.get("g"));
  log.release();
  const outcomes = await Promise.allSettled([...lost, reader]);
  for (const outcome of outcomes) {
    assert.equal(outcome.status === "rejected" && outcome.reason, diskFull);
  }
  assert.deepEqual(rebuilt, ["a=1"]);
  assert.deepEqual(hooks, []);
  assert.equal(rowsOf(shard.tip), "a=1");
  assert.equal(rowsOf(shard.durable), "a=1");
  assert.equal(shard.durableIndex, 1);
});

test("Shard is read-only with the cause until the log recovers", async () => {
  const states: (string | undefined)[] = [];
  const parts = await openTestShard({ onStateChange: (cause) => states.push(cause?.code) });
  const { shard, log, clock } = parts;
  await put(parts, "a");
  for (const [failure, code] of [[diskFull, "DISK_FULL"], [broken, "READ_ONLY"]] as const) {
    log.failNext(failure);
    log.failRecover(failure);
    await assert.rejects(put(parts, "b"), (error) => error === failure);
    const isRefused = (error: unknown) => {
      return isCronosError(error, code) && error.cause === failure;
    };
    assert.throws(() => shard.run(() => {}), isRefused);
    await assert.rejects(shard.execute(() => {}), isRefused);
    assert.equal(shard.cause, failure);
    assert.equal(rowsOf(shard.durable), "a=1", "reads go on");
    await shard.tipDurable();
    await clock.advance(10_000);
    assert.equal(shard.cause, failure);
    log.failRecover(undefined);
    await clock.advance(250);
    assert.equal(shard.cause, undefined);
    await put(parts, "a");
    assert.deepEqual(states.splice(0), [failure.code, undefined]);
  }
  assert.equal(shard.durableIndex, 3);
});

test("Shard stays read-only while derived state cannot be rebuilt", async () => {
  const parts = await openTestShard();
  const { shard, log, clock } = parts;
  const unreadable = new CronosError("CORRUPTION", "Row cannot be read");
  let failure: CronosError | undefined = unreadable;
  let rebuilds = 0;
  shard.attach({
    rebuild: () => {
      rebuilds++;
      if (failure !== undefined) throw failure;
    },
  });
  log.failNext(broken);
  await assert.rejects(put(parts, "a"), (error) => error === broken);
  await clock.advance(500);
  assert.equal(shard.cause, unreadable);
  assert.equal(rebuilds, 3);
  failure = undefined;
  await clock.advance(250);
  assert.equal(shard.cause, undefined);
  assert.equal(rebuilds, 4);
  await put(parts, "a");
});

test("Shard.close() waits for what is in flight and refuses the rest", async () => {
  const parts = await openTestShard();
  const { shard, log } = parts;
  log.hold();
  const calls: string[] = [];
  for (const key of ["a", "b"]) {
    void put(parts, key).then(() => calls.push(key));
    await turn();
  }
  const close = () => shard.close().then(() => calls.push("closed"));
  const closes = [close(), close()];
  const isClosed = hasCode("CLOSED");
  assert.throws(() => shard.run(() => {}), isClosed);
  assert.throws(() => shard.begin(), isClosed);
  await turn();
  assert.deepEqual(calls, []);
  log.release();
  await Promise.all(closes);
  assert.deepEqual(calls, ["a", "b", "closed", "closed"]);
  assert.throws(() => shard.run(() => {}), isClosed);
  const again = await openTestShard({}, parts);
  assert.equal(rowsOf(again.shard.durable), "a=1 b=1");
});

test("Shard.close() ends when the append in flight fails, and while read-only", async () => {
  const parts = await openTestShard();
  parts.log.hold();
  parts.log.failNext(broken);
  const lost = put(parts, "a");
  const closed = parts.shard.close();
  parts.log.release();
  await assert.rejects(lost, (error) => error === broken);
  await closed;
  const again = await openTestShard();
  again.log.failNext(broken);
  await assert.rejects(put(again, "a"));
  await again.shard.close();
  await again.clock.advance(1000);
  assert.throws(() => again.shard.run(() => {}), hasCode("CLOSED"));
});

test("Shard on a full disk refuses writes, reads on, and recovers with the space", async () => {
  const random = new SeededRandom(7);
  const disk = new SimulatedDisk(random);
  const clock = new SimulatedClock();
  const log = await openSegmentLog("/log", { disk, clock, random }, { segmentBytes: 64 * 1024 });
  const parts = await openTestShard({ log }, { clock });
  const { shard } = parts;
  let rows = "";
  let rebuilds = 0;
  shard.attach({
    rebuild: (view) => {
      rebuilds++;
      rows = rowsOf(view);
    },
  });
  const value = "v".repeat(1000);
  let written = 0;
  disk.setCapacity(disk.usedBytes + 100 * 1024);
  const isFull = hasCode("DISK_FULL");
  for (; shard.cause === undefined; written++) await put(parts, `${written}`, value).catch(isFull);
  assert.ok(written > 20, `${written} rows fit`);
  assert.equal(rebuilds, 1);
  assert.equal(rows, rowsOf(shard.durable));
  assert.equal(rows.split(" ").length, written - 1, "all but the last one");
  await clock.advance(2000);
  assert.throws(() => shard.run(() => {}), isFull);
  disk.setCapacity(Number.MAX_SAFE_INTEGER);
  await clock.advance(250);
  assert.equal(shard.cause, undefined);
  await put(parts, "after");
  await shard.close();
  await log.close();
  const reopened = await openSegmentLog("/log", { disk: disk.crash(), clock, random });
  const again = await openTestShard({ log: reopened });
  assert.equal(rowsOf(again.shard.durable), `${rows} after=1`);
});

test("Shard.open() refuses a base tree and a log that do not fit together", async () => {
  const parts = await openTestShard();
  await put(parts, "a");
  await parts.shard.flush();
  await put(parts, "b");
  const isCorruption = hasCode("CORRUPTION");
  await assert.rejects(openTestShard({}, { storage: parts.storage }), isCorruption);
  await parts.log.trim(logIndex(3));
  await assert.rejects(openTestShard({}, { log: parts.log }), isCorruption);
});
