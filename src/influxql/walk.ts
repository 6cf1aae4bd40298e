/** Walks over syntax trees. */
import type { Expression } from "./ast.ts";
import { unreachable } from "../base/assert.ts";

/** The expressions directly inside. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "call":
      return expression.args;
    case "binary":
      return [expression.left, expression.right];
    case "parens":
    case "not":
      return [expression.inner];
    case "in":
      return [expression.operand, ...expression.items];
    case "between":
      return [expression.operand, expression.low, expression.high];
    case "integer":
    case "unsigned":
    case "number":
    case "string":
    case "boolean":
    case "duration":
    case "time":
    case "regex":
    case "list":
    case "reference":
    case "distinct":
    case "wildcard":
      return [];
    default:
      return unreachable(expression);
  }
}

/** Whether `test` holds for the expression or one inside it; left to right, parents first. */
export function anyExpression(
  expression: Expression,
  test: (part: Expression) => boolean,
): boolean {
  return test(expression) || partsOf(expression).some((part) => anyExpression(part, test));
}
