import assert from "node:assert/strict";
import { test } from "node:test";
import { benchStreams, formatStreams } from "./streams.ts";

test("benchStreams() measures both cases, small, and nothing goes wrong", async () => {
  for (const [name, result] of Object.entries(await benchStreams({ streams: 5, writes: 5 }))) {
    assert.equal(result.wrong, 0, name);
    assert.ok(result.p50Ms > 0 && result.maxMs >= result.p99Ms, name);
  }
});

test("formatStreams() says whether the bar is missed", () => {
  const result = { p50Ms: 3, p99Ms: 120, maxMs: 130, cpuMs: 4, wrong: 0 };
  const delays = "own: p50 3.0 ms, p99 120.0 ms (bar < 100: **no**), max 130.0 ms";
  const text = `${delays}, server 4.0 ms of processor a write, wrong 0`;
  assert.equal(formatStreams("own", result), text);
});
