/** Arithmetic on constants is done before a query runs: `2 * 3 * x` becomes `6 * x`. */
import type { BinaryOperator, Expression } from "../ast.ts";
import { QueryError } from "./query-error.ts";

/** The expression with its constant parts computed. */
export function reduceConstants(expression: Expression): Expression {
  switch (expression.kind) {
    case "parens": {
      const inner = reduceConstants(expression.inner);
      return inner.kind === "binary" ? { kind: "parens", inner } : inner;
    }
    case "call":
      return { ...expression, args: expression.args.map(reduceConstants) };
    case "binary": {
      const left = reduceConstants(expression.left);
      const right = reduceConstants(expression.right);
      const { operator } = expression;
      return reduceNumbers(operator, left, right) ?? { kind: "binary", operator, left, right };
    }
    default:
      return expression;
  }
}

function reduceNumbers(
  operator: BinaryOperator,
  left: Expression,
  right: Expression,
): Expression | undefined {
  if (left.kind === "integer" && right.kind === "integer") {
    return reduceIntegers(operator, left.value, right.value);
  }
  if (left.kind === "duration" && right.kind === "duration") {
    if (operator === "+") return { ...left, ns: left.ns + right.ns };
    if (operator === "-") return { ...left, ns: left.ns - right.ns };
  }
  const isNumeric = (part: Expression): part is Extract<Expression, { value: number | bigint }> =>
    part.kind === "integer" || part.kind === "number";
  if (!isNumeric(left) || !isNumeric(right)) return undefined;
  const value = floatResult(operator, Number(left.value), Number(right.value));
  return value === undefined ? undefined : { kind: "number", value };
}

function reduceIntegers(operator: BinaryOperator, a: bigint, b: bigint): Expression | undefined {
  const integer = (value: bigint): Expression => ({
    kind: "integer",
    value: BigInt.asIntN(64, value),
  });
  switch (operator) {
    case "+":
      return integer(a + b);
    case "-":
      return integer(a - b);
    case "*":
      return integer(a * b);
    case "/":
      return { kind: "number", value: b === 0n ? 0 : Number(a) / Number(b) };
    case "%":
      return integer(b === 0n ? 0n : a % b);
    case "&":
      return integer(a & b);
    case "|":
      return integer(a | b);
    case "^":
      return integer(a ^ b);
    default:
      return undefined;
  }
}

function floatResult(operator: BinaryOperator, a: number, b: number): number | undefined {
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
      throw new QueryError(`invalid operator ${operator} for floats`);
    default:
      return undefined;
  }
}
