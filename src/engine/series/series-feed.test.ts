/** The feed of points: every write once, in order, however slow the reader is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seriesBatch } from "../../../test/support/series-batch.ts";
import { openTestShard, turn } from "../../../test/support/test-shard.ts";
import type { TestShard } from "../../../test/support/test-shard.ts";
import { logIndex } from "../../base/ids.ts";
import { SeriesStorage } from "../../models/series/storage.ts";
import { QUEUED_ROWS_MAX, SeriesFeed } from "./series-feed.ts";
import type { Fed } from "./series-feed.ts";

interface Fixture extends TestShard {
  readonly feed: SeriesFeed;
  /** Writes one record of `rows` points, all of which have this time. */
  readonly write: (time: number, rows?: number) => Promise<void>;
}

async function fixture(): Promise<Fixture> {
  const parts = await openTestShard({ memtableBytesMax: 2 ** 26 });
  const { shard, clock } = parts;
  const points = new SeriesStorage({ shard, clock, onError: assert.ifError });
  const write = (time: number, rows = 1): Promise<void> => {
    const point = { seriesId: 1, time: BigInt(time), fields: { 0: time } };
    const batch = seriesBatch(Array.from({ length: rows }, () => point));
    return parts.shard.execute((tx) => points.write(tx, batch));
  };
  return { ...parts, feed: new SeriesFeed(parts.shard), write };
}

/** The next so many, as the times of their points. */
async function take(reader: AsyncIterator<Fed>, count: number): Promise<(number | string)[]> {
  const times: (number | string)[] = [];
  while (times.length < count) {
    const { value } = (await reader.next()) as IteratorYieldResult<Fed>;
    if (value.kind === "gap") times.push("gap");
    else times.push(...value.batches.map(({ nanos }) => nanos[0] as number));
  }
  return times;
}

test("read() gives what is written from now on, to each reader", async () => {
  const { feed, write } = await fixture();
  await write(1);
  const first = feed.read();
  await write(2);
  const second = feed.read();
  await write(3);
  assert.deepEqual(await take(first, 2), [2, 3]);
  assert.deepEqual(await take(second, 1), [3]);
});

test("read() from the past gives what was written then, and goes on with what comes", async () => {
  const { feed, shard, write } = await fixture();
  for (const time of [1, 2, 3]) await write(time);
  await shard.execute((tx) => tx.put("other", Buffer.from("row")));
  const reader = feed.read(logIndex(2));
  assert.deepEqual(await take(reader, 2), [2, 3]);
  const next = take(reader, 2);
  await write(4);
  await write(5);
  assert.deepEqual(await next, [4, 5]);
});

test("a reader that falls behind takes the rest from the log, in order", async () => {
  const { feed, write } = await fixture();
  const slow = feed.read();
  const many = Math.ceil(QUEUED_ROWS_MAX / 4);
  const times = [1, 2, 3, 4, 5, 6, 7, 8];
  for (const time of times) {
    await write(time, many);
    await turn();
  }
  assert.deepEqual(await take(slow, times.length), times);
  await write(9);
  assert.deepEqual(await take(slow, 1), [9]);
});

test("what was trimmed is a gap", async () => {
  const { feed, log, shard, write } = await fixture();
  for (const time of [1, 2, 3]) await write(time);
  await shard.flush();
  await log.trim(logIndex(3));
  const reader = feed.read(logIndex(1));
  assert.deepEqual(await take(reader, 1), ["gap"]);
  await write(4);
  assert.deepEqual(await take(reader, 1), [4]);
});

test("a reader ends when it is left and when the shard closes", async () => {
  const { feed, shard, write } = await fixture();
  const left = feed.read();
  const waiting = left.next();
  await left.return?.();
  assert.equal((await waiting).done, true);
  const other = feed.read();
  await write(1);
  assert.deepEqual(await take(other, 1), [1]);
  const end = other.next();
  await shard.close();
  assert.equal((await end).done, true);
});
