/**
 * EXPLAIN: what a SELECT would read, found from the catalog and the index of tags without reading
 * points. In the form of 1.x: for each function (or once, for columns alone) the expression with
 * the types of its columns, and how many series it is computed from.
 */
import type { Call, Expression, Measurement, SelectStatement, Source } from "../../influxql/ast.ts";
import { isMathFunction } from "../../influxql/functions/math.ts";
import { printExpression } from "../../influxql/print-expression.ts";
import type { SelectContext } from "../../influxql/result.ts";
import type { MeasurementInfo } from "../../influxql/select-data.ts";
import { compileSelect } from "../../influxql/select/compile.ts";
import { compilePattern } from "../../influxql/select/evaluate.ts";
import { findSeries } from "../../influxql/select/series-finder.ts";
import { splitCondition } from "../../influxql/select/time-condition.ts";
import { partsOf } from "../../influxql/walk.ts";
import { fieldTypeName } from "../../models/series/field-type.ts";

/** What the answer needs of a query's context. */
export type ExplainContext = Pick<SelectContext, "data" | "database" | "policy" | "now">;

/** The lines of the answer. Throws for a database or policy that is not there. */
export function explainLines(select: SelectStatement, context: ExplainContext): string[] {
  // What 1.x refuses to run it refuses to explain.
  compileSelect(select, context.now);
  const { rest } = splitCondition(select.condition, { now: context.now, zone: select.timeZone });
  const infos = select.sources.flatMap((source) => measurementsIn(source, context));
  const series = infos.reduce((sum, info) => {
    const isField = (name: string): boolean => info.fields.some((field) => field.name === name);
    return sum + findSeries(rest, { data: context.data, info, isField }).length;
  }, 0);
  const typed = (expression: Expression): Expression => withTypes(expression, infos);
  const count = `NUMBER OF SERIES: ${series}`;
  const expressions = select.fields.map(({ expression }) => expression);
  const calls = expressions.flatMap(callsIn);
  const columns = expressions.flatMap(columnsIn).map((each) => printExpression(typed(each)));
  const auxiliary = columns.length === 0 ? [] : [`AUXILIARY FIELDS: ${columns.join(", ")}`];
  if (calls.length === 0) return ["EXPRESSION: <nil>", ...auxiliary, count];
  return calls.flatMap((call, at) => {
    const head = at === 0 ? [] : [""];
    return [...head, `EXPRESSION: ${printExpression(typed(call))}`, ...auxiliary, count];
  });
}

function measurementsIn(source: Source, context: ExplainContext): readonly MeasurementInfo[] {
  switch (source.kind) {
    case "measurement": {
      const { data } = context;
      const database = source.database === "" ? context.database : source.database;
      const isOwn = source.policy === "" && database === context.database;
      const policyId = data.policyId(database, isOwn ? context.policy : source.policy);
      const names = namesOf(source, data.measurementNames(policyId));
      return names.flatMap((name) => data.measurement(policyId, name) ?? []);
    }
    case "subquery":
      return source.statement.sources.flatMap((inner) => measurementsIn(inner, context));
    default:
      return source.sources.flatMap((inner) => measurementsIn(inner, context));
  }
}

function namesOf({ name, regex }: Measurement, all: Iterable<string>): readonly string[] {
  if (regex === undefined) return [name];
  const pattern = compilePattern(regex.source);
  return [...all].filter((each) => pattern.matcher(each).find());
}

/** The calls that read points, outermost first and none inside another. */
function callsIn(expression: Expression): readonly Call[] {
  if (expression.kind === "call" && !isMathFunction(expression.name)) return [expression];
  return partsOf(expression).flatMap(callsIn);
}

/** Columns outside of calls. */
function columnsIn(expression: Expression): readonly Expression[] {
  if (expression.kind === "call" && !isMathFunction(expression.name)) return [];
  const isColumn = expression.kind === "reference" && expression.name !== "time";
  if (isColumn || expression.kind === "wildcard") return [expression];
  return partsOf(expression).flatMap(columnsIn);
}

/** The same, with the type of each column that is a field or a tag. */
function withTypes(expression: Expression, infos: readonly MeasurementInfo[]): Expression {
  if (expression.kind === "call") {
    return { ...expression, args: expression.args.map((each) => withTypes(each, infos)) };
  }
  if (expression.kind !== "reference" || expression.cast !== undefined) return expression;
  const { name } = expression;
  const fields = infos.flatMap((info) => info.fields);
  const field = fields.find((each) => each.name === name);
  if (field !== undefined) return { ...expression, cast: fieldTypeName(field.type) };
  const isTag = infos.some(({ tagKeys }) => tagKeys.includes(name));
  return isTag ? { ...expression, cast: "tag" } : expression;
}
