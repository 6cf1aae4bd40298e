/** SELECT statements and the clauses that others have too, as canonical text. */
import { unreachable } from "../base/assert.ts";
import type {
  Expression,
  Field,
  Fill,
  Join,
  Measurement,
  SelectStatement,
  SortField,
  Source,
  Target,
} from "./ast.ts";
import { formatDuration } from "./duration.ts";
import { printExpression } from "./print-expression.ts";
import { quoteName, quoteString } from "./quote.ts";

export function printSelect(select: SelectStatement): string {
  const { fill, timeZone } = select;
  return [
    `SELECT ${select.fields.map(printField).join(", ")}`,
    select.into === undefined ? "" : ` INTO ${printTarget(select.into)}`,
    ` FROM ${printSources(select.sources)}`,
    printCondition(select.condition),
    printDimensions(select.dimensions),
    fill === undefined ? "" : printFill(fill),
    select.having === undefined ? "" : ` HAVING ${printExpression(select.having)}`,
    printOrderBy(select.orderBy),
    printCount("LIMIT", select.limit),
    printCount("OFFSET", select.offset),
    printCount("SLIMIT", select.slimit),
    printCount("SOFFSET", select.soffset),
    timeZone === undefined ? "" : ` TZ(${quoteString(timeZone)})`,
  ].join("");
}

function printField({ expression, alias }: Field): string {
  const text = printExpression(expression);
  return alias === "" ? text : `${text} AS ${quoteName(alias)}`;
}

export function printTarget(target: Target): string {
  return printPath(target, target.isSameName ? ":MEASUREMENT" : quoteName(target.name));
}

/** Writes `last` behind the database and the policy, where they are there. */
function printPath(path: { database: string; policy: string }, last: string): string {
  const database = path.database === "" ? "" : `${quoteName(path.database)}.`;
  const policy = path.policy === "" ? "" : quoteName(path.policy);
  return database + policy + (database + policy === "" ? "" : ".") + last;
}

export function printSources(sources: readonly Source[]): string {
  return sources.map(printSource).join(", ");
}

function printSource(source: Source): string {
  switch (source.kind) {
    case "measurement":
      return printMeasurement(source);
    case "subquery":
      return `(${printSelect(source.statement)})${printAlias(source.alias)}`;
    case "join":
      return printJoin(source);
    case "merge":
      return `merge(${printSources(source.sources)})`;
    default:
      return unreachable(source);
  }
}

export function printMeasurement(source: Measurement): string {
  const { regex, name, alias } = source;
  const last = regex === undefined ? quoteName(name) : printExpression(regex);
  return printPath(source, last) + printAlias(alias);
}

function printAlias(alias: string): string {
  return alias === "" ? "" : ` AS ${quoteName(alias)}`;
}

function printJoin({ type, sources, on, toleranceNs }: Join): string {
  const isPair = type === "pair";
  if (isPair) return `join(${printSources(sources)})`;
  const tolerance = toleranceNs === undefined ? "" : ` TOLERANCE ${formatDuration(toleranceNs)}`;
  const tags = on.length === 0 ? "" : ` ON ${on.map((tag) => quoteName(tag)).join(", ")}`;
  return sources.map(printSource).join(` ${type.toUpperCase()}${tolerance} JOIN `) + tags;
}

export function printCondition(condition: Expression | undefined): string {
  return condition === undefined ? "" : ` WHERE ${printExpression(condition)}`;
}

export function printDimensions(dimensions: readonly Expression[]): string {
  return dimensions.length === 0 ? "" : ` GROUP BY ${dimensions.map(printExpression).join(", ")}`;
}

function printFill(fill: Fill): string {
  return ` fill(${fill.mode === "number" ? printFillValue(fill.value) : fill.mode})`;
}

/** As short as it can be, but a number with a decimal point remains one. */
function printFillValue(value: number | bigint): string {
  if (typeof value === "bigint") return String(value);
  const short = String(value);
  return /^-?\d+\.\d+$/.test(short) ? short : printExpression({ kind: "number", value });
}

export function printOrderBy(fields: readonly SortField[]): string {
  if (fields.length === 0) return "";
  const sorted = fields.map(
    ({ name, isAscending }) => `${quoteName(name)} ${isAscending ? "ASC" : "DESC"}`,
  );
  return ` ORDER BY ${sorted.join(", ")}`;
}

export function printCount(keyword: string, count: number): string {
  return count > 0 ? ` ${keyword} ${count}` : "";
}
