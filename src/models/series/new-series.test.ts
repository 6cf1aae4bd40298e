import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestShard } from "../../../test/support/test-shard.ts";
import { byIdKey, byTagsKey, decodeIds, membersOf, postingKey } from "./index-rows.ts";
import { NewSeries } from "./new-series.ts";
import type { UnknownSeries } from "./new-series.ts";
import { encodeTags } from "./series-tags.ts";
import type { Tag } from "./series-tags.ts";

function unknown(measurementId: number, hash: string, ...tags: Tag[]): UnknownSeries {
  const hashKey = byTagsKey(measurementId, hash.padEnd(8));
  return { measurementId, tags, encoded: encodeTags(tags), hashKey, others: undefined };
}

test("NewSeries writes the rows of all series, those of equal hashes too", async () => {
  const { shard } = await openTestShard();
  const made = new NewSeries();
  const [a, b] = [unknown(1, "x", ["h", "a"]), unknown(1, "x", ["h", "b"])];
  shard.run((tx) => {
    made.add(tx, a, 1);
    assert.equal(made.find(a.hashKey, a.encoded), 1);
    assert.equal(made.find(b.hashKey, b.encoded), undefined);
    made.add(tx, b, 2);
    made.flush(tx);
  });
  assert.deepEqual([...(shard.tip.get(a.hashKey) ?? [])], [1, 0, 0, 0, 2, 0, 0, 0]);
  assert.equal(shard.tip.get(byIdKey(1, 2))?.length, b.encoded.length);
  assert.equal(made.find(a.hashKey, a.encoded), undefined);
});

test("NewSeries keeps postings of tags and measurements apart", async () => {
  const { shard } = await openTestShard();
  const made = new NewSeries();
  const series = [
    unknown(1, "1"),
    unknown(1, "2", ["h", "a"], ["r", "x"]),
    unknown(1, "3", ["g", "a"], ["r", "x"]),
    unknown(2, "4", ["g", "a"], ["r", "x"]),
    unknown(2, "5", ["g", "a"], ["r", "x"], ["s", "y"]),
  ];
  shard.run((tx) => {
    for (const [place, each] of series.entries()) made.add(tx, each, place + 1);
    made.flush(tx);
  });
  const idsOf = (prefix: string): number[] => {
    const rows = [...shard.tip.range(prefix, `${prefix}\xff`)];
    return rows.flatMap(([, bytes]) => [...decodeIds(bytes)]);
  };
  assert.deepEqual(idsOf(membersOf(1)), [1, 2, 3]);
  assert.deepEqual(idsOf(membersOf(2)), [4, 5]);
  assert.deepEqual(idsOf(postingKey(1, { key: "r", value: "x" })), [2, 3]);
  assert.deepEqual(idsOf(postingKey(1, { key: "h", value: "a" })), [2]);
  assert.deepEqual(idsOf(postingKey(2, { key: "g", value: "a" })), [4, 5]);
});
