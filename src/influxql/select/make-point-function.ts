/** Which function of points a call is. */
import type { Call } from "../ast.ts";
import { makeHoltWinters } from "../functions/holt-winters.ts";
import { makeIntegral } from "../functions/integral.ts";
import type { PointFunction } from "../functions/point-function.ts";
import type { WarmUp } from "../functions/technical-analysis.ts";
import { isIndicator, makeIndicator } from "../functions/technical-analysis.ts";
import {
  makeCumulativeSum,
  makeDerivative,
  makeDifference,
  makeElapsed,
  makeMovingAverage,
} from "../functions/transformations.ts";
import { QueryError } from "./query-error.ts";
import type { TimeInterval } from "./windows.ts";
import { windowOf } from "./windows.ts";

export interface PointFunctionOptions {
  readonly isAscending: boolean;
  readonly isInteger: boolean;
  readonly interval: TimeInterval | undefined;
  /** Start of the time range, if one was said. */
  readonly from: bigint | undefined;
}

const SECOND_NS = 1_000_000_000n;

export function makePointFunction(call: Call, options: PointFunctionOptions): PointFunction {
  const { isAscending, isInteger, interval } = options;
  const { name } = call;
  switch (name) {
    case "derivative":
    case "non_negative_derivative": {
      const unitNs = durationOf(call) ?? lengthOf(interval);
      const isNonNegative = name !== "derivative";
      return makeDerivative({ unitNs, isNonNegative, isAscending, isInteger });
    }
    case "difference":
    case "non_negative_difference":
      return makeDifference({ isNonNegative: name !== "difference", isInteger });
    case "cumulative_sum":
      return makeCumulativeSum(isInteger);
    case "moving_average":
      return makeMovingAverage({ size: integerOf(call, 1) ?? 2, isInteger });
    case "elapsed":
      return makeElapsed(durationOf(call) ?? 1n);
    case "integral":
      return makeIntegral({
        unitNs: durationOf(call) ?? SECOND_NS,
        isAscending,
        windowOf: interval === undefined ? undefined : (time) => windowOf(interval, time),
        // Of floats the result is told of 1970 in any case: so has it 1.x.
        stamp: isInteger ? (options.from ?? 0n) : 0n,
      });
    case "holt_winters":
    case "holt_winters_with_fit":
      return makeHoltWinters({
        count: integerOf(call, 1) ?? 1,
        season: integerOf(call, 2) ?? 0,
        intervalNs: lengthOf(interval),
        withFit: name !== "holt_winters",
      });
    default:
  }
  if (!isIndicator(name)) throw new QueryError(`undefined function ${name}()`);
  return makeIndicator(name, {
    period: integerOf(call, 1) ?? 1,
    hold: integerOf(call, 2) ?? -1,
    warmUp: warmUpOf(call),
  });
}

function durationOf(call: Call): bigint | undefined {
  const arg = call.args[1];
  return arg?.kind === "duration" ? arg.ns : undefined;
}

function lengthOf(interval: TimeInterval | undefined): bigint {
  return interval === undefined || interval.ns === 0n ? SECOND_NS : interval.ns;
}

function integerOf(call: Call, at: number): number | undefined {
  const arg = call.args[at];
  return arg?.kind === "integer" ? Number(arg.value) : undefined;
}

/** How an indicator warms up when it is not said. */
function warmUpOf(call: Call): WarmUp {
  const arg = call.args[3];
  if (arg?.kind === "string" && (arg.value === "simple" || arg.value === "none")) return arg.value;
  if (arg?.kind === "string") return "exponential";
  return call.name === "chande_momentum_oscillator" ? "none" : "exponential";
}
