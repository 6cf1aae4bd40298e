/**
 * Expressions over values of a row: arithmetic, comparison, functions of one value. Compiled once
 * into closures, then called per row. `null` stands for "no value": arithmetic with it is null,
 * comparison with it false.
 *
 * Rules of 1.x: integers stay integers except when divided; x / 0 is 0; values of types that do
 * not compare are never equal, nor different.
 */
import { RE2JS } from "re2js";
import type { BinaryOperator, Call, Expression, Reference } from "../ast.ts";
import { addInt, bitsOfInts, multiplyInt, remainderInt, subtractInt } from "../functions/int64.ts";
import { toInt, truncateToInt } from "../functions/int64.ts";
import { computeMath, isMathFunction, keepsInteger } from "../functions/math.ts";
import type { ColumnType, Value } from "../result.ts";
import { QueryError } from "./query-error.ts";

/** A compiled expression over rows of type R. */
export interface Compiled<R> {
  readonly type: ColumnType;
  readonly evaluate: (row: R) => Value;
}

/** Says how references and calls (other than mathematical ones) get their value from a row. */
export type Resolve<R> = (leaf: Reference | Call) => Compiled<R>;

export function compileExpression<R>(expression: Expression, resolve: Resolve<R>): Compiled<R> {
  switch (expression.kind) {
    case "parens":
      return compileExpression(expression.inner, resolve);
    case "reference":
      return resolve(expression);
    case "call":
      return isMathFunction(expression.name)
        ? compileMath(expression, resolve)
        : resolve(expression);
    case "binary":
      return compileBinary(expression, resolve);
    case "not": {
      const inner = compileExpression(expression.inner, resolve);
      return { type: "boolean", evaluate: (row) => inner.evaluate(row) !== true };
    }
    case "in": {
      const operand = compileExpression(expression.operand, resolve);
      const items = expression.items.map((item) => compileExpression(item, resolve));
      const { isNegated } = expression;
      return {
        type: "boolean",
        evaluate: (row) => {
          const value = operand.evaluate(row);
          if (value === null) return false;
          return items.some((item) => compare("=", value, item.evaluate(row))) !== isNegated;
        },
      };
    }
    case "between": {
      const [operand, low, high] = [expression.operand, expression.low, expression.high].map(
        (part) => compileExpression(part, resolve),
      );
      const { isNegated } = expression;
      return {
        type: "boolean",
        evaluate: (row) => {
          const value = operand?.evaluate(row) ?? null;
          if (value === null) return false;
          const isInside =
            compare(">=", value, low?.evaluate(row) ?? null) &&
            compare("<=", value, high?.evaluate(row) ?? null);
          return isInside !== isNegated;
        },
      };
    }
    default:
      return compileLiteral(expression);
  }
}

/** The value of a literal as rows have values; undefined: it is no literal of a value. */
export function literalValue(expression: Expression): Value | undefined {
  switch (expression.kind) {
    case "integer":
      return toInt(expression.value);
    case "unsigned":
    case "number":
      return Number(expression.value);
    case "string":
    case "boolean":
      return expression.value;
    case "duration":
    case "time":
      return toInt(expression.ns);
    default:
      return undefined;
  }
}

function compileLiteral<R>(expression: Expression): Compiled<R> {
  const value = literalValue(expression);
  if (value === undefined) throw new QueryError(`invalid expression type: ${expression.kind}`);
  return { type: literalType(expression), evaluate: () => value };
}

function literalType(expression: Expression): ColumnType {
  switch (expression.kind) {
    case "integer":
    case "duration":
    case "time":
      return "integer";
    case "number":
    case "unsigned":
      return "float";
    case "boolean":
      return "boolean";
    default:
      return "string";
  }
}

function compileMath<R>(call: Call, resolve: Resolve<R>): Compiled<R> {
  const args = call.args.map((arg) => compileExpression(arg, resolve));
  const isInteger = args[0]?.type === "integer";
  const type = isInteger && keepsInteger(call.name) ? "integer" : "float";
  return {
    type,
    evaluate: (row) =>
      computeMath(
        call.name,
        args.map((arg) => arg.evaluate(row)),
        isInteger,
      ),
  };
}

function compileBinary<R>(
  expression: Extract<Expression, { kind: "binary" }>,
  resolve: Resolve<R>,
): Compiled<R> {
  const { operator } = expression;
  const left = compileExpression(expression.left, resolve);
  if (operator === "=~" || operator === "!~") {
    const pattern = regexOf(expression.right);
    return {
      type: "boolean",
      evaluate: (row) => {
        const value = left.evaluate(row);
        return typeof value === "string" && pattern.test(value) === (operator === "=~");
      },
    };
  }
  const right = compileExpression(expression.right, resolve);
  if (operator === "AND" || operator === "OR") {
    const isAnd = operator === "AND";
    return {
      type: "boolean",
      evaluate: (row) =>
        (left.evaluate(row) === true) === isAnd ? right.evaluate(row) === true : !isAnd,
    };
  }
  if (isComparison(operator)) {
    return {
      type: "boolean",
      evaluate: (row) => compare(operator, left.evaluate(row), right.evaluate(row)),
    };
  }
  const type = arithmeticType(operator, left.type, right.type);
  const isInteger = left.type === "integer" && right.type === "integer";
  return {
    type,
    evaluate: (row) => compute(operator, [left.evaluate(row), right.evaluate(row)], isInteger),
  };
}

/** Compiled regular expressions by source; few, since queries name them. */
const patterns = new Map<string, RE2JS>();
const PATTERNS_MAX = 1000;

export function compilePattern(source: string): RE2JS {
  const known = patterns.get(source);
  if (known !== undefined) return known;
  if (patterns.size >= PATTERNS_MAX) patterns.clear();
  const pattern = RE2JS.compile(source);
  patterns.set(source, pattern);
  return pattern;
}

function regexOf(expression: Expression): RE2JS {
  if (expression.kind === "regex") return compilePattern(expression.source);
  throw new QueryError("right side of a regular expression operator must be a regex");
}

type Comparison = "=" | "!=" | "<" | "<=" | ">" | ">=";

function isComparison(operator: BinaryOperator): operator is Comparison {
  return ["=", "!=", "<", "<=", ">", ">="].includes(operator);
}

/** Compares; false when one is missing or the types do not fit. Only numbers have an order. */
export function compare(operator: Comparison, a: Value, b: Value): boolean {
  if (a === null || b === null) return false;
  const isNumeric = isNumber(a) && isNumber(b);
  if (!isNumeric && typeof a !== typeof b) return false;
  switch (operator) {
    case "=":
      return areEqual(a, b);
    case "!=":
      return !areEqual(a, b);
    case "<":
      return isNumeric && a < b;
    case "<=":
      return isNumeric && a <= b;
    case ">":
      return isNumeric && a > b;
    case ">=":
      return isNumeric && a >= b;
  }
}

/** A bigint is no safe integer, so a double equals it at most as a float does. */
function areEqual(a: Value, b: Value): boolean {
  return typeof a === typeof b ? a === b : Number(a) === Number(b);
}

function isNumber(value: Value): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function arithmeticType(
  operator: BinaryOperator,
  left: ColumnType,
  right: ColumnType,
): ColumnType {
  if (left === "boolean" && right === "boolean") return "boolean";
  if (isText(left) && isText(right)) return "string";
  if (left === "integer" && right === "integer") return operator === "/" ? "float" : "integer";
  return left === "unknown" || right === "unknown" ? "unknown" : "float";
}

function isText(type: ColumnType): boolean {
  return type === "string" || type === "tag";
}

function compute(
  operator: BinaryOperator,
  [a, b]: readonly [Value, Value],
  isInteger: boolean,
): Value {
  if (a === null || b === null) return null;
  if (typeof a === "boolean" && typeof b === "boolean") return booleanBits(operator, a, b);
  if (typeof a === "string" && typeof b === "string") return operator === "+" ? a + b : null;
  if (!isNumber(a) || !isNumber(b)) return null;
  return isInteger ? computeInts(operator, a, b) : computeFloats(operator, Number(a), Number(b));
}

function booleanBits(operator: BinaryOperator, a: boolean, b: boolean): Value {
  if (operator === "&") return a && b;
  if (operator === "|") return a || b;
  return operator === "^" ? a !== b : null;
}

function computeInts(operator: BinaryOperator, a: number | bigint, b: number | bigint): Value {
  switch (operator) {
    case "+":
      return addInt(a, b);
    case "-":
      return subtractInt(a, b);
    case "*":
      return multiplyInt(a, b);
    case "/":
      return Number(b) === 0 ? 0 : Number(a) / Number(b);
    case "%":
      return remainderInt(a, b);
    case "&":
    case "|":
    case "^":
      return bitsOfInts(operator, a, b);
    default:
      return null;
  }
}

function computeFloats(operator: BinaryOperator, a: number, b: number): Value {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return b === 0 ? 0 : a / b;
    case "%":
      return a % b;
    case "&":
    case "|":
    case "^":
      // Conditions do not know the types of fields; floats have no bits.
      return Number.isSafeInteger(a) && Number.isSafeInteger(b) ? bitsOfInts(operator, a, b) : null;
    default:
      return null;
  }
}

/** A value cast to a type; null when it cannot be. */
export function castValue(value: Value, type: ColumnType): Value {
  if (value === null) return null;
  switch (type) {
    case "float":
      return isNumber(value) ? Number(value) : null;
    case "integer":
      if (typeof value === "bigint") return value;
      return typeof value === "number" ? truncateToInt(value) : null;
    case "string":
    case "tag":
      return typeof value === "string" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    default:
      return value;
  }
}
