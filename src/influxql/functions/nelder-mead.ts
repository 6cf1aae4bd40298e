/**
 * Nelder and Mead's downhill simplex: the least value of a function of several numbers, without
 * derivatives. The function may move the point it is given (to hold it within bounds): the simplex
 * keeps the moved point. Steps, coefficients and the test of convergence are those of the engine
 * whose holt_winters() ours must agree with, because a search that stops elsewhere gives other
 * digits.
 */

const ITERATIONS_MAX = 1000;
const REFLECTION = 1;
const CONTRACTION = 0.5;
const EXPANSION = 2;

export interface Minimum {
  readonly value: number;
  readonly point: Float64Array;
}

export interface NelderMeadOptions {
  readonly start: Float64Array;
  /** Ends when the values at the corners deviate less than this. */
  readonly epsilon: number;
}

type Objective = (point: Float64Array) => number;

export function minimize(objective: Objective, options: NelderMeadOptions): Minimum {
  const corners = firstSimplex(options.start);
  const values = Float64Array.from(corners, objective);
  for (let i = 0; i < ITERATIONS_MAX; i++) {
    step(objective, corners, values);
    if (deviation(values) < options.epsilon) break;
  }
  const best = extremes(values).least;
  const point = Float64Array.from(corners[best] ?? []);
  return { value: objective(corners[best] ?? point), point };
}

function firstSimplex(start: Float64Array): Float64Array[] {
  const n = start.length;
  const far = (Math.sqrt(n + 1) - 1 + n) / (n * Math.SQRT2);
  const near = (Math.sqrt(n + 1) - 1) / (n * Math.SQRT2);
  const corners = [Float64Array.from(start)];
  for (let i = 0; i < n; i++) {
    corners.push(start.map((value, at) => (at === i ? far : near) + value));
  }
  return corners;
}

interface Extremes {
  readonly least: number;
  readonly greatest: number;
  /** Greatest but one; the least if there is none between. */
  readonly second: number;
}

function extremes(values: Float64Array): Extremes {
  const at = (index: number): number => values[index] ?? NaN;
  let least = 0;
  let greatest = 0;
  for (let i = 0; i < values.length; i++) {
    if (at(i) > at(greatest)) greatest = i;
    if (at(i) < at(least)) least = i;
  }
  let second = least;
  for (let i = 0; i < values.length; i++) {
    if (at(i) > at(second) && at(i) < at(greatest)) second = i;
  }
  return { least, greatest, second };
}

function step(objective: Objective, corners: Float64Array[], values: Float64Array): void {
  const { least, greatest, second } = extremes(values);
  const value = (index: number): number => values[index] ?? NaN;
  const replace = (point: Float64Array, result: number): void => {
    corners[greatest]?.set(point);
    values[greatest] = result;
  };
  const worst = Float64Array.from(corners[greatest] ?? []);
  const center = centroid(corners, greatest);
  const away = (from: Float64Array, factor: number): Float64Array =>
    center.map((middle, i) => middle + factor * ((from[i] ?? 0) - middle));

  const reflected = center.map((middle, i) => middle + REFLECTION * (middle - (worst[i] ?? 0)));
  const reached = objective(reflected);
  if (reached < value(second) && reached >= value(least)) replace(reflected, reached);
  if (reached < value(least)) {
    const expanded = away(reflected, EXPANSION);
    const further = objective(expanded);
    if (further < reached) replace(expanded, further);
    else replace(reflected, reached);
  }
  if (!(reached >= value(second))) return;
  const isOutside = reached < value(greatest);
  const contracted = away(isOutside ? reflected : (corners[greatest] ?? worst), CONTRACTION);
  const closer = objective(contracted);
  if (closer < value(greatest)) {
    replace(contracted, closer);
    return;
  }
  shrink(corners, least);
  values[greatest] = objective(corners[greatest] ?? worst);
  values[second] = objective(corners[second] ?? worst);
}

function centroid(corners: readonly Float64Array[], without: number): Float64Array {
  const n = corners.length - 1;
  const center = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let c = 0; c <= n; c++) if (c !== without) sum += corners[c]?.[i] ?? 0;
    center[i] = sum / n;
  }
  return center;
}

function shrink(corners: readonly Float64Array[], towards: number): void {
  const goal = corners[towards];
  if (goal === undefined) return;
  for (const [index, corner] of corners.entries()) {
    if (index === towards) continue;
    for (let i = 0; i < goal.length; i++) {
      corner[i] = (goal[i] ?? 0) + ((corner[i] ?? 0) - (goal[i] ?? 0)) / 2;
    }
  }
}

function deviation(values: Float64Array): number {
  const n = values.length - 1;
  const mean = values.reduce((sum, value) => sum + value, 0) / (n + 1);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2 / n, 0));
}
