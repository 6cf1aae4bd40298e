import assert from "node:assert/strict";
import { test } from "node:test";
import { TimingHistogram } from "./timing-histogram.ts";

test("TimingHistogram counts into the first bound that holds the value, cumulatively", () => {
  const histogram = new TimingHistogram("lag_seconds", "Lag");
  histogram.observe(0);
  histogram.observe(1, 10);
  histogram.observe(1.0001);
  histogram.observe(-5);
  histogram.observe(1e12);
  const text = histogram.text();
  assert.match(text, /^# HELP lag_seconds Lag\n# TYPE lag_seconds histogram\n/);
  for (const line of [
    'lag_seconds_bucket{le="0.0001"} 2',
    'lag_seconds_bucket{le="0.0005"} 2',
    'lag_seconds_bucket{le="0.001"} 12',
    'lag_seconds_bucket{le="0.002"} 13',
    'lag_seconds_bucket{le="3600"} 13',
    'lag_seconds_bucket{le="+Inf"} 14',
    "lag_seconds_count 14",
  ]) {
    assert.ok(text.includes(`${line}\n`), line);
  }
});

test("TimingHistogram sums in seconds", () => {
  const histogram = new TimingHistogram("lag_seconds", "Lag");
  histogram.observe(250, 4);
  histogram.observe(500);
  assert.match(histogram.text(), /^lag_seconds_sum 1\.5$/m);
});
