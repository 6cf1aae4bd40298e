import assert from "node:assert/strict";
import { test } from "node:test";
import { formatFigure, median, medianFigures } from "./figures.ts";

test("median() is the middle one, or the mean of two", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(median([]), 0);
});

test("medianFigures() takes the median of each figure by itself", () => {
  const runs = [{ a: 1, b: 30 }, { a: 3, b: 10 }, { a: 2, b: 20 }];
  assert.deepEqual(medianFigures(runs), { a: 2, b: 20 });
});

test("formatFigure() shows three digits", () => {
  const shown = [128_456, 1_234, 74.26, 0.9149, 0].map(formatFigure);
  assert.deepEqual(shown, ["128,000", "1,230", "74.3", "0.915", "0"]);
});
