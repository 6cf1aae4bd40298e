/** A SELECT over a span of time: what continuous queries and streams with windows run. */
import type { BinaryOperator, Expression, SelectStatement } from "../../influxql/ast.ts";
import type { TimeSpan } from "./continuous-schedule.ts";

/** The statement with `time >= from AND time < to` beside the conditions it has. */
export function withinSpan(statement: SelectStatement, { from, to }: TimeSpan): SelectStatement {
  const bounds = binary("AND", timeIs(">=", from), timeIs("<", to));
  const { condition } = statement;
  if (condition === undefined) return { ...statement, condition: bounds };
  return { ...statement, condition: binary("AND", { kind: "parens", inner: condition }, bounds) };
}

function timeIs(operator: BinaryOperator, ns: bigint): Expression {
  const time: Expression = { kind: "reference", name: "time", cast: undefined };
  return binary(operator, time, { kind: "time", ns });
}

function binary(operator: BinaryOperator, left: Expression, right: Expression): Expression {
  return { kind: "binary", operator, left, right };
}
