import assert from "node:assert/strict";
import { test } from "node:test";
import { benchPending } from "./pending.ts";

test("benchPending() keeps every event over a kill", async () => {
  const result = await benchPending(2000, { idleMs: 0 });
  assert.equal(result.pending, 2000);
  assert.equal(result.duplicates, result.sampled);
  assert.ok(result.readyMs < 20_000, `ready after ${result.readyMs} ms`);
  assert.ok(result.restarted.rss > 0);
});
