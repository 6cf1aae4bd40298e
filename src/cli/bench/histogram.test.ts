import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Histogram } from "./histogram.ts";

test("Histogram.percentile is within 1/64 of the exact one", () => {
  const durations = fc.array(fc.nat({ max: 100_000_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (micros, share) => {
      const histogram = new Histogram();
      for (const each of micros) histogram.record(each / 1000);
      const sorted = [...micros].sort((a, b) => a - b);
      const exact = (sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0) / 1000;
      const found = histogram.percentile(share);
      const isNear = found >= exact - 0.001 && found <= exact * (1 + 1 / 64) + 0.001;
      assert.ok(isNear, `${found} is not ${exact}`);
      assert.equal(histogram.max, (sorted.at(-1) ?? 0) / 1000);
      assert.equal(histogram.count, micros.length);
    }),
  );
});

test("Histogram takes repeated, negative and enormous durations", () => {
  const histogram = new Histogram();
  assert.equal(histogram.percentile(0.5), 0);
  histogram.record(-5, 99);
  histogram.record(2 ** 50);
  assert.equal(histogram.percentile(0.5), 0);
  assert.equal(histogram.percentile(1), histogram.max);
  histogram.clear();
  assert.equal(histogram.count, 0);
});
