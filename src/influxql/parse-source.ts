/**
 * What stands behind FROM: measurements by name or regular expression, subqueries, joins and
 * merges, between commas.
 *
 *   a AS x INNER JOIN b AS y ON host        left, full; asof [TOLERANCE d]
 *   a AS x INNER JOIN b AS y                the pairing rule of 0.8, also join(a, b, c), join(/re/)
 *   merge(a, b), merge(/re/), a MERGE b
 *
 * JOIN, MERGE and the words before them are reserved here only: as names of measurements they
 * need no quotes.
 */
import type { Join, JoinType, Measurement, SelectStatement, Source } from "./ast.ts";
import { parseDuration } from "./duration.ts";
import { parseName, parseNames, parseRegex, parseSegments } from "./parse-expression.ts";
import { isWord } from "./token.ts";
import type { Token } from "./token.ts";
import type { TokenCursor } from "./token-cursor.ts";

/** Reads a SELECT behind its first word; the parser of sources is given it to read subqueries. */
export type ParseSubquery = (cursor: TokenCursor) => SelectStatement;

/** Sources of a SELECT. */
export function parseSources(cursor: TokenCursor, parseSubquery: ParseSubquery): Source[] {
  const sources: Source[] = [];
  do sources.push(parseJoined(cursor, parseSubquery));
  while (cursor.accept(","));
  return sources;
}

/** Sources of all other statements: measurements only. */
export function parseMeasurements(cursor: TokenCursor): Measurement[] {
  const measurements: Measurement[] = [];
  do measurements.push(parseMeasurement(cursor));
  while (cursor.accept(","));
  return measurements;
}

/** A measurement without its alias. */
export function parseMeasurement(cursor: TokenCursor): Measurement {
  const regex = parseRegex(cursor);
  if (regex !== undefined) return measurement([], regex);
  const segments = parseSegments(cursor);
  if (segments.length === 3) return measurement(segments, undefined);
  return measurement(segments, parseRegex(cursor));
}

/** Segments are db, policy and name from the right; with a regex it stands for the name. */
function measurement(segments: readonly string[], regex: Measurement["regex"]): Measurement {
  const parts = regex === undefined ? segments : [...segments, ""];
  const [name = "", policy = "", database = ""] = parts.toReversed();
  return { kind: "measurement", database, policy, name, regex, alias: "" };
}

function parseJoined(cursor: TokenCursor, parseSubquery: ParseSubquery): Source {
  const first = parseSource(cursor, parseSubquery);
  const place = cursor.peek();
  let left = parseAlias(cursor, first);
  for (;;) {
    const type = acceptJoin(cursor);
    if (type === undefined) {
      // A source that stands alone has no use for another name, and 1.x knows none.
      if (place.kind === "AS" && left.kind !== "join" && left.kind !== "merge") {
        throw cursor.unexpected(place, ";");
      }
      return left;
    }
    const right = parseAliased(cursor, parseSubquery);
    if (type.kind === "merge") {
      const merged = left.kind === "merge" ? left.sources : [left];
      left = { kind: "merge", sources: [...merged, right] };
      continue;
    }
    const on = cursor.accept("ON") ? parseTags(cursor) : [];
    left = joined({ ...type, on }, left, right);
  }
}

interface JoinShape extends Omit<Join, "sources"> {
  readonly kind: "join";
}

function joined(shape: JoinShape, left: Source, right: Source): Join {
  // Without tags to match on, INNER JOIN is the one join that 0.8 had.
  const type = shape.type === "inner" && shape.on.length === 0 ? "pair" : shape.type;
  const isChain = type === "pair" && left.kind === "join" && left.type === "pair";
  return { ...shape, type, sources: isChain ? [...left.sources, right] : [left, right] };
}

function parseTags(cursor: TokenCursor): string[] {
  if (!cursor.accept("(")) return parseNames(cursor);
  const tags = parseNames(cursor);
  cursor.expect(")");
  return tags;
}

const joinTypes: readonly JoinType[] = ["inner", "left", "full", "asof"];

/** Reads `INNER JOIN`, `ASOF TOLERANCE 5s JOIN`, `JOIN`, `MERGE` … if it follows. */
function acceptJoin(cursor: TokenCursor): Omit<JoinShape, "on"> | { kind: "merge" } | undefined {
  const token = cursor.next();
  if (isWord(token, "merge")) return { kind: "merge" };
  if (isWord(token, "join")) return { kind: "join", type: "inner", toleranceNs: undefined };
  const type = joinTypes.find((word) => isWord(token, word));
  if (type === undefined) {
    cursor.back();
    return undefined;
  }
  const next = cursor.next();
  if (type === "asof" && isWord(next, "tolerance")) {
    const toleranceNs = parseTolerance(cursor);
    expectJoin(cursor, cursor.next());
    return { kind: "join", type, toleranceNs };
  }
  expectJoin(cursor, next);
  return { kind: "join", type, toleranceNs: undefined };
}

function parseTolerance(cursor: TokenCursor): bigint {
  const token = cursor.next();
  if (token.kind !== "DURATIONVAL") throw cursor.unexpected(token, "duration");
  return parseDuration(token.text, ` at ${cursor.placeOf(token)}`);
}

function expectJoin(cursor: TokenCursor, token: Token): void {
  if (!isWord(token, "join")) throw cursor.unexpected(token, "JOIN");
}

/** A source and its alias. */
function parseAliased(cursor: TokenCursor, parseSubquery: ParseSubquery): Source {
  return parseAlias(cursor, parseSource(cursor, parseSubquery));
}

function parseAlias(cursor: TokenCursor, source: Source): Source {
  if (source.kind === "join" || source.kind === "merge") return source;
  return cursor.accept("AS") ? { ...source, alias: parseName(cursor) } : source;
}

function parseSource(cursor: TokenCursor, parseSubquery: ParseSubquery): Source {
  const regex = parseRegex(cursor);
  if (regex !== undefined) return measurement([], regex);
  const token = cursor.next();
  if (token.kind === "(") return parseSubquerySource(cursor, parseSubquery);
  const isList = isWord(token, "join") || isWord(token, "merge");
  if (isList && cursor.scan().kind === "(") {
    return parseList(cursor, token.text.toLowerCase() === "join", parseSubquery);
  }
  if (isList) cursor.back();
  cursor.back();
  return parseMeasurement(cursor);
}

function parseSubquerySource(cursor: TokenCursor, parseSubquery: ParseSubquery): Source {
  return cursor.nested(() => {
    cursor.expect("SELECT");
    const statement = parseSubquery(cursor);
    cursor.expect(")");
    return { kind: "subquery", statement, alias: "" };
  });
}

/** join(a, b) or merge(a, b), behind the parenthesis. */
function parseList(cursor: TokenCursor, isJoin: boolean, parseSubquery: ParseSubquery): Source {
  return cursor.nested(() => {
    const sources: Source[] = [];
    do sources.push(parseAliased(cursor, parseSubquery));
    while (cursor.accept(","));
    cursor.expect(")");
    if (!isJoin) return { kind: "merge", sources };
    return { kind: "join", type: "pair", sources, on: [], toleranceNs: undefined };
  });
}
