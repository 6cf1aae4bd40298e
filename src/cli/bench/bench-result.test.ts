import assert from "node:assert/strict";
import { test } from "node:test";
import { benchOptions } from "./bench-options.ts";
import { formatProgress, formatResult, isClean } from "./bench-result.ts";
import type { BenchResult } from "./bench-result.ts";

const percentiles = { p50: 1.234, p95: 12.34, p99: 123.4, max: 1234 };
const clean: BenchResult = {
  options: benchOptions("harness"),
  published: {
    events: 1_234_567,
    calls: 12_346,
    refused: 0,
    failures: 0,
    ms: 30_001,
    perSecond: 41_150.9,
    latencyMs: percentiles,
  },
  delivered: {
    events: 1_234_567,
    acknowledged: 1_234_567,
    ackRefused: 0,
    ms: 30_100,
    perSecond: 41_015.5,
    lagMs: percentiles,
  },
  lost: 0,
  early: 0,
  duplicates: 0,
  foreign: 0,
};

test("formatResult shows every figure that is promised", () => {
  assert.equal(
    formatResult(clean),
    [
      "published               1,234,567 events in 30.0 s",
      "                        41,151 events/s, 12,346 calls",
      "latency per call        p50 1.23 ms  p95 12.3 ms  p99 123.4 ms  max 1234.0 ms",
      "delivered + acked       1,234,567 events in 30.1 s",
      "                        41,016 events/s",
      "due to received         p50 1.23 ms  p95 12.3 ms  p99 123.4 ms  max 1234.0 ms",
      "lost / early / twice    0 / 0 / 0",
      "refused / failed calls  0 / 0",
    ].join("\n"),
  );
});

test("formatProgress is one line", () => {
  const line = formatProgress({
    elapsedMs: 2_004,
    stored: 2_000,
    received: 1_000,
    acknowledged: 500,
    storedPerSecond: 1_000.4,
    receivedPerSecond: 500,
    acknowledgedPerSecond: 250,
  });
  const expected = "  2s  published 2,000 (1,000/s)  received 1,000 (500/s)  acked 500 (250/s)";
  assert.equal(line, expected);
});

test("isClean is false for anything lost, early, twice, foreign or refused", () => {
  assert.ok(isClean(clean));
  for (const fault of ["lost", "early", "duplicates", "foreign"]) {
    assert.ok(!isClean({ ...clean, [fault]: 1 }), fault);
  }
  assert.ok(!isClean({ ...clean, published: { ...clean.published, failures: 1 } }));
});
