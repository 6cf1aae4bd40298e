/** The SHOW statements. */
import type { Expression, Measurement, ShowParts, ShowStatement, SortField } from "./ast.ts";
import {
  parseCondition,
  parseCount,
  parseDimensions,
  parseOn,
  parseOrderBy,
  parseTagKeyFilter,
  parseText,
} from "./parse-clauses.ts";
import { ParseError } from "./parse-error.ts";
import { parseName } from "./parse-expression.ts";
import { parseMeasurement, parseMeasurements } from "./parse-source.ts";
import { isWord } from "./token.ts";
import type { TokenCursor } from "./token-cursor.ts";

type CardinalityOf = Extract<ShowStatement, { kind: "show cardinality" }>["of"];

const showWords = [
  ..."CONTINUOUS DATABASES DIAGNOSTICS FIELD GRANTS MEASUREMENT MEASUREMENTS QUERIES".split(" "),
  ..."RETENTION SERIES SHARD SHARDS STATS SUBSCRIPTIONS TAG USERS".split(" "),
];

/** Reads a SHOW statement behind its first word. */
export function parseShow(cursor: TokenCursor): ShowStatement {
  const token = cursor.next();
  switch (token.kind) {
    case "CONTINUOUS":
      cursor.expect("QUERIES");
      return { kind: "show continuous queries" };
    case "DATABASES":
      return { kind: "show databases" };
    case "DIAGNOSTICS":
      return { kind: "show diagnostics", module: parseModule(cursor) };
    case "FIELD":
      return parseShowField(cursor);
    case "GRANTS":
      cursor.expect("FOR");
      return { kind: "show grants", user: parseName(cursor) };
    case "MEASUREMENT":
      return parseCardinality(cursor, "measurement", acceptExact(cursor));
    case "MEASUREMENTS":
      return parseShowMeasurements(cursor);
    case "QUERIES":
      return { kind: "show queries" };
    case "RETENTION":
      cursor.expect("POLICIES");
      return { kind: "show retention policies", database: parseOn(cursor) };
    case "SERIES":
      return parseShowSeries(cursor);
    case "SHARD":
      cursor.expect("GROUPS");
      return { kind: "show shard groups" };
    case "SHARDS":
      return { kind: "show shards" };
    case "STATS":
      return { kind: "show stats", module: parseModule(cursor) };
    case "SUBSCRIPTIONS":
      return { kind: "show subscriptions" };
    case "TAG":
      return parseShowTag(cursor);
    case "USERS":
      return { kind: "show users" };
    default:
      break;
  }
  if (isWord(token, "bindings")) return { kind: "show bindings", database: parseOn(cursor) };
  if (isWord(token, "api")) {
    cursor.expect("KEYS");
    return { kind: "show api keys", database: parseOn(cursor) };
  }
  throw cursor.unexpected(token, ...showWords);
}

function parseModule(cursor: TokenCursor): string {
  return cursor.accept("FOR") ? parseText(cursor) : "";
}

function parseFrom(cursor: TokenCursor): Measurement[] {
  return cursor.accept("FROM") ? parseMeasurements(cursor) : [];
}

function parseShowSeries(cursor: TokenCursor): ShowStatement {
  const isExact = cursor.accept("EXACT");
  if (cursor.accept("CARDINALITY")) return parseCardinalityParts(cursor, "series", isExact);
  return { kind: "show series", ...parseShowParts(cursor) };
}

function parseShowParts(cursor: TokenCursor): ShowParts {
  return {
    database: parseOn(cursor),
    sources: parseFrom(cursor),
    ...parseShowTail(cursor),
  };
}

/** WHERE, ORDER BY, LIMIT and OFFSET. */
function parseShowTail(cursor: TokenCursor): Omit<ShowParts, "database" | "sources"> {
  return {
    condition: parseCondition(cursor),
    orderBy: parseTimeOrder(cursor),
    limit: parseCount(cursor, "LIMIT"),
    offset: parseCount(cursor, "OFFSET"),
  };
}

/** ORDER BY, which SHOW takes and does not need. */
function parseTimeOrder(cursor: TokenCursor): SortField[] {
  const fields = parseOrderBy(cursor);
  if (fields.every(({ name }) => name === "time")) return fields;
  throw new ParseError("only ORDER BY time supported at this time");
}

function parseShowMeasurements(cursor: TokenCursor): ShowStatement {
  const database = parseOn(cursor);
  const filter = cursor.accept("WITH") ? parseMeasurementFilter(cursor) : undefined;
  return { kind: "show measurements", database, sources: [], filter, ...parseShowTail(cursor) };
}

function parseMeasurementFilter(cursor: TokenCursor): Measurement {
  cursor.expect("MEASUREMENT");
  const token = cursor.next();
  if (token.kind !== "=" && token.kind !== "=~") throw cursor.unexpected(token, "=", "=~");
  return parseMeasurement(cursor);
}

function parseShowTag(cursor: TokenCursor): ShowStatement {
  const token = cursor.next();
  switch (token.kind) {
    case "KEY":
      return parseCardinality(cursor, "tag key", acceptExact(cursor));
    case "KEYS":
      return parseShowTagKeys(cursor);
    case "VALUES":
      return parseShowTagValues(cursor);
    default:
      throw cursor.unexpected(token, "KEY", "KEYS", "VALUES");
  }
}

function parseShowTagKeys(cursor: TokenCursor): ShowStatement {
  const database = parseOn(cursor);
  const sources = parseFrom(cursor);
  const filter = cursor.peek().kind === "WITH" ? parseTagKeyFilter(cursor) : undefined;
  const tail = parseShowTail(cursor);
  const slimit = parseCount(cursor, "SLIMIT");
  const soffset = parseCount(cursor, "SOFFSET");
  return { kind: "show tag keys", database, sources, filter, ...tail, slimit, soffset };
}

function parseShowTagValues(cursor: TokenCursor): ShowStatement {
  const token = cursor.next();
  if (token.kind === "EXACT") return parseCardinality(cursor, "tag values", true);
  if (token.kind === "CARDINALITY") return parseCardinalityParts(cursor, "tag values", false);
  cursor.back();
  const database = parseOn(cursor);
  const sources = parseFrom(cursor);
  const filter = parseTagKeyFilter(cursor);
  return { kind: "show tag values", database, sources, filter, ...parseShowTail(cursor) };
}

function parseShowField(cursor: TokenCursor): ShowStatement {
  const token = cursor.next();
  if (token.kind === "KEY") return parseCardinality(cursor, "field key", acceptExact(cursor));
  if (token.kind !== "KEYS") throw cursor.unexpected(token, "KEY", "KEYS");
  return {
    kind: "show field keys",
    database: parseOn(cursor),
    sources: parseFrom(cursor),
    condition: undefined,
    orderBy: parseTimeOrder(cursor),
    limit: parseCount(cursor, "LIMIT"),
    offset: parseCount(cursor, "OFFSET"),
  };
}

function acceptExact(cursor: TokenCursor): boolean {
  return cursor.accept("EXACT");
}

/** Reads CARDINALITY and what follows. */
function parseCardinality(cursor: TokenCursor, of: CardinalityOf, isExact: boolean): ShowStatement {
  const token = cursor.next();
  if (token.kind === "CARDINALITY") return parseCardinalityParts(cursor, of, isExact);
  throw cursor.unexpected(token, ...(isExact ? [] : ["EXACT"]), "CARDINALITY");
}

function parseCardinalityParts(
  cursor: TokenCursor,
  of: CardinalityOf,
  isExact: boolean,
): ShowStatement {
  const database = parseOn(cursor);
  const sources = parseFrom(cursor);
  const filter = of === "tag values" ? parseTagKeyFilter(cursor) : undefined;
  const condition: Expression | undefined = parseCondition(cursor);
  const dimensions = parseDimensions(cursor);
  return {
    kind: "show cardinality",
    of,
    isExact,
    database,
    sources,
    filter,
    condition,
    dimensions,
    orderBy: [],
    limit: parseCount(cursor, "LIMIT"),
    offset: parseCount(cursor, "OFFSET"),
  };
}
