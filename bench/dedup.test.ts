import assert from "node:assert/strict";
import { test } from "node:test";
import { benchDedup } from "./dedup.ts";

test("benchDedup() finds no wrong answer and memory as counted, with runs and merges", () => {
  const result = benchDedup([1000, 300_000]);
  const { stages, wrong, memoryMaxMb, arrayBuffersMaxMb } = result;
  assert.equal(wrong, 0);
  assert.deepEqual(
    stages.map(({ ids, runs }) => [ids, runs]),
    [
      [1000, 0],
      [300_000, 1],
    ],
  );
  // The process holds what the index counts, and the row being written or read.
  assert.ok(memoryMaxMb < 20, `${memoryMaxMb} MB`);
  assert.ok(arrayBuffersMaxMb < memoryMaxMb + 10, `${arrayBuffersMaxMb} MB`);
});
