import assert from "node:assert/strict";
import { test } from "node:test";
import { CronosError } from "../../base/errors.ts";
import { epoch, logIndex } from "../../base/ids.ts";
import { MemoryLog } from "./memory-log.ts";

function record(index: number, body = "body") {
  return { index: logIndex(index), time: index, epoch: epoch(1), chunks: [Buffer.from(body)] };
}

test("hold() makes appends wait, release() lets them settle in order", async () => {
  const log = new MemoryLog();
  log.hold();
  const settled: number[] = [];
  const appends = [1, 2].map((index) => log.append(record(index)).then(() => settled.push(index)));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(log.head, 0);
  log.release();
  await Promise.all(appends);
  assert.deepEqual(settled, [1, 2]);
  assert.equal(log.head, 2);
});

test("failNext() fails the appends that wait, failRecover() keeps the log broken", async () => {
  const log = new MemoryLog();
  const failure = new CronosError("DISK_FULL", "Disk is full: simulated");
  log.hold();
  const appends = [log.append(record(1)), log.append(record(2))];
  log.failNext(failure);
  log.failRecover(failure);
  log.release();
  const outcomes = await Promise.allSettled(appends);
  assert.ok(outcomes.every((each) => each.status === "rejected" && each.reason === failure));
  await assert.rejects(log.recover(), failure);
  log.failRecover(undefined);
  await log.recover();
  await log.append(record(1));
  assert.equal(log.head, 1);
});

test("trim() frees memory", async () => {
  const log = new MemoryLog();
  for (let index = 1; index <= 10; index++) await log.append(record(index, "0123456789"));
  await log.trim(logIndex(8));
  assert.equal((await log.stats()).bytes, 30);
  assert.equal(log.first, 8);
  await log.trim(logIndex(11));
  assert.equal((await log.stats()).bytes, 0);
  assert.equal(log.first, 11);
});
