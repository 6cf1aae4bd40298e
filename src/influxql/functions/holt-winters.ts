/**
 * holt_winters: the damped trend method with multiplicative seasons. The parameters (smoothing of
 * level, trend and season, damping, first level, first trend, one factor per season) are those of
 * the least squared error, looked for by Nelder and Mead's method from a grid of first guesses.
 *
 * Points are put on a grid of `intervalNs`; places without a point are NaN and count for no error.
 */
import type { FieldValue, PointFunction } from "./point-function.ts";
import { floatOf } from "./point-function.ts";
import { minimize } from "./nelder-mead.ts";

export interface HoltWintersOptions {
  /** Values to predict. */
  readonly count: number;
  /** Points of a season; below 2 there are no seasons. */
  readonly season: number;
  readonly intervalNs: bigint;
  /** Whether the fit of the known points comes too. */
  readonly withFit: boolean;
}

const GUESSES = [0.3, 0.7] as const;
const EPSILON = 1e-4;
/** Weight of the first value in the first guess of level and trend without seasons. */
const FIRST_WEIGHT = 0.5;
/** Places of the parameters before the seasons' factors. */
const LEVEL = 4;
const TREND = 5;
const SEASONS = 6;

export function makeHoltWinters(options: HoltWintersOptions): PointFunction {
  const times: bigint[] = [];
  const values: number[] = [];
  return {
    push(time, value: FieldValue) {
      times.push(time);
      values.push(floatOf(value));
    },
    end(emit) {
      const first = times[0];
      const last = times.at(-1);
      if (first === undefined || last === undefined || times.length < 2) return;
      const hasSeasons = options.season >= 2;
      if (hasSeasons && times.length < options.season) return;
      const known = onGrid(times, values, options.intervalNs);
      if (known.length < 2) return;
      const season = hasSeasons ? options.season : 0;
      const predicted = forecast(known, fit(known, season), options.count);
      const skip = options.withFit ? 0 : known.length;
      const start = options.withFit ? first : last + options.intervalNs;
      for (const [i, value] of predicted.subarray(skip).entries()) {
        if (!Number.isNaN(value)) emit(start + options.intervalNs * BigInt(i), value);
      }
    },
  };
}

/** Time divided by the interval, rounded half down. */
function gridPlace(time: bigint, interval: bigint): bigint {
  const place = time / interval;
  return time % interval > interval / 2n ? place + 1n : place;
}

/** The values at their places from the first on, NaN between; the first of a place counts. */
function onGrid(times: readonly bigint[], values: readonly number[], interval: bigint) {
  const known: number[] = [];
  let start: bigint | undefined;
  for (const [i, time] of times.entries()) {
    const place = gridPlace(time, interval);
    start ??= place;
    const at = Number(place - start);
    if (at < known.length) continue;
    while (known.length < at) known.push(NaN);
    known.push(values[i] ?? NaN);
  }
  return Float64Array.from(known);
}

function fit(known: Float64Array, season: number): Float64Array {
  const start = firstParameters(known, season);
  const error = (parameters: Float64Array): number => squaredError(known, parameters);
  let best: { value: number; point: Float64Array } | undefined;
  for (let guess = 0; guess < GUESSES.length ** 4; guess++) {
    for (let i = 0; i < 4; i++) {
      const digit = Math.floor(guess / GUESSES.length ** (3 - i)) % GUESSES.length;
      start[i] = GUESSES[digit] ?? 0;
    }
    const found = minimize(error, { start, epsilon: EPSILON });
    if (best === undefined || found.value < best.value) best = found;
  }
  return best?.point ?? start;
}

function firstParameters(known: Float64Array, season: number): Float64Array {
  const at = (index: number): number => known[index] ?? NaN;
  const parameters = new Float64Array(SEASONS + season);
  if (season === 0) {
    parameters[LEVEL] = FIRST_WEIGHT * at(0);
    parameters[TREND] = Number.isNaN(at(1)) ? 0 : FIRST_WEIGHT * (at(1) - at(0));
    return parameters;
  }
  let level = 0;
  let trend = 0;
  for (let i = 0; i < season; i++) {
    if (Number.isNaN(at(i))) continue;
    level += (1 / season) * at(i);
    const next = at(season + i);
    if (!Number.isNaN(next)) trend += (1 / (season * season)) * (next - at(i));
  }
  parameters[LEVEL] = level;
  parameters[TREND] = trend;
  for (let i = 0; i < season; i++) {
    parameters[SEASONS + i] = Number.isNaN(at(i)) ? 0 : at(i) / level;
  }
  return parameters;
}

/**
 * The fit of the known values, then `count` predicted ones. Holds the first four parameters within
 * 0 … 1 and moves the seasons' factors on in place: the search relies on both.
 */
function forecast(known: Float64Array, parameters: Float64Array, count: number): Float64Array {
  for (let i = 0; i < 4; i++) parameters[i] = Math.min(1, Math.max(0, parameters[i] ?? 0));
  const [alpha = 0, beta = 0, gamma = 0, phi = 0] = parameters;
  const seasons = parameters.subarray(SEASONS);
  const m = seasons.length;
  let level = parameters[LEVEL] ?? 0;
  let trend = parameters[TREND] ?? 0;
  let damping = phi;
  let value = known[0] ?? NaN;
  let offset = m - 1;
  const result = new Float64Array(known.length + count);
  result[0] = value;
  for (let t = 1; t < result.length; t++) {
    const past = m === 0 ? 1 : (seasons[(t - m + offset) % m] ?? 1);
    const ahead = m === 0 ? 1 : (seasons[(t - m + (t % m) + offset) % m] ?? 1);
    const carried = level + phi * trend;
    const newLevel = alpha * (value / past) + (1 - alpha) * carried;
    const newTrend = beta * (newLevel - level) + (1 - beta) * phi * trend;
    const newSeason = gamma * (value / carried) + (1 - gamma) * past;
    value = (newLevel + damping * newTrend) * ahead;
    level = newLevel;
    trend = newTrend;
    damping += phi ** t;
    if (m > 0) {
      seasons[(t + offset) % m] = newSeason;
      offset += 1;
    }
    result[t] = value;
  }
  return result;
}

function squaredError(known: Float64Array, parameters: Float64Array): number {
  const fitted = forecast(known, parameters, 0);
  let sum = 0;
  for (let i = 0; i < known.length; i++) {
    const value = known[i] ?? NaN;
    if (Number.isNaN(value)) continue;
    const difference = (fitted[i] ?? NaN) - value;
    if (Number.isNaN(difference)) return Infinity;
    sum += difference * difference;
  }
  return sum;
}
