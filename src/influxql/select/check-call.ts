/** Checks the arguments of functions, in 1.x's words and in 1.x's order. */
import type { Call, Expression } from "../ast.ts";
import { formatDuration } from "../duration.ts";
import { isIndicator } from "../functions/technical-analysis.ts";
import { printExpression } from "../print-expression.ts";
import { QueryError } from "./query-error.ts";
import { goTypeOf } from "./time-condition.ts";

/** What is known of a statement's columns while they are checked. */
export interface CallState {
  /** Every call but nested and mathematical ones. */
  calls: Call[];
  isOnlySelectors: boolean;
  hasDistinct: boolean;
  /** "top" or "bottom" if one is there. */
  topOrBottom: string;
  readonly hasInterval: boolean;
  readonly isInheritedInterval: boolean;
  readonly limit: number;
  readonly hasTarget: boolean;
}

const simpleSelectors: ReadonlySet<string> = new Set(["max", "min", "first", "last"]);
const simpleAggregates: ReadonlySet<string> = new Set([
  "count",
  "sum",
  "mean",
  "median",
  "mode",
  "stddev",
  "spread",
]);

/** Checks one call (not of a mathematical function) and notes it. */
export function checkCall(call: Call, state: CallState, allowsWildcard: boolean): void {
  state.calls.push(call);
  const { name } = call;
  const checker = checkers[name];
  if (checker !== undefined) checker(call, state, allowsWildcard);
  else if (isIndicator(name)) checkIndicator(call, state, allowsWildcard);
  else checkSimple(call, state, allowsWildcard);
}

type Checker = (call: Call, state: CallState, allowsWildcard: boolean) => void;

const checkers: Readonly<Record<string, Checker>> = {
  percentile: checkPercentile,
  sample: checkSample,
  distinct: (call, state) => checkDistinct(call, state, false),
  top: checkTop,
  bottom: checkTop,
  derivative: checkDerivative,
  non_negative_derivative: checkDerivative,
  elapsed: checkDerivative,
  difference: checkDifference,
  non_negative_difference: checkDifference,
  cumulative_sum: checkDifference,
  moving_average: checkMovingAverage,
  integral: checkIntegral,
  holt_winters: checkHoltWinters,
  holt_winters_with_fit: checkHoltWinters,
  histogram: checkHistogram,
};

function fail(message: string): never {
  throw new QueryError(message);
}

function expectCount(call: Call, expected: number): void {
  const got = call.args.length;
  if (got !== expected) {
    fail(`invalid number of arguments for ${call.name}, expected ${expected}, got ${got}`);
  }
}

function expectCounts(call: Call, least: number, most: number): void {
  const got = call.args.length;
  if (got >= least && got <= most) return;
  const range = `at least ${least} but no more than ${most}`;
  fail(`invalid number of arguments for ${call.name}, expected ${range}, got ${got}`);
}

/** The argument must be a field, or stand for several. */
function checkSymbol(call: Call, state: CallState, allowsWildcard: boolean): void {
  const symbol = call.args[0];
  switch (symbol?.kind) {
    case "reference":
      return;
    case "wildcard":
      if (!allowsWildcard) fail(`unsupported expression with wildcard: ${call.name}()`);
      state.isOnlySelectors = false;
      return;
    case "regex":
      if (!allowsWildcard) fail(`unsupported expression with regex field: ${call.name}()`);
      state.isOnlySelectors = false;
      return;
    default:
      fail(`expected field argument in ${call.name}()`);
  }
}

function checkSimple(call: Call, state: CallState, allowsWildcard: boolean): void {
  if (simpleAggregates.has(call.name)) state.isOnlySelectors = false;
  else if (!simpleSelectors.has(call.name)) fail(`undefined function ${call.name}()`);
  expectCount(call, 1);
  const arg = call.args[0];
  if (call.name === "count" && arg?.kind === "call" && arg.name === "distinct") {
    checkDistinct(arg, state, true);
    return;
  }
  checkSymbol(call, state, allowsWildcard);
}

function checkDistinct(call: Call, state: CallState, isNested: boolean): void {
  if (call.args.length === 0) fail("distinct function requires at least one argument");
  if (call.args.length !== 1) fail("distinct function can only have one argument");
  if (call.args[0]?.kind !== "reference") fail("expected field argument in distinct()");
  if (!isNested) state.hasDistinct = true;
  state.isOnlySelectors = false;
}

function checkPercentile(call: Call, state: CallState, allowsWildcard: boolean): void {
  expectCount(call, 2);
  const kind = call.args[1]?.kind;
  if (kind !== "integer" && kind !== "number") fail("expected float argument in percentile()");
  checkSymbol(call, state, allowsWildcard);
}

function checkSample(call: Call, state: CallState, allowsWildcard: boolean): void {
  expectCount(call, 2);
  const size = call.args[1];
  if (size?.kind !== "integer") fail("expected integer argument in sample()");
  if (size.value <= 0n) fail(`sample window must be greater than 1, got ${size.value}`);
  checkSymbol(call, state, allowsWildcard);
}

function checkTop(call: Call, state: CallState): void {
  const { name, args } = call;
  if (state.topOrBottom !== "") {
    fail(`selector function ${state.topOrBottom}() cannot be combined with other functions`);
  }
  if (args.length < 2) {
    fail(`invalid number of arguments for ${name}, expected at least 2, got ${args.length}`);
  }
  const count = args.at(-1);
  if (count?.kind !== "integer") {
    fail(`expected integer as last argument in ${name}(), found ${textOf(count)}`);
  }
  if (count.value <= 0n) fail(`limit (${count.value}) in ${name} function must be at least 1`);
  if (state.limit > 0 && count.value > state.limit) {
    const limit = `the LIMIT (${state.limit}) in the select statement`;
    fail(`limit (${count.value}) in ${name} function can not be larger than ${limit}`);
  }
  if (args[0]?.kind !== "reference") {
    fail(`expected first argument to be a field in ${name}(), found ${textOf(args[0])}`);
  }
  for (const arg of args.slice(1, -1)) {
    if (arg.kind !== "reference") {
      fail(`only fields or tags are allowed in ${name}(), found ${textOf(arg)}`);
    }
  }
  state.topOrBottom = name;
}

function textOf(expression: Expression | undefined): string {
  return expression === undefined ? "" : printExpression(expression);
}

/** The argument is a field, or a call when there are windows of time. */
function checkStream(call: Call, state: CallState, allowsWildcard: boolean): void {
  state.isOnlySelectors = false;
  const arg = call.args[0];
  if (arg?.kind === "call") {
    if (!state.hasInterval) fail(`${call.name} aggregate requires a GROUP BY interval`);
    checkNested(arg, state, allowsWildcard);
    return;
  }
  if (state.hasInterval && !state.isInheritedInterval) {
    fail(`aggregate function required inside the call to ${call.name}`);
  }
  checkSymbol(call, state, allowsWildcard);
}

function checkNested(call: Call, state: CallState, allowsWildcard: boolean): void {
  if (call.name === "distinct") checkDistinct(call, state, true);
  else checkCall(call, { ...state, calls: [] }, allowsWildcard);
}

function checkDerivative(call: Call, state: CallState, allowsWildcard: boolean): void {
  expectCounts(call, 1, 2);
  const unit = call.args[1];
  if (unit !== undefined) {
    if (unit.kind !== "duration") {
      fail(`second argument to ${call.name} must be a duration, got ${goTypeOf(unit)}`);
    }
    if (unit.ns <= 0n) fail(`duration argument must be positive, got ${formatDuration(unit.ns)}`);
  }
  checkStream(call, state, allowsWildcard);
}

function checkDifference(call: Call, state: CallState, allowsWildcard: boolean): void {
  expectCount(call, 1);
  checkStream(call, state, allowsWildcard);
}

function checkMovingAverage(call: Call, state: CallState, allowsWildcard: boolean): void {
  expectCount(call, 2);
  const size = call.args[1];
  if (size?.kind !== "integer") {
    const got = size === undefined ? "nothing" : goTypeOf(size);
    fail(`second argument for moving_average must be an integer, got ${got}`);
  }
  if (size.value <= 1n) fail(`moving_average window must be greater than 1, got ${size.value}`);
  checkStream(call, state, allowsWildcard);
}

function checkIndicator(call: Call, state: CallState, allowsWildcard: boolean): void {
  const { name, args } = call;
  const hasWarmUp = !name.startsWith("kaufmans");
  expectCounts(call, 2, hasWarmUp ? 4 : 3);
  const [, period, hold, warmUp] = args;
  if (period?.kind !== "integer") fail(`${name} period must be an integer`);
  if (period.value < 1n) fail(`${name} period must be greater than or equal to 1`);
  if (hold !== undefined) {
    if (hold.kind !== "integer") fail(`${name} hold period must be an integer`);
    const least = name === "triple_exponential_derivative" ? 1n : 0n;
    if (hold.value < least && hold.value !== -1n) {
      fail(`${name} hold period must be greater than or equal to ${least}`);
    }
  }
  if (warmUp !== undefined) {
    if (warmUp.kind !== "string") fail(`${name} warmup type must be a string`);
    const known = name === "chande_momentum_oscillator" ? ["none"] : [];
    known.push("exponential", "simple");
    if (!known.includes(warmUp.value)) {
      const list = known.map((type) => `'${type}'`).join(" ");
      fail(`${name} warmup type must be one of: ${list}`);
    }
  }
  checkStream(call, state, allowsWildcard);
}

function checkIntegral(call: Call, state: CallState, allowsWildcard: boolean): void {
  expectCounts(call, 1, 2);
  const unit = call.args[1];
  if (unit !== undefined) {
    if (unit.kind !== "duration") fail("second argument must be a duration");
    if (unit.ns <= 0n) fail(`duration argument must be positive, got ${formatDuration(unit.ns)}`);
  }
  state.isOnlySelectors = false;
  checkSymbol(call, state, allowsWildcard);
}

function checkHoltWinters(call: Call, state: CallState, allowsWildcard: boolean): void {
  const { name } = call;
  expectCount(call, 3);
  const [inner, count, season] = call.args;
  if (count?.kind !== "integer") fail(`expected integer argument as second arg in ${name}`);
  if (count.value <= 0n) fail(`second arg to ${name} must be greater than 0, got ${count.value}`);
  if (season?.kind !== "integer") fail(`expected integer argument as third arg in ${name}`);
  if (season.value < 0n) fail(`third arg to ${name} cannot be negative, got ${season.value}`);
  state.isOnlySelectors = false;
  if (inner?.kind !== "call") fail(`must use aggregate function with ${name}`);
  if (!state.hasInterval) fail(`${name} aggregate requires a GROUP BY interval`);
  checkNested(inner, state, allowsWildcard);
}

/** histogram(field, step [, start [, stop]]). */
function checkHistogram(call: Call, state: CallState, allowsWildcard: boolean): void {
  expectCounts(call, 2, 4);
  for (const [i, arg] of call.args.slice(1).entries()) {
    if (arg.kind !== "integer" && arg.kind !== "number") {
      fail("expected number argument in histogram()");
    }
    if (i === 0 && Number(arg.value) <= 0) fail("histogram step must be greater than 0");
  }
  state.isOnlySelectors = false;
  checkSymbol(call, state, allowsWildcard);
}
