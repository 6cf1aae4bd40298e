/**
 * Checks a SELECT without looking at data, and brings it to one form: constants computed, DISTINCT
 * a call, `time` taken out of the columns, the bounds of time out of the condition. Messages are
 * those of 1.x. Subqueries are compiled along: they inherit bounds, direction and interval.
 */
import type { Call, Expression, Field, SelectStatement } from "../ast.ts";
import { isMathFunction, mathArity } from "../functions/math.ts";
import { printExpression } from "../print-expression.ts";
import { checkCall } from "./check-call.ts";
import type { CallState } from "./check-call.ts";
import { compileInterval } from "./compile-interval.ts";
import { QueryError } from "./query-error.ts";
import { reduceConstants } from "./reduce.ts";
import type { TimeRange } from "./time-condition.ts";
import { intersectRanges, splitCondition } from "./time-condition.ts";
import type { TimeInterval } from "./windows.ts";

export interface CompiledSelect {
  readonly statement: SelectStatement;
  /** Columns without time. */
  readonly fields: readonly Field[];
  readonly timeName: string;
  readonly condition: Expression | undefined;
  readonly range: TimeRange;
  readonly interval: TimeInterval | undefined;
  readonly isAscending: boolean;
  /** Whether there is no call but of mathematical functions. */
  readonly isRaw: boolean;
  /** Whether there is a column that is not inside a call. */
  readonly hasPlainColumns: boolean;
  /** By its statement. */
  readonly subqueries: ReadonlyMap<SelectStatement, CompiledSelect>;
}

export function compileSelect(
  statement: SelectStatement,
  now: bigint,
  parent?: CompiledSelect,
): CompiledSelect {
  const zone = statement.timeZone;
  const split = splitCondition(statement.condition, { now, zone });
  if (split.rest !== undefined) checkCondition(split.rest);
  const own = compileInterval(statement, now);
  const isInherited = own === undefined && parent?.interval !== undefined;
  const interval = own ?? parent?.interval;
  const isAscending = directionOf(statement, parent);
  const bounds =
    split.range.to === undefined && own !== undefined
      ? { from: split.range.from, to: now }
      : split.range;
  const range = parent === undefined ? bounds : intersectRanges(bounds, parent.range);

  let timeName = "time";
  const fields: Field[] = [];
  for (const field of statement.fields) {
    if (isTimeReference(field.expression)) {
      if (field.alias !== "") timeName = field.alias;
    } else {
      const expression = distinctAsCall(reduceConstants(field.expression));
      fields.push({ expression, alias: field.alias });
    }
  }
  const hasInterval = interval !== undefined;
  const state = checkFields(fields, { statement, hasInterval, isInherited });
  const subqueries = new Map<SelectStatement, CompiledSelect>();
  const compiled: CompiledSelect = {
    statement,
    fields,
    timeName,
    condition: split.rest,
    range,
    interval,
    isAscending,
    isRaw: state.calls.length === 0,
    hasPlainColumns: state.hasPlainColumns,
    subqueries,
  };
  for (const inner of innerStatements(statement)) {
    subqueries.set(inner, compileSelect(inner, now, compiled));
  }
  return compiled;
}

function directionOf(statement: SelectStatement, parent: CompiledSelect | undefined): boolean {
  const byTime = statement.orderBy.find((sort) => sort.name.toLowerCase() === "time");
  const own = byTime?.isAscending ?? true;
  if (parent === undefined) return own;
  if (byTime !== undefined && own !== parent.isAscending) {
    throw new QueryError(
      "subqueries must be ordered in the same direction as the query itself",
    );
  }
  return parent.isAscending;
}

function isTimeReference(expression: Expression): boolean {
  return expression.kind === "reference" && expression.name === "time";
}

/** The statements of subqueries among the sources; those inside joins are compiled with them. */
function innerStatements({ sources }: SelectStatement): SelectStatement[] {
  return sources.flatMap((source) => (source.kind === "subquery" ? [source.statement] : []));
}

function distinctAsCall(expression: Expression): Expression {
  switch (expression.kind) {
    case "distinct":
      return {
        kind: "call",
        name: "distinct",
        args: [{ kind: "reference", name: expression.name, cast: undefined }],
      };
    case "call":
      return { ...expression, args: expression.args.map(distinctAsCall) };
    case "parens":
      return { ...expression, inner: distinctAsCall(expression.inner) };
    case "binary":
      return {
        ...expression,
        left: distinctAsCall(expression.left),
        right: distinctAsCall(expression.right),
      };
    default:
      return expression;
  }
}

interface FieldSettings {
  readonly statement: SelectStatement;
  readonly hasInterval: boolean;
  readonly isInherited: boolean;
}

interface FieldState extends CallState {
  hasPlainColumns: boolean;
}

function checkFields(fields: readonly Field[], settings: FieldSettings): FieldState {
  const { statement, hasInterval, isInherited } = settings;
  const state: FieldState = {
    calls: [],
    isOnlySelectors: true,
    hasDistinct: false,
    topOrBottom: "",
    hasPlainColumns: false,
    hasInterval,
    isInheritedInterval: isInherited,
    limit: statement.limit,
    hasTarget: statement.into !== undefined,
  };
  for (const field of fields) checkExpression(field.expression, state, true);
  if (fields.length === 0) throw new QueryError("at least 1 non-time field must be queried");
  if (state.calls.length > 1 && state.topOrBottom !== "") {
    throw new QueryError(
      `selector function ${state.topOrBottom}() cannot be combined with other functions`,
    );
  }
  if (state.calls.length === 0) {
    const mode = statement.fill?.mode;
    if (mode === "none" || mode === "linear") {
      throw new QueryError(`fill(${mode}) must be used with a function`);
    }
    if (hasInterval && !isInherited) {
      throw new QueryError("GROUP BY requires at least one aggregate function");
    }
  }
  if (state.hasDistinct && (state.calls.length !== 1 || state.hasPlainColumns)) {
    throw new QueryError(
      "aggregate function distinct() cannot be combined with other functions or fields",
    );
  }
  if (state.hasPlainColumns && !state.isOnlySelectors) {
    throw new QueryError("mixing aggregate and non-aggregate queries is not supported");
  }
  if (state.hasPlainColumns && state.calls.length > 1) {
    throw new QueryError(
      "mixing multiple selector functions with tags or fields is not supported",
    );
  }
  return state;
}

function checkExpression(expression: Expression, state: FieldState, allowsWildcard: boolean): void {
  switch (expression.kind) {
    case "reference":
      state.hasPlainColumns = true;
      return;
    case "wildcard":
    case "regex":
      if (!allowsWildcard) {
        const what = expression.kind === "regex" ? "regex" : "wildcard";
        throw new QueryError(`unable to use ${what} in a binary expression`);
      }
      state.hasPlainColumns = true;
      return;
    case "call":
      if (isMathFunction(expression.name)) checkMath(expression, state, allowsWildcard);
      else {
        if (usesTags(expression)) state.hasPlainColumns ||= !state.hasTarget;
        checkCall(expression, state, allowsWildcard);
      }
      return;
    case "parens":
      checkExpression(expression.inner, state, allowsWildcard);
      return;
    case "binary":
      checkBinary(expression, state);
      return;
    case "integer":
    case "unsigned":
    case "number":
    case "string":
    case "boolean":
    case "duration":
    case "time":
    case "list":
      throw new QueryError("field must contain at least one variable");
    default:
      throw new QueryError("unimplemented");
  }
}

/** Whether it is top() or bottom() with tags, which are columns of their own. */
function usesTags(call: Call): boolean {
  return (call.name === "top" || call.name === "bottom") && call.args.length > 2;
}

function checkBinary(
  expression: Extract<Expression, { kind: "binary" }>,
  state: FieldState,
): void {
  const operands = [expression.left, expression.right].filter((part) => !isLiteral(part));
  if (operands.length === 0) {
    throw new QueryError("cannot perform a binary expression on two literals");
  }
  for (const operand of operands) checkExpression(operand, state, false);
}

function isLiteral(expression: Expression): boolean {
  return ["integer", "unsigned", "number", "string", "boolean", "duration", "time", "regex"]
    .includes(expression.kind);
}

function checkMath(call: Call, state: FieldState, allowsWildcard: boolean): void {
  const expected = mathArity(call.name);
  const got = call.args.length;
  if (got !== expected) {
    throw new QueryError(
      `invalid number of arguments for ${call.name}, expected ${expected}, got ${got}`,
    );
  }
  for (const arg of call.args) {
    if (!isLiteral(arg)) checkExpression(arg, state, allowsWildcard);
  }
}

/** Only mathematical functions may stand in a condition. */
function checkCondition(condition: Expression): void {
  if (condition.kind === "call") {
    if (!isMathFunction(condition.name)) {
      throw new QueryError(`invalid function call in condition: ${printExpression(condition)}`);
    }
    const expected = mathArity(condition.name);
    const got = condition.args.length;
    if (got !== expected) {
      throw new QueryError(
        `invalid number of arguments for ${condition.name}, expected ${expected}, got ${got}`,
      );
    }
    condition.args.forEach(checkCondition);
  }
  if (condition.kind === "binary") {
    checkCondition(condition.left);
    checkCondition(condition.right);
  }
  if (condition.kind === "parens" || condition.kind === "not") checkCondition(condition.inner);
}
