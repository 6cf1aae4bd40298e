import assert from "node:assert/strict";
import { test } from "node:test";
import { addInt, multiplyInt, remainderInt, toInt, truncateToInt } from "./int64.ts";
import { makeIntegral } from "./integral.ts";
import { makeHoltWinters } from "./holt-winters.ts";
import { computeMath } from "./math.ts";
import {
  distinctPlaces,
  histogram,
  median,
  mode,
  percentilePlace,
  standardDeviation,
} from "./order-statistics.ts";
import type { FieldValue, PointFunction } from "./point-function.ts";
import { makeIndicator } from "./technical-analysis.ts";
import {
  makeCumulativeSum,
  makeDerivative,
  makeDifference,
  makeElapsed,
  makeMovingAverage,
} from "./transformations.ts";

type Point = readonly [bigint, FieldValue];

function run(made: PointFunction, points: readonly Point[]): Point[] {
  const result: Point[] = [];
  const emit = (time: bigint, value: FieldValue): void => void result.push([time, value]);
  for (const [time, value] of points) made.push(time, value, emit);
  made.end?.(emit);
  return result;
}

const maxInt = 2n ** 63n - 1n;

test("integers wrap as int64 and are doubles while they are safe", () => {
  assert.equal(addInt(1, 2), 3);
  assert.equal(addInt(2 ** 53 - 1, 1), 2n ** 53n);
  assert.equal(addInt(maxInt, 1), -(2n ** 63n));
  assert.equal(multiplyInt(-1, 0), 0);
  assert.equal(toInt(5n), 5);
  assert.equal(remainderInt(-7, 3), -1);
  assert.equal(remainderInt(7, 0), 0);
  assert.equal(truncateToInt(-2.7), -2);
  assert.equal(truncateToInt(1e300), -(2n ** 63n));
});

test("derivative passes over points of equal time and divides by its unit", () => {
  const options = {
    unitNs: 10n,
    isNonNegative: false,
    isAscending: true,
    isInteger: false,
  };
  const points: Point[] = [
    [0n, 1],
    [0n, 100],
    [20n, 5],
    [40n, 3],
  ];
  assert.deepEqual(run(makeDerivative(options), points), [
    [20n, 2],
    [40n, -1],
  ]);
  assert.deepEqual(run(makeDerivative({ ...options, isNonNegative: true }), points), [[20n, 2]]);
});

test("difference, cumulative_sum, moving_average and elapsed", () => {
  const points: Point[] = [
    [0n, 4],
    [10n, 6],
    [25n, 5],
  ];
  const options = { isNonNegative: false, isInteger: true };
  assert.deepEqual(run(makeDifference(options), points), [
    [10n, 2],
    [25n, -1],
  ]);
  assert.deepEqual(run(makeDifference({ ...options, isNonNegative: true }), points), [[10n, 2]]);
  assert.deepEqual(
    run(makeCumulativeSum(true), points).map(([, value]) => value),
    [4, 10, 15],
  );
  assert.deepEqual(run(makeMovingAverage({ size: 2, isInteger: true }), points), [
    [10n, 5],
    [25n, 5.5],
  ]);
  assert.deepEqual(run(makeElapsed(4n), points), [
    [10n, 2],
    [25n, 3],
  ]);
});

test("integral has the area of every window, cut at its borders", () => {
  const windowOf = (time: bigint) => {
    const start = time - (time % 10n);
    return { start, end: start + 10n };
  };
  const options = { unitNs: 1n, isAscending: true, windowOf, stamp: 0n };
  const points: Point[] = [
    [0n, 0],
    [5n, 10],
    [15n, 10],
  ];
  assert.deepEqual(run(makeIntegral(options), points), [
    [0n, 75],
    [10n, 50],
  ]);
});

test("holt_winters predicts a straight line", () => {
  const points = Array.from({ length: 8 }, (_, i): Point => [BigInt(i) * 10n, 10 + i]);
  const options = { count: 2, season: 0, intervalNs: 10n, withFit: false };
  const predicted = run(makeHoltWinters(options), points);
  assert.deepEqual(
    predicted.map(([time]) => time),
    [80n, 90n],
  );
  assert.ok(Math.abs(Number(predicted[0]?.[1]) - 18) < 0.5);
});

test("indicators keep back their first values", () => {
  const points = [1, 2, 3, 4, 5].map((value, i): Point => [BigInt(i), value]);
  const options = { period: 3, hold: -1, warmUp: "simple" } as const;
  assert.deepEqual(run(makeIndicator("exponential_moving_average", options), points), [
    [2n, 2],
    [3n, 3],
    [4n, 4],
  ]);
  assert.deepEqual(run(makeIndicator("kaufmans_efficiency_ratio", options), points), [
    [3n, 1],
    [4n, 1],
  ]);
  const plain = { period: 3, hold: 4, warmUp: "none" } as const;
  assert.deepEqual(run(makeIndicator("chande_momentum_oscillator", plain), points), [[4n, 100]]);
});

test("median, mode, deviation, percentile and distinct", () => {
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([5, 1, 3, 4]), 3.5);
  assert.equal(median([]), undefined);
  assert.equal(mode([9, 7, 7, 9, 1]), 9);
  assert.equal(mode([7, 7, 9, 9, 1]), 7);
  assert.equal(mode([9, 7, 8]), 7);
  assert.equal(mode([true, false]), true);
  assert.equal(standardDeviation([1, 3]), Math.SQRT2);
  assert.ok(Number.isNaN(standardDeviation([1])));
  assert.equal(percentilePlace([30, 10, 20, 40], 50), 2);
  assert.equal(percentilePlace([30, 10, 20, 40], 1), -1);
  assert.deepEqual(distinctPlaces(["a", "b", "a"]), [0, 1]);
});

test("histogram counts per step between its bounds", () => {
  const values = [1, 5, 12, 13, 99];
  assert.deepEqual(histogram(values, { step: 10 }), [
    { start: 0, count: 2 },
    { start: 10, count: 2 },
    { start: 90, count: 1 },
  ]);
  assert.deepEqual(histogram(values, { step: 10, start: 5, stop: 50 }), [
    { start: 5, count: 3 },
  ]);
});

test("mathematical functions keep integers where they can and round away from 0", () => {
  assert.equal(computeMath("abs", [-3], true), 3);
  assert.equal(computeMath("round", [-2.5], false), -3);
  assert.equal(computeMath("pow", [2, 10], false), 1024);
  assert.equal(computeMath("sqrt", ["x"], false), null);
  assert.ok(Number.isNaN(computeMath("sqrt", [-1], false)));
});
