/**
 * Takes the bounds of time out of a WHERE condition. As in 1.x bounds are joined by intersection
 * wherever they stand, under OR too; what remains is the condition on tags and fields.
 */
import type { BinaryOperator, Expression } from "../ast.ts";
import { TIME_MAX, TIME_MIN } from "../../models/series/series-time.ts";
import { unreachable } from "../../base/assert.ts";
import { QueryError } from "./query-error.ts";
import { daysFromDate, zoneOffset } from "./zone-time.ts";

/** Both included; undefined: not bounded. */
export interface TimeRange {
  readonly from: bigint | undefined;
  readonly to: bigint | undefined;
}

export interface SplitCondition {
  readonly range: TimeRange;
  /** Without parentheses and without bounds of time; undefined: nothing remains. */
  readonly rest: Expression | undefined;
}

export interface TimeSettings {
  readonly now: bigint;
  /** Zone of times without one; undefined: UTC. */
  readonly zone: string | undefined;
}

const unbounded: TimeRange = { from: undefined, to: undefined };

export function intersectRanges(a: TimeRange, b: TimeRange): TimeRange {
  const from = a.from === undefined || (b.from !== undefined && b.from > a.from) ? b.from : a.from;
  const to = a.to === undefined || (b.to !== undefined && b.to < a.to) ? b.to : a.to;
  return { from, to };
}

export function splitCondition(
  condition: Expression | undefined,
  settings: TimeSettings,
): SplitCondition {
  if (condition === undefined) return { range: unbounded, rest: undefined };
  switch (condition.kind) {
    case "parens":
      return splitCondition(condition.inner, settings);
    case "binary":
      return splitBinary(condition, settings);
    case "between":
      if (!isTime(condition.operand) || condition.isNegated) {
        return { range: unbounded, rest: condition };
      }
      return {
        range: intersectRanges(
          boundOf(">=", condition.low, settings),
          boundOf("<=", condition.high, settings),
        ),
        rest: undefined,
      };
    case "not":
    case "in":
    case "boolean":
    case "call":
      return { range: unbounded, rest: condition };
    default:
      throw new QueryError(`invalid condition expression: ${describe(condition)}`);
  }
}

function splitBinary(
  condition: Extract<Expression, { kind: "binary" }>,
  settings: TimeSettings,
): SplitCondition {
  const { operator, left, right } = condition;
  if (operator === "AND" || operator === "OR") {
    const one = splitCondition(left, settings);
    const two = splitCondition(right, settings);
    const range = intersectRanges(one.range, two.range);
    if (one.rest === undefined) return { range, rest: two.rest };
    if (two.rest === undefined) return { range, rest: one.rest };
    return { range, rest: { kind: "binary", operator, left: one.rest, right: two.rest } };
  }
  if (isTime(left)) return { range: boundOf(operator, right, settings), rest: undefined };
  if (isTime(right)) {
    return { range: boundOf(mirrored[operator] ?? operator, left, settings), rest: undefined };
  }
  return { range: unbounded, rest: condition };
}

const mirrored: Partial<Record<BinaryOperator, BinaryOperator>> = {
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

function isTime(expression: Expression): boolean {
  return expression.kind === "reference" && expression.name.toLowerCase() === "time";
}

function boundOf(
  operator: BinaryOperator,
  operand: Expression,
  settings: TimeSettings,
): TimeRange {
  const value = evaluateTime(operand, settings);
  if (value === undefined) {
    const isDate = operand.kind === "string" && /^\d{4}-\d{2}-\d{2}/.test(operand.value);
    if (isDate) throw new QueryError("invalid timestamp string");
    throw new QueryError(
      `invalid operation: time and ${goTypeOf(operand)} are not compatible`,
    );
  }
  if (value.ns < TIME_MIN) {
    throw new QueryError(`time ${formatTime(value.ns)} underflows time literal`);
  }
  if (value.ns > TIME_MAX) {
    throw new QueryError(`time ${formatTime(value.ns)} overflows time literal`);
  }
  switch (operator) {
    case ">":
      return { from: value.ns + 1n, to: undefined };
    case ">=":
      return { from: value.ns, to: undefined };
    case "<":
      return { from: undefined, to: value.ns - 1n };
    case "<=":
      return { from: undefined, to: value.ns };
    case "=":
      return { from: value.ns, to: value.ns };
    default:
      throw new QueryError(`invalid time comparison operator: ${operator}`);
  }
}

interface TimeValue {
  readonly ns: bigint;
  /** Whether it is a span, not an instant: both compare alike. */
  readonly isSpan: boolean;
}

function evaluateTime(expression: Expression, settings: TimeSettings): TimeValue | undefined {
  switch (expression.kind) {
    case "parens":
      return evaluateTime(expression.inner, settings);
    case "time":
      return { ns: expression.ns, isSpan: false };
    case "duration":
      return { ns: expression.ns, isSpan: true };
    case "integer":
    case "unsigned":
      return { ns: expression.value, isSpan: true };
    case "number":
      return { ns: BigInt(Math.trunc(expression.value)), isSpan: true };
    case "string": {
      const ns = parseTime(expression.value, settings.zone);
      return ns === undefined ? undefined : { ns, isSpan: false };
    }
    case "call":
      return expression.name === "now" && expression.args.length === 0
        ? { ns: settings.now, isSpan: false }
        : undefined;
    case "binary": {
      const left = evaluateTime(expression.left, settings);
      const right = evaluateTime(expression.right, settings);
      if (left === undefined || right === undefined) return undefined;
      const isSpan = left.isSpan && right.isSpan;
      if (expression.operator === "+") return { ns: left.ns + right.ns, isSpan };
      if (expression.operator === "-") return { ns: left.ns - right.ns, isSpan };
      if (expression.operator === "*") return { ns: left.ns * right.ns, isSpan };
      if (expression.operator !== "/" || right.ns === 0n) return undefined;
      return { ns: left.ns / right.ns, isSpan };
    }
    default:
      return undefined;
  }
}

const timePattern = new RegExp(
  /^(\d{4})-(\d{1,2})-(\d{1,2})/.source +
    /(?:[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9})\d*)?)?)?/.source +
    /(Z|[+-]\d\d:\d\d)?$/.source,
);

/** Reads a time: date, date and time, or RFC 3339; undefined: it is none. */
export function parseTime(text: string, zone: string | undefined): bigint | undefined {
  const [, year, month, day, hour, minute, second, fraction, offset] =
    timePattern.exec(text) ?? [];
  if (year === undefined || (hour === undefined && offset !== undefined)) return undefined;
  const fields = [month, day, hour, minute, second].map((part) => Number(part ?? 0));
  const [m = 0, d = 0, h = 0, min = 0, s = 0] = fields;
  if (m < 1 || m > 12 || d < 1 || h > 23 || min > 59 || s > 59) return undefined;
  const days = daysFromDate(Number(year), m - 1, d);
  if (days >= daysFromDate(Number(year), m, 1)) return undefined;
  const seconds = BigInt(days * 86_400 + h * 3600 + min * 60 + s);
  const nanos = BigInt((fraction ?? "").padEnd(9, "0"));
  const local = seconds * 1_000_000_000n + nanos;
  if (offset !== undefined) return local - offsetNs(offset);
  if (zone === undefined) return local;
  const offsetAt = zoneOffset(zone);
  return local - offsetAt(local - offsetAt(local));
}

function offsetNs(offset: string): bigint {
  if (offset === "Z") return 0n;
  const seconds = Number(offset.slice(1, 3)) * 3600 + Number(offset.slice(4, 6)) * 60;
  return BigInt(offset.startsWith("-") ? -seconds : seconds) * 1_000_000_000n;
}

function formatTime(ns: bigint): string {
  return ns.toString();
}

function describe(expression: Expression): string {
  switch (expression.kind) {
    case "reference":
      return expression.name;
    case "string":
      return `'${expression.value}'`;
    case "integer":
    case "number":
    case "unsigned":
      return String(expression.value);
    default:
      return expression.kind;
  }
}

/** The name 1.x has for a kind of expression in its messages. */
export function goTypeOf(expression: Expression): string {
  switch (expression.kind) {
    case "integer":
      return "*influxql.IntegerLiteral";
    case "unsigned":
      return "*influxql.UnsignedLiteral";
    case "number":
      return "*influxql.NumberLiteral";
    case "string":
      return "*influxql.StringLiteral";
    case "boolean":
      return "*influxql.BooleanLiteral";
    case "duration":
      return "*influxql.DurationLiteral";
    case "time":
      return "*influxql.TimeLiteral";
    case "regex":
      return "*influxql.RegexLiteral";
    case "list":
      return "*influxql.ListLiteral";
    case "reference":
      return "*influxql.VarRef";
    case "call":
      return "*influxql.Call";
    case "distinct":
      return "*influxql.Distinct";
    case "wildcard":
      return "*influxql.Wildcard";
    case "parens":
      return "*influxql.ParenExpr";
    case "binary":
    case "not":
    case "in":
    case "between":
      return "*influxql.BinaryExpr";
    default:
      return unreachable(expression);
  }
}
