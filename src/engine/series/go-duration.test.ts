/** Durations in Go's form. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { goDuration, shortGoDuration } from "./go-duration.ts";

test("goDuration() writes hours, minutes and seconds, or one small unit", () => {
  const cases: readonly (readonly [bigint, string])[] = [
    [0n, "0s"],
    [37_000n, "37µs"],
    [1_500_000n, "1.5ms"],
    [63_500_000_000n, "1m3.5s"],
    [604_800_000_000_000n, "168h0m0s"],
    [-1_000_000_000n, "-1s"],
  ];
  for (const [ns, text] of cases) assert.equal(goDuration(ns), text);
});

test("shortGoDuration() leaves out what is smaller than the unit", () => {
  assert.equal(shortGoDuration(63_500_000_000n), "1m3s");
  assert.equal(shortGoDuration(1_234_567n), "1ms");
});
