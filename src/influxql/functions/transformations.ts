/**
 * derivative, difference, cumulative_sum, moving_average, elapsed and their non-negative forms.
 *
 * Rules of 1.x kept here: derivative and difference pass over a point at the time of the one
 * before; integers stay integers in difference and cumulative_sum, wrapping as int64; read newest
 * first, derivative turns the sign of the elapsed time, elapsed does not.
 */
import { addInt, subtractInt } from "./int64.ts";
import type { FieldValue, PointFunction } from "./point-function.ts";
import { floatOf, intOf } from "./point-function.ts";

export interface DerivativeOptions {
  /** Change per this many ns. */
  readonly unitNs: bigint;
  readonly isNonNegative: boolean;
  readonly isAscending: boolean;
  readonly isInteger: boolean;
}

export function makeDerivative(options: DerivativeOptions): PointFunction {
  const unit = Number(options.unitNs);
  let before: { time: bigint; value: FieldValue } | undefined;
  return {
    push(time, value, emit) {
      if (before === undefined) {
        before = { time, value };
        return;
      }
      if (before.time === time) return;
      const change = options.isInteger
        ? Number(subtractInt(intOf(value), intOf(before.value)))
        : floatOf(value) - floatOf(before.value);
      const elapsed = Number(options.isAscending ? time - before.time : before.time - time);
      before = { time, value };
      if (options.isNonNegative && change < 0) return;
      emit(time, change / (elapsed / unit));
    },
  };
}

export interface DifferenceOptions {
  readonly isNonNegative: boolean;
  readonly isInteger: boolean;
}

export function makeDifference(options: DifferenceOptions): PointFunction {
  let before: { time: bigint; value: FieldValue } | undefined;
  return {
    push(time, value, emit) {
      if (before !== undefined && before.time === time) return;
      const last = before;
      before = { time, value };
      if (last === undefined) return;
      const change = options.isInteger
        ? subtractInt(intOf(value), intOf(last.value))
        : floatOf(value) - floatOf(last.value);
      if (!(options.isNonNegative && change < 0)) emit(time, change);
    },
  };
}

export function makeCumulativeSum(isInteger: boolean): PointFunction {
  let sum: number | bigint = 0;
  return {
    push(time, value, emit) {
      sum = isInteger ? addInt(sum, intOf(value)) : Number(sum) + floatOf(value);
      emit(time, sum);
    },
  };
}

export interface MovingAverageOptions {
  /** Points of the window, 2 or more. */
  readonly size: number;
  readonly isInteger: boolean;
}

export function makeMovingAverage(options: MovingAverageOptions): PointFunction {
  const { size, isInteger } = options;
  const window: FieldValue[] = [];
  let place = 0;
  let sum: number | bigint = 0;
  const add = (value: FieldValue): void => {
    sum = isInteger ? addInt(sum, intOf(value)) : Number(sum) + floatOf(value);
  };
  const remove = (value: FieldValue): void => {
    sum = isInteger ? subtractInt(sum, intOf(value)) : Number(sum) - floatOf(value);
  };
  return {
    push(time, value, emit) {
      const oldest = window.length === size ? window[place] : undefined;
      if (oldest !== undefined) remove(oldest);
      window[place] = value;
      add(value);
      place = (place + 1) % size;
      if (window.length === size) emit(time, Number(sum) / size);
    },
  };
}

/** Whole units of `unitNs` since the point before. */
export function makeElapsed(unitNs: bigint): PointFunction {
  let before: bigint | undefined;
  return {
    push(time, _value, emit) {
      if (before !== undefined) emit(time, Number((time - before) / unitNs));
      before = time;
    },
  };
}
