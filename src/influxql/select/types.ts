/** Types of expressions, and the errors of 1.x for those that do not fit together. */
import type { Binary, Call, Expression, Reference } from "../ast.ts";
import { isMathFunction, keepsInteger } from "../functions/math.ts";
import { isIndicator } from "../functions/technical-analysis.ts";
import type { ColumnType } from "../result.ts";
import { printExpression } from "../print-expression.ts";
import { QueryError } from "./query-error.ts";

/** The type a name has in the sources. */
export type TypeOfReference = (reference: Reference) => ColumnType;

/** The type a cast asks for; undefined: it asks for none. */
export function castType(reference: Reference): ColumnType | undefined {
  switch (reference.cast) {
    case "float":
    case "integer":
    case "string":
    case "boolean":
    case "tag":
      return reference.cast;
    case "unsigned":
      return "integer";
    default:
      return undefined;
  }
}

/** Order in which types win when sources differ. */
const ranks: readonly ColumnType[] = ["float", "integer", "string", "boolean", "tag", "unknown"];

export function strongerType(a: ColumnType, b: ColumnType): ColumnType {
  return ranks.indexOf(a) <= ranks.indexOf(b) ? a : b;
}

/** Type of an expression; checks operands on the way. */
export function typeOf(expression: Expression, typeOfReference: TypeOfReference): ColumnType {
  switch (expression.kind) {
    case "reference":
      return typeOfReference(expression);
    case "call":
      return callType(expression, typeOfReference);
    case "parens":
      return typeOf(expression.inner, typeOfReference);
    case "binary":
      return binaryType(expression, typeOfReference);
    case "integer":
    case "duration":
      return "integer";
    case "number":
    case "unsigned":
      return "float";
    case "string":
      return "string";
    case "boolean":
      return "boolean";
    default:
      return "unknown";
  }
}

const floatFunctions: ReadonlySet<string> = new Set([
  "mean",
  "median",
  "integral",
  "stddev",
  "derivative",
  "non_negative_derivative",
  "moving_average",
  "holt_winters",
  "holt_winters_with_fit",
]);

function callType(call: Call, typeOfReference: TypeOfReference): ColumnType {
  const first = call.args[0];
  const type = first === undefined ? "unknown" : typeOf(first, typeOfReference);
  for (const arg of call.args.slice(1)) typeOf(arg, typeOfReference);
  if (type === "unknown") return "unknown";
  const { name } = call;
  if (isMathFunction(name)) {
    return type === "integer" && keepsInteger(name) ? "integer" : "float";
  }
  if (name === "count" || name === "elapsed") return "integer";
  if (floatFunctions.has(name) || isIndicator(name)) return "float";
  return name === "histogram" ? "integer" : type;
}

function binaryType(binary: Binary, typeOfReference: TypeOfReference): ColumnType {
  const left = typeOf(binary.left, typeOfReference);
  const right = typeOf(binary.right, typeOfReference);
  if (left === "unknown" || right === "unknown") return left === "unknown" ? right : left;
  const { operator } = binary;
  const isBits = operator === "&" || operator === "|" || operator === "^";
  if (left === "boolean" && right === "boolean" && isBits) return "boolean";
  if (left === "integer" && right === "integer") {
    if (binary.left.kind === "unsigned" || binary.right.kind === "unsigned") fail(binary);
    return operator === "/" ? "float" : "integer";
  }
  const isNumeric = (type: ColumnType): boolean => type === "integer" || type === "float";
  if (isNumeric(left) && isNumeric(right) && !isBits) {
    checkUnsigned(binary, left, right);
    return "float";
  }
  throw new QueryError(
    `type error: ${typedText(binary, typeOfReference)}: incompatible types: ${left} and ${right}`,
  );
}

function fail(binary: Binary): never {
  throw new QueryError(`type error: ${printExpression(binary)}: an explicit cast is required`);
}

/** An integer field and a number beyond int64 do not go together. */
function checkUnsigned(binary: Binary, left: ColumnType, right: ColumnType): void {
  const isBeyond =
    (left === "integer" && binary.right.kind === "unsigned") ||
    (right === "integer" && binary.left.kind === "unsigned");
  if (!isBeyond) return;
  const { operator } = binary;
  const text = `${withType(binary.left, left)} ${operator} ${withType(binary.right, right)}`;
  throw new QueryError(
    `type error: ${text}: cannot use ${operator} with an integer and unsigned literal`,
  );
}

function withType(expression: Expression, type: ColumnType): string {
  const text = printExpression(expression);
  return expression.kind === "reference" ? `${text}::${type}` : text;
}

function typedText(expression: Expression, typeOfReference: TypeOfReference): string {
  switch (expression.kind) {
    case "reference":
      return `${expression.name}::${typeOfReference(expression)}`;
    case "binary": {
      const left = typedText(expression.left, typeOfReference);
      return `${left} ${expression.operator} ${typedText(expression.right, typeOfReference)}`;
    }
    case "parens":
      return `(${typedText(expression.inner, typeOfReference)})`;
    case "call": {
      const args = expression.args.map((arg) => typedText(arg, typeOfReference));
      return `${expression.name}(${args.join(", ")})`;
    }
    default:
      return printExpression(expression);
  }
}
