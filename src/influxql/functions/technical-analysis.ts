/**
 * Indicators of technical analysis: moving averages with one, two and three exponential stages,
 * rate of the third (TRIX), relative strength, Kaufman's ratio and adaptive average, Chande's
 * momentum.
 *
 * Every indicator answers each sample with a value; the first `hold` of them are kept back. `hold`
 * of -1 means as many as the indicator needs to be warm. While an exponential average warms up it
 * either weighs with a growing window ("exponential") or is the plain mean ("simple").
 */
import type { PointFunction } from "./point-function.ts";
import { floatOf } from "./point-function.ts";

export type WarmUp = "exponential" | "simple" | "none";

export interface IndicatorOptions {
  readonly period: number;
  /** -1: the indicator's own. */
  readonly hold: number;
  readonly warmUp: WarmUp;
}

interface Indicator {
  readonly warmCount: number;
  add(value: number): number;
}

/** An exponential moving average over about `period` samples. */
class Average {
  readonly period: number;
  readonly isExponential: boolean;
  readonly #alpha: number;
  #count = 0;
  last = 0;

  constructor(period: number, isExponential: boolean, alpha = 2 / (period + 1)) {
    this.period = period;
    this.isExponential = isExponential;
    this.#alpha = alpha;
  }

  get isWarm(): boolean {
    return this.#count === this.period;
  }

  /** Whether a second stage may read this one already. */
  get feeds(): boolean {
    return this.isWarm || this.isExponential;
  }

  add(value: number): number {
    const count = this.#count;
    if (count === 0) this.last = value;
    else if (this.isWarm) this.last = (value - this.last) * this.#alpha + this.last;
    else if (this.isExponential) this.last = (value - this.last) * (2 / (count + 2)) + this.last;
    else this.last = (this.last * count + value) / (count + 1);
    if (count < this.period) this.#count = count + 1;
    return this.last;
  }
}

function makeAverages(options: IndicatorOptions, count: number): Average[] {
  const isExponential = options.warmUp === "exponential";
  return Array.from({ length: count }, () => new Average(options.period, isExponential));
}

function exponentialAverage(options: IndicatorOptions): Indicator {
  const average = new Average(options.period, options.warmUp === "exponential");
  return { warmCount: options.period - 1, add: (value) => average.add(value) };
}

function doubleAverage(options: IndicatorOptions): Indicator {
  const [first, second] = makeAverages(options, 2);
  const stages = first?.isExponential === true ? 1 : 2;
  return {
    warmCount: (options.period - 1) * stages,
    add(value) {
      const one = first?.add(value) ?? value;
      const two = first?.feeds === true ? (second?.add(one) ?? one) : one;
      return 2 * one - two;
    },
  };
}

function tripleAverage(options: IndicatorOptions): Indicator {
  const [first, second, third] = makeAverages(options, 3);
  const stages = first?.isExponential === true ? 1 : 3;
  return {
    warmCount: (options.period - 1) * stages,
    add(value) {
      const one = first?.add(value) ?? value;
      const two = first?.feeds === true ? (second?.add(one) ?? one) : one;
      const three = second?.feeds === true ? (third?.add(two) ?? two) : two;
      return 3 * one - 3 * two + three;
    },
  };
}

/** Rate of change in percent of the third stage. */
function tripleDerivative(options: IndicatorOptions): Indicator {
  const averages = makeAverages(options, 3);
  const isExponential = options.warmUp === "exponential";
  let last = 0;
  return {
    warmCount: (options.period - 1) * (isExponential ? 1 : 3) + 1,
    add(value) {
      let current = value;
      for (const average of averages) {
        current = average.add(current);
        if (!average.feeds) break;
      }
      const rate = (current / last - 1) * 100;
      last = current;
      return rate;
    },
  };
}

/** Averages of the rises and of the falls, which relative strength and momentum compare. */
function risesAndFalls(options: IndicatorOptions, rate: (up: number, down: number) => number) {
  const { period } = options;
  const isExponential = options.warmUp === "exponential";
  const ups = new Average(period + 1, isExponential, 1 / period);
  const downs = new Average(period + 1, isExponential, 1 / period);
  let last = 0;
  return {
    warmCount: period,
    add(value: number): number {
      const up = ups.add(value > last ? value - last : 0);
      const down = downs.add(value < last ? last - value : 0);
      last = value;
      return rate(up, down);
    },
  };
}

function relativeStrength(options: IndicatorOptions): Indicator {
  return risesAndFalls(options, (up, down) => 100 - 100 / (1 + up / down));
}

function smoothMomentum(options: IndicatorOptions): Indicator {
  return risesAndFalls(options, (up, down) => 100 * ((up - down) / (up + down)));
}

/** Momentum over exactly the last samples, without smoothing. */
function plainMomentum(options: IndicatorOptions): Indicator {
  const size = options.period - 1;
  const prices = new Float64Array(size);
  const changes = new Float64Array(size);
  let newest = 0;
  let isFirst = true;
  let up = 0;
  let down = 0;
  return {
    warmCount: size,
    add(value) {
      const oldest = newest + 1 === size ? 0 : newest + 1;
      const change = isFirst ? 0 : value - (prices[newest] ?? 0);
      isFirst = false;
      if (change > 0) up += change;
      else down -= change;
      const result = up !== 0 || down !== 0 ? 100 * ((up - down) / (up + down)) : 0;
      const gone = changes[oldest] ?? 0;
      if (gone > 0) up -= gone;
      else down += gone;
      prices[oldest] = value;
      changes[oldest] = change;
      newest = oldest;
      return result;
    },
  };
}

function efficiencyRatio(period: number): Indicator & { readonly price: () => number } {
  const prices = new Float64Array(period);
  const changes = new Float64Array(period);
  let newest = 0;
  let noise = 0;
  return {
    warmCount: period,
    price: () => prices[newest] ?? 0,
    add(value) {
      const oldest = newest + 1 >= period ? 0 : newest + 1;
      const signal = Math.abs(value - (prices[oldest] ?? 0));
      const change = Math.abs(value - (prices[newest] ?? 0));
      noise += change - (changes[oldest] ?? 0);
      newest = oldest;
      prices[newest] = value;
      changes[newest] = change;
      return signal === 0 || noise === 0 ? 0 : signal / noise;
    },
  };
}

/** Smoothing constants of averages over 2 and over 30 samples, between which the ratio chooses. */
const FAST = 2 / (2 + 1);
const SLOW = 2 / (30 + 1);

function adaptiveAverage(period: number): Indicator {
  const ratio = efficiencyRatio(period);
  let count = 0;
  let last = 0;
  return {
    warmCount: period,
    add(value) {
      if (count <= period) last = ratio.price();
      count += 1;
      const smoothing = (ratio.add(value) * (FAST - SLOW) + SLOW) ** 2;
      last += smoothing * (value - last);
      return last;
    },
  };
}

const indicators: Readonly<Record<string, (options: IndicatorOptions) => Indicator>> = {
  exponential_moving_average: exponentialAverage,
  double_exponential_moving_average: doubleAverage,
  triple_exponential_moving_average: tripleAverage,
  triple_exponential_derivative: tripleDerivative,
  relative_strength_index: relativeStrength,
  kaufmans_efficiency_ratio: (options) => efficiencyRatio(options.period),
  kaufmans_adaptive_moving_average: (options) => adaptiveAverage(options.period),
  chande_momentum_oscillator: (options) =>
    options.warmUp === "none" ? plainMomentum(options) : smoothMomentum(options),
};

export function isIndicator(name: string): boolean {
  return Object.hasOwn(indicators, name);
}

/** Indicators that leave out infinite values; of the others they come out as null. */
const skipsInfinite: ReadonlySet<string> = new Set([
  "triple_exponential_derivative",
  "kaufmans_efficiency_ratio",
  "kaufmans_adaptive_moving_average",
]);

/** The indicator called `name` (isIndicator) as a function of points. */
export function makeIndicator(name: string, options: IndicatorOptions): PointFunction {
  const indicator = indicators[name]?.(options);
  if (indicator === undefined) throw new RangeError(`No indicator is called ${name}`);
  const hold = options.hold === -1 ? indicator.warmCount : options.hold;
  let count = 0;
  return {
    push(time, value, emit) {
      const result = indicator.add(floatOf(value));
      count += 1;
      if (count <= hold) return;
      if (skipsInfinite.has(name) && Math.abs(result) === Infinity) return;
      emit(time, result);
    },
  };
}
