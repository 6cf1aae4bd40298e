/** The clauses that several statements share: WHERE, GROUP BY, ORDER BY, LIMIT and so on. */
import type { Expression, SortField, TagKeyFilter } from "./ast.ts";
import { parseDuration } from "./duration.ts";
import {
  parseExpression,
  parseName,
  parseNames,
  parseRegex,
  skipWhitespace,
} from "./parse-expression.ts";
import type { Keyword } from "./token.ts";
import type { TokenCursor } from "./token-cursor.ts";

const INT32_MAX = 2_147_483_647;

export function parseCondition(cursor: TokenCursor): Expression | undefined {
  return cursor.accept("WHERE") ? parseExpression(cursor) : undefined;
}

export function parseDimensions(cursor: TokenCursor): Expression[] {
  if (!cursor.accept("GROUP")) return [];
  cursor.expect("BY");
  const dimensions: Expression[] = [];
  do dimensions.push(parseDimension(cursor));
  while (acceptComma(cursor));
  return dimensions;
}

function parseDimension(cursor: TokenCursor): Expression {
  const regex = parseRegex(cursor);
  if (regex !== undefined) return regex;
  const expression = parseExpression(cursor);
  skipWhitespace(cursor);
  return expression;
}

/** A comma that follows at once: a comment between is not skipped, as in 1.x. */
export function acceptComma(cursor: TokenCursor): boolean {
  if (cursor.scan().kind === ",") return true;
  cursor.back();
  return false;
}

/** ORDER BY: [time] ASC | DESC, or columns. */
export function parseOrderBy(cursor: TokenCursor): SortField[] {
  if (!cursor.accept("ORDER")) return [];
  cursor.expect("BY");
  const token = cursor.next();
  const fields: SortField[] = [];
  if (token.kind === "ASC" || token.kind === "DESC") {
    fields.push({ name: "time", isAscending: token.kind === "ASC" });
  } else if (token.kind === "IDENT") {
    cursor.back();
    fields.push(parseSortField(cursor));
  } else throw cursor.unexpected(token, "identifier", "ASC", "DESC");
  while (cursor.accept(",")) fields.push(parseSortField(cursor));
  return fields;
}

function parseSortField(cursor: TokenCursor): SortField {
  const name = parseName(cursor);
  if (cursor.accept("DESC")) return { name, isAscending: false };
  cursor.accept("ASC");
  return { name, isAscending: true };
}

/** LIMIT n and its kin; 0 if it is not there. */
export function parseCount(cursor: TokenCursor, keyword: Keyword): number {
  if (!cursor.accept(keyword)) return 0;
  const token = cursor.next();
  if (token.kind !== "INTEGER") throw cursor.unexpected(token, "integer");
  // What a double cannot hold no result can have.
  return Math.min(Number(token.text), Number.MAX_SAFE_INTEGER);
}

/** ON db; "" if it is not there. */
export function parseOn(cursor: TokenCursor): string {
  return cursor.accept("ON") ? parseName(cursor) : "";
}

/** WITH KEY = k, IN (a, b), =~ /re/ … */
export function parseTagKeyFilter(cursor: TokenCursor): TagKeyFilter {
  cursor.expect("WITH", "KEY");
  const token = cursor.next();
  switch (token.kind) {
    case "IN": {
      cursor.expect("(");
      const values = parseNames(cursor);
      cursor.expect(")");
      return { operator: "IN", key: { kind: "list", values } };
    }
    case "=":
    case "!=":
      return { operator: token.kind, key: { kind: "string", value: parseName(cursor) } };
    case "=~":
    case "!~": {
      const key = parseRegex(cursor);
      if (key === undefined) throw cursor.unexpected(cursor.next(), "regex");
      return { operator: token.kind, key };
    }
    default:
      throw cursor.unexpected(token, "IN", "=", "=~");
  }
}

export function parseText(cursor: TokenCursor): string {
  const token = cursor.next();
  if (token.kind !== "STRING") throw cursor.unexpected(token, "string");
  return token.text;
}

export function parseTexts(cursor: TokenCursor): string[] {
  const texts = [parseText(cursor)];
  while (cursor.accept(",")) texts.push(parseText(cursor));
  return texts;
}

/** A span, ns; INF is 0. */
export function parseSpan(cursor: TokenCursor): bigint {
  const token = cursor.next();
  if (token.kind === "INF") return 0n;
  if (token.kind !== "DURATIONVAL") throw cursor.unexpected(token, "duration");
  return parseDuration(token.text, ` at ${cursor.placeOf(token)}`);
}

/** A span that must be there and not be INF. */
export function parseFiniteSpan(cursor: TokenCursor): bigint {
  if (cursor.peek().kind === "INF") throw cursor.unexpected(cursor.next(), "duration");
  return parseSpan(cursor);
}

/** Copies of each point: 1 and more. */
export function parseReplication(cursor: TokenCursor): number {
  const token = cursor.next();
  if (token.kind !== "INTEGER") throw cursor.unexpected(token, "integer");
  const value = BigInt(token.text);
  if (value > 2n ** 63n - 1n) {
    const message = `strconv.Atoi: parsing "${token.text}": value out of range`;
    throw cursor.error(message, token);
  }
  if (value < 1n || value > BigInt(INT32_MAX)) {
    throw cursor.error(`invalid value ${value}: must be 1 <= n <= ${INT32_MAX}`, token);
  }
  return Number(value);
}

/** An id: unsigned, 64 bits. */
export function parseId(cursor: TokenCursor): bigint {
  const token = cursor.next();
  if (token.kind !== "INTEGER") throw cursor.unexpected(token, "integer");
  const value = BigInt(token.text);
  if (value < 2n ** 64n) return value;
  throw cursor.error(`strconv.ParseUint: parsing "${token.text}": value out of range`, token);
}
