import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzzResp } from "../support/resp-fuzzer.ts";
import { replayable, rounds, seeds } from "../support/torture.ts";

/** What a million inputs may leave behind: room for the collector to be lazy in. */
const growthBytesMax = 256 * 1024 * 1024;

test("a million random and mutated requests crash nothing and take no memory", async () => {
  for (const seed of seeds(1, 1)) {
    await replayable(seed, () => fuzzResp(seed, rounds(500, 20_000)));
    const before = process.memoryUsage();
    await replayable(seed, () => fuzzResp(seed + 1, rounds(500, 1_000_000)));
    const after = process.memoryUsage();
    const growth = after.heapUsed + after.external - before.heapUsed - before.external;
    assert.ok(growth < growthBytesMax, `Memory grew by ${growth} bytes`);
  }
});
