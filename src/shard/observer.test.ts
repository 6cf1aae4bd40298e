import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, hasCode, openTestShard, turn } from "../../test/support/test-shard.ts";
import type { TestShard } from "../../test/support/test-shard.ts";
import { CronosError, isCronosError } from "../base/errors.ts";
import { logIndex } from "../base/ids.ts";
import { MemoryLog } from "../log/memory/memory-log.ts";
import { ObserverFeed } from "./observer.ts";

function put({ shard }: TestShard, key: string): Promise<void> {
  shard.run((tx) => tx.put(key, bytes("1")));
  return shard.tipDurable();
}

/** Follows the shard in the background; what it got is in `seen`, "end" at the end. */
function follow({ shard }: TestShard, from = 1): { readonly seen: (number | string)[] } {
  const seen: (number | string)[] = [];
  const records = shard.observe(logIndex(from));
  void (async () => {
    try {
      for await (const { index } of records) seen.push(index);
      seen.push("end");
    } catch (error) {
      seen.push(isCronosError(error) ? error.code : String(error));
    }
  })();
  return { seen };
}

test("observe() yields the log, then what becomes durable, then ends with the shard", async () => {
  const parts = await openTestShard();
  for (const key of ["a", "b", "c"]) await put(parts, key);
  const all = follow(parts, 1);
  const some = follow(parts, 3);
  const future = follow(parts, 6);
  await turn();
  assert.deepEqual(all.seen, [1, 2, 3]);
  assert.deepEqual(some.seen, [3]);
  for (const key of ["d", "e", "f"]) await put(parts, key);
  await turn();
  assert.deepEqual(all.seen, [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(future.seen, [6]);
  await parts.shard.close();
  await turn();
  assert.equal(all.seen.at(-1), "end");
  assert.equal(future.seen.at(-1), "end");
  const late = follow(parts);
  await turn();
  assert.deepEqual(late.seen, ["end"]);
});

test("observe() never yields what is not durable or was lost", async () => {
  const parts = await openTestShard({ groupCommit: false });
  const { log, clock } = parts;
  const { seen } = follow(parts);
  log.hold();
  const lost = [put(parts, "a"), put(parts, "b")];
  await turn();
  assert.deepEqual(seen, []);
  log.failNext(new CronosError("IO", "simulated"));
  log.release();
  await Promise.allSettled(lost);
  await turn();
  assert.deepEqual(seen, []);
  await clock.advance(250);
  await put(parts, "c");
  await turn();
  assert.deepEqual(seen, [1]);
});

test("observe() is OUT_OF_RANGE behind the trimmed end", async () => {
  const parts = await openTestShard();
  for (const key of ["a", "b"]) await put(parts, key);
  const slow = parts.shard.observe(logIndex(1));
  assert.equal((await slow.next()).value.index, 1);
  await parts.shard.flush();
  const { seen } = follow(parts, 2);
  await turn();
  assert.deepEqual(seen, ["OUT_OF_RANGE"]);
  await assert.rejects(slow.next(), hasCode("OUT_OF_RANGE"));
  const { seen: next } = follow(parts, 3);
  await put(parts, "c");
  await turn();
  assert.deepEqual(next, [3]);
});

test("observe() is left by break, or by return() while it waits, without a trace", async () => {
  const log = new MemoryLog();
  const feed = new ObserverFeed(log, () => log.head);
  const append = async (index: number) => {
    await log.append({ index: logIndex(index), time: 1, epoch: log.headEpoch, chunks: [] });
    feed.wake();
  };
  await append(1);
  for await (const { index } of feed.observe(logIndex(1))) if (index === 1) break;
  assert.equal(feed.waitingCount, 0);
  const waiting = feed.observe(logIndex(2));
  const next = waiting.next();
  await turn();
  assert.equal(feed.waitingCount, 1);
  assert.deepEqual(await waiting.return?.(), { done: true, value: undefined });
  assert.deepEqual(await next, { done: true, value: undefined });
  assert.equal(feed.waitingCount, 0);
  const unused = feed.observe(logIndex(1));
  await unused.return?.();
  assert.equal((await unused.next()).done, true);
  const many = Array.from({ length: 100 }, () => feed.observe(logIndex(2)));
  const got = Promise.all(many.map((records) => records.next()));
  await turn();
  assert.equal(feed.waitingCount, 100);
  await append(2);
  assert.equal((await got).length, 100);
  assert.equal(feed.waitingCount, 0);
});
