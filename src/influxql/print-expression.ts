/**
 * Expressions as canonical text, as 1.x writes them, but for two things: numbers keep all their
 * digits (1.x cuts them at three decimals), and parentheses are put where the text would else be
 * read as another tree.
 */
import { unreachable } from "../base/assert.ts";
import type { Binary, Expression, Reference } from "./ast.ts";
import { formatDuration, formatMonths } from "./duration.ts";
import { plainDigits } from "./plain-digits.ts";
import { quoteName, quoteString } from "./quote.ts";
import { precedenceOf } from "./token.ts";

export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case "integer":
    case "unsigned":
      return String(expression.value);
    case "number":
      return printNumber(expression.value);
    case "string":
      return quoteString(expression.value);
    case "boolean":
      return String(expression.value);
    case "duration":
      if (expression.months > 0) return formatMonths(expression.months);
      return formatDuration(expression.ns);
    case "time":
      return `'${printTime(expression.ns)}'`;
    case "regex":
      return `/${expression.source.replaceAll("/", "\\/")}/`;
    case "list":
      return `(${expression.values.map((name) => quoteName(name)).join(", ")})`;
    case "reference":
      return printReference(expression);
    case "call":
      return `${expression.name}(${expression.args.map(printExpression).join(", ")})`;
    case "distinct":
      return `DISTINCT ${quoteName(expression.name)}`;
    case "wildcard":
      return expression.type === undefined ? "*" : `*::${expression.type}`;
    case "binary":
      return printBinary(expression);
    case "parens":
      return `(${printExpression(expression.inner)})`;
    case "not":
      return `NOT ${printOperand(expression.inner, notPrecedence)}`;
    case "in": {
      const items = expression.items.map((item) => printOperand(item, comparison + 1)).join(", ");
      const word = expression.isNegated ? "NOT IN" : "IN";
      return `${printOperand(expression.operand, comparison)} ${word} (${items})`;
    }
    case "between": {
      const word = expression.isNegated ? "NOT BETWEEN" : "BETWEEN";
      const low = printOperand(expression.low, comparison + 1);
      const high = printOperand(expression.high, comparison + 1);
      return `${printOperand(expression.operand, comparison)} ${word} ${low} AND ${high}`;
    }
    default:
      return unreachable(expression);
  }
}

/** What IN and BETWEEN bind like; NOT takes a comparison and everything tighter. */
const comparison = 3;
const notPrecedence = 3;

function printBinary({ operator, left, right }: Binary): string {
  const precedence = precedenceOf(operator);
  const first = printOperand(left, precedence);
  return `${first} ${operator} ${printOperand(right, precedence + 1)}`;
}

/** An operand of something that takes what binds at least this tightly. */
function printOperand(expression: Expression, precedence: number): string {
  const text = printExpression(expression);
  return bindingOf(expression) < precedence ? `(${text})` : text;
}

function bindingOf(expression: Expression): number {
  switch (expression.kind) {
    case "binary":
      return precedenceOf(expression.operator);
    case "in":
    case "between":
    case "not":
      return comparison;
    default:
      return 9;
  }
}

function printReference({ name, cast }: Reference): string {
  const text = quoteName(name);
  return cast === undefined ? text : `${text}::${cast === "anyField" ? "field" : cast}`;
}

/** At least three decimals, and as many as the value needs. */
export function printNumber(value: number): string {
  const short = value.toFixed(3);
  if (Number(short) === value && !short.includes("e")) return short;
  return Number.isInteger(value) ? `${BigInt(value)}.000` : plainDigits(value);
}

/** RFC 3339 in UTC, with as many decimals as it needs. */
export function printTime(ns: bigint): string {
  const nanos = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const { days, secondOfDay } = daysOf((ns - nanos) / 1_000_000_000n);
  const { year, month, day } = civilDate(days);
  const clock = [secondOfDay / 3600, (secondOfDay / 60) % 60, secondOfDay % 60]
    .map((part) => String(Math.floor(part)).padStart(2, "0"))
    .join(":");
  const fraction = nanos === 0n ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`;
  const date = `${String(year).padStart(4, "0")}-${pad(month)}-${pad(day)}`;
  return `${date}T${clock}${fraction}Z`;
}

/** RFC 3339 in a zone whose clock is `offset` ns ahead of UTC then. */
export function printLocalTime(ns: bigint, offset: bigint): string {
  if (offset === 0n) return printTime(ns);
  const minutes = Number(offset / 60_000_000_000n);
  const size = Math.abs(minutes);
  const sign = minutes < 0 ? "-" : "+";
  const shift = `${sign}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
  return `${printTime(ns + offset).slice(0, -1)}${shift}`;
}

function pad(part: number): string {
  return String(part).padStart(2, "0");
}

function daysOf(seconds: bigint): { days: number; secondOfDay: number } {
  const secondOfDay = Number(((seconds % 86_400n) + 86_400n) % 86_400n);
  return { days: Number((seconds - BigInt(secondOfDay)) / 86_400n), secondOfDay };
}

/** Date of a day counted from 1970-01-01, in the Gregorian calendar. */
function civilDate(days: number): { year: number; month: number; day: number } {
  // Years that start in March, so that the leap day comes last; eras of 400 years.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leaps =
    Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  const dayOfYear = dayOfEra - (365 * yearOfEra + leapDays);
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}
