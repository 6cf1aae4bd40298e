import assert from "node:assert/strict";
import { test } from "node:test";
import { requireServer } from "../test/support/real-server.ts";
import { benchRedis, formatRedisBench } from "./redis.ts";

test("benchRedis() has every figure, no conflicts, and a table with a row for each", async (t) => {
  if (requireServer(t, "redis-server") === undefined) return;
  if (requireServer(t, "redis-benchmark") === undefined) return;
  const result = await benchRedis({ runs: 1, scale: 0.02 });
  for (const { what, ours, theirs } of result.rows) {
    assert.ok((ours["perSecond"] ?? 0) > 0, what);
    assert.ok((theirs["perSecond"] ?? 0) > 0, what);
  }
  assert.equal(result.rows.at(-1)?.ours["conflicts"], 0);
  if (result.etcd !== undefined) {
    assert.ok((result.etcd.puts["perSecond"] ?? 0) > 0);
    assert.ok((result.etcd.transactions["perSecond"] ?? 0) > 0);
    assert.equal(result.etcd.transactions["conflicts"], 0);
  }
  const row = /^\| SET, depth 1 \| [\d.,]+ \| [\d.,]+ \| [\d.]+ \| ≥ 0\.75 \|/m;
  assert.match(formatRedisBench(result), row);
});
