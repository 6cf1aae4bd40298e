/** Reads the text of a streaming query and says what a stream cannot do, and what helps. */
import type { Call, Expression, SelectStatement } from "../../influxql/ast.ts";
import { isMathFunction } from "../../influxql/functions/math.ts";
import { parseQuery } from "../../influxql/parse.ts";
import type { QueryParameters } from "../../influxql/bind-parameters.ts";
import { compileSelect } from "../../influxql/select/compile.ts";
import type { CompiledSelect } from "../../influxql/select/compile.ts";
import { QueryError } from "../../influxql/select/query-error.ts";
import { windowOf } from "../../influxql/select/windows.ts";
import { anyExpression } from "../../influxql/walk.ts";
import type { StreamWindow } from "./query-stream.ts";

export interface StreamStatement {
  readonly statement: SelectStatement;
  /** The window of GROUP BY time that an instant is in; undefined: rows are given one by one. */
  readonly windowOf: ((time: bigint) => StreamWindow) | undefined;
  /** What tells early that a write has nothing: its condition, if its sources are measurements. */
  readonly early: { readonly condition: Expression | undefined } | undefined;
}

/** Throws INVALID_ARGUMENT. `now`: ns since 1970. */
export function streamStatement(
  text: string,
  now: bigint,
  parameters: QueryParameters = {},
): StreamStatement {
  const [statement, ...others] = parseQuery(text, parameters);
  if (statement?.kind !== "select" || others.length > 0) {
    throw new QueryError("a stream is of one SELECT statement");
  }
  if (statement.into !== undefined) {
    throw new QueryError("a stream cannot have INTO: CREATE CONTINUOUS QUERY writes what it finds");
  }
  const compiled = compileSelect(statement, now);
  const { interval } = compiled;
  if (interval === undefined) {
    checkRows(compiled);
    const isPlain = statement.sources.every(({ kind }) => kind === "measurement");
    const early = isPlain ? { condition: compiled.condition } : undefined;
    return { statement, windowOf: undefined, early };
  }
  for (const { expression } of compiled.fields) checkWindows(expression);
  return { statement, windowOf: (time) => windowOf(interval, time), early: undefined };
}

/** Without windows each written point makes its own row. */
function checkRows(compiled: CompiledSelect): void {
  const { statement } = compiled;
  if (!isRawThroughout(compiled)) {
    throw new QueryError("functions need GROUP BY time(...) in a stream: it gives closed windows");
  }
  if (statement.sources.some(({ kind }) => kind === "join")) {
    throw new QueryError("JOIN needs GROUP BY time(...) in a stream");
  }
  const { limit, offset, slimit, soffset, orderBy } = statement;
  if (limit + offset + slimit + soffset > 0 || orderBy.length > 0) {
    throw new QueryError("ORDER BY, LIMIT and OFFSET need GROUP BY time(...) in a stream");
  }
}

function isRawThroughout({ isRaw, subqueries }: CompiledSelect): boolean {
  return isRaw && [...subqueries.values()].every(isRawThroughout);
}

/** Each window is computed alone: functions over several have nothing to compute. */
function checkWindows(expression: Expression): void {
  anyExpression(expression, (part) => {
    if (part.kind !== "call" || isMathFunction(part.name)) return false;
    if (part.args.some((arg) => arg.kind === "call" && isAggregate(arg))) {
      throw new QueryError(`${part.name}() goes over several windows: a stream gives each alone`);
    }
    return false;
  });
}

function isAggregate({ name }: Call): boolean {
  return !isMathFunction(name) && name !== "distinct";
}
