/**
 * The condition of WHERE on tags and fields. For a series its tags are known: what compares them is
 * decided once (`reduceForTags`), and only what remains is asked of every point, a batch at a time
 * (`compileFilter`).
 *
 * A name that is neither a field nor a tag is a tag that no series has: its value is "".
 */
import type { Binary, BinaryOperator, Expression } from "../ast.ts";
import { fieldType } from "../../models/series/field-type.ts";
import { anyExpression } from "../walk.ts";
import { compileExpression, compilePattern, literalValue } from "./evaluate.ts";
import type { Points } from "./points.ts";
import { has } from "./points.ts";
import { QueryError } from "./query-error.ts";

export interface TagNames {
  /** Whether a name is that of a field. */
  readonly isField: (name: string) => boolean;
  /** The value of a tag of the series, "" if it has none; undefined: there is no such name. */
  readonly tag: (name: string) => string | undefined;
}

/** The condition with everything about tags decided: true and false, or what remains. */
export function reduceForTags(condition: Expression, names: TagNames): Expression | boolean {
  switch (condition.kind) {
    case "parens":
      return reduceForTags(condition.inner, names);
    case "boolean":
      return condition.value;
    case "not": {
      const inner = reduceForTags(condition.inner, names);
      return typeof inner === "boolean" ? !inner : { kind: "not", inner };
    }
    case "binary":
      return reduceBinary(condition, names);
    default:
      return decided(withTags(condition, names));
  }
}

function reduceBinary(condition: Binary, names: TagNames): Expression | boolean {
  const { operator } = condition;
  if (operator !== "AND" && operator !== "OR") return reduceComparison(condition, names);
  const left = reduceForTags(condition.left, names);
  const right = reduceForTags(condition.right, names);
  const isAnd = operator === "AND";
  if (typeof left === "boolean") return left === isAnd ? right : !isAnd;
  if (typeof right === "boolean") return right === isAnd ? left : !isAnd;
  return { kind: "binary", operator, left, right };
}

function reduceComparison(condition: Binary, names: TagNames): Expression | boolean {
  const { operator, left, right } = condition;
  const leftTag = tagNamed(left, names);
  const rightTag = tagNamed(right, names);
  if (leftTag !== undefined && rightTag !== undefined) {
    return bothTags(operator, names.tag(leftTag) ?? "", names.tag(rightTag) ?? "");
  }
  // Tags are equal, or match, or not: they have no order.
  const isTag = leftTag !== undefined || rightTag !== undefined;
  if (isTag && ["<", "<=", ">", ">="].includes(operator)) return false;
  return decided({
    kind: "binary",
    operator,
    left: withTags(left, names),
    right: withTags(right, names),
  });
}

/** Two tags compared: as in 1.x it only counts whether the series has them. */
function bothTags(operator: BinaryOperator, left: string, right: string): boolean {
  return operator === "=" ? left !== "" && right !== "" && left === right : left !== right;
}

function tagNamed(expression: Expression, names: TagNames): string | undefined {
  if (expression.kind === "parens") return tagNamed(expression.inner, names);
  if (expression.kind !== "reference") return undefined;
  const isTag = expression.cast === "tag" || !names.isField(expression.name);
  return isTag ? expression.name : undefined;
}

/** The expression with tags replaced by their values. */
function withTags(expression: Expression, names: TagNames): Expression {
  switch (expression.kind) {
    case "reference": {
      const name = tagNamed(expression, names);
      if (name === undefined) return expression;
      const value = names.tag(name);
      return value === undefined ? expression : { kind: "string", value };
    }
    case "parens":
      return withTags(expression.inner, names);
    case "call":
      return { ...expression, args: expression.args.map((arg) => withTags(arg, names)) };
    case "binary":
      return {
        ...expression,
        left: withTags(expression.left, names),
        right: withTags(expression.right, names),
      };
    case "in":
      return {
        ...expression,
        operand: withTags(expression.operand, names),
        items: expression.items.map((item) => withTags(item, names)),
      };
    case "between":
      return {
        ...expression,
        operand: withTags(expression.operand, names),
        low: withTags(expression.low, names),
        high: withTags(expression.high, names),
      };
    default:
      return expression;
  }
}

/** True or false if no field is left inside. */
function decided(condition: Expression): Expression | boolean {
  if (anyExpression(condition, ({ kind }) => kind === "reference")) return condition;
  const compiled = compileExpression<undefined>(condition, () => {
    throw new QueryError("invalid condition expression");
  });
  return compiled.evaluate(undefined) === true;
}

/** Tells which points of a batch fulfil a condition: 1 or 0 of each. */
export type Filter = (points: Points) => Uint8Array;

export function compileFilter(condition: Expression, slotOf: (name: string) => number): Filter {
  if (condition.kind === "binary" && ["AND", "OR"].includes(condition.operator)) {
    const left = compileFilter(condition.left, slotOf);
    const right = compileFilter(condition.right, slotOf);
    const isAnd = condition.operator === "AND";
    return (points) => combine(left(points), right(points), isAnd);
  }
  return compileNumberFilter(condition, slotOf) ?? compileRowFilter(condition, slotOf);
}

function combine(left: Uint8Array, right: Uint8Array, isAnd: boolean): Uint8Array {
  for (let i = 0; i < left.length; i++) {
    const both = (left[i] ?? 0) + (right[i] ?? 0);
    left[i] = both >= (isAnd ? 2 : 1) ? 1 : 0;
  }
  return left;
}

function compileRowFilter(condition: Expression, slotOf: (name: string) => number): Filter {
  interface Row {
    readonly points: Points;
    readonly row: number;
  }
  const compiled = compileExpression<Row>(condition, (leaf) => {
    if (leaf.kind === "call") {
      throw new QueryError(`invalid function call in condition: ${leaf.name}()`);
    }
    const slot = slotOf(leaf.name);
    return { type: "unknown", evaluate: ({ points, row }) => points.value(slot, row) };
  });
  return (points) => {
    const mask = new Uint8Array(points.count);
    for (let row = 0; row < mask.length; row++) {
      if (compiled.evaluate({ points, row }) === true) mask[row] = 1;
    }
    return mask;
  };
}

const comparisons: Partial<Record<BinaryOperator, (mask: Uint8Array, value: Comparand) => void>> = {
  "=": (mask, { values, limit }) => {
    for (let i = 0; i < mask.length; i++) if (values[i] === limit) mask[i] = 1;
  },
  "!=": (mask, { values, limit }) => {
    for (let i = 0; i < mask.length; i++) if (values[i] !== limit) mask[i] = 1;
  },
  "<": (mask, { values, limit }) => {
    for (let i = 0; i < mask.length; i++) if ((values[i] ?? NaN) < limit) mask[i] = 1;
  },
  "<=": (mask, { values, limit }) => {
    for (let i = 0; i < mask.length; i++) if ((values[i] ?? NaN) <= limit) mask[i] = 1;
  },
  ">": (mask, { values, limit }) => {
    for (let i = 0; i < mask.length; i++) if ((values[i] ?? NaN) > limit) mask[i] = 1;
  },
  ">=": (mask, { values, limit }) => {
    for (let i = 0; i < mask.length; i++) if ((values[i] ?? NaN) >= limit) mask[i] = 1;
  },
};

interface Comparand {
  readonly values: Float64Array;
  readonly limit: number;
}

/** `field > 90` over doubles, the usual case, without a value per point. */
function compileNumberFilter(
  condition: Expression,
  slotOf: (name: string) => number,
): Filter | undefined {
  if (condition.kind !== "binary" || condition.left.kind !== "reference") return undefined;
  const limit = literalValue(condition.right);
  const fill = comparisons[condition.operator];
  if (typeof limit !== "number" || fill === undefined) return undefined;
  const slot = slotOf(condition.left.name);
  const byRow = compileRowFilter(condition, slotOf);
  return (points) => {
    const column = points.column(slot);
    const mask = new Uint8Array(points.count);
    if (column === undefined) return mask;
    if (column.type !== fieldType.float && column.type !== fieldType.integer) return mask;
    if (!(column.values instanceof Float64Array)) return byRow(points);
    fill(mask, { values: column.values, limit });
    if (column.present !== undefined) {
      for (let i = 0; i < mask.length; i++) if (!has(column, i)) mask[i] = 0;
    }
    return mask;
  };
}

/** Whether a name in a regular expression's condition fits; for the index. */
export function matches(operator: BinaryOperator, value: string, operand: Expression): boolean {
  if (operand.kind === "regex") {
    return compilePattern(operand.source).test(value) === (operator === "=~");
  }
  const literal = literalValue(operand);
  return operator === "=" ? value === literal : operator === "!=" && value !== literal;
}
