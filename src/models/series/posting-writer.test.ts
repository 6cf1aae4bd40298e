import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestShard } from "../../../test/support/test-shard.ts";
import { decodeIds, plainHead } from "./index-rows.ts";
import { PostingWriter } from "./posting-writer.ts";

test("PostingWriter keeps the ids in order in few chunks, whatever comes at once", async () => {
  const { shard } = await openTestShard();
  const writer = new PostingWriter();
  let id = 0;
  for (const count of [1, 1, 40_000, 1, 2, 3, 500, 1, 1, 1, 17_000]) {
    shard.run((tx) => {
      for (let i = 0; i < count; i++) writer.addition("p", () => plainHead).ids.push(++id);
      writer.flush(tx);
    });
    if (count === 3) writer.clear();
  }
  const chunks = Array.from(shard.tip.range("p", "q"), ([, bytes]) => decodeIds(bytes));
  assert.deepEqual(
    chunks.flatMap((ids) => [...ids]),
    Array.from({ length: id }, (_, i) => i + 1),
  );
  assert.ok(chunks.length < 15, `${chunks.length} chunks`);
});
