/**
 * Expressions: operands joined by binary operators of five precedences, all left-associative.
 * There is no unary minus in the tree: -3 is a literal, -x is -1 * x.
 */
import { RE2JS } from "re2js";
import type { BinaryOperator, CastType, Expression, RegexLiteral } from "./ast.ts";
import { parseCalendarMonths, parseDuration } from "./duration.ts";
import { ParseError } from "./parse-error.ts";
import { quoteName } from "./quote.ts";
import { isWhitespace, isWord, precedenceOf } from "./token.ts";
import type { Token, TokenKind } from "./token.ts";
import type { TokenCursor } from "./token-cursor.ts";

/** Most operators in one chain: what walks the tree goes as deep. */
const CHAIN_MAX = 4000;
/** Precedence of comparisons, IN and BETWEEN. */
const COMPARISON = 3;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

export function parseExpression(cursor: TokenCursor): Expression {
  return cursor.nested(() => parseChain(cursor, parseOperand(cursor), 1));
}

/** Reads operators of at least this precedence, and their right sides, behind `first`. */
function parseChain(cursor: TokenCursor, first: Expression, precedence: number): Expression {
  let left = first;
  for (let length = 0; ; length++) {
    if (length > CHAIN_MAX) {
      throw new ParseError(`expression is too long: at most ${CHAIN_MAX} operators are supported`);
    }
    const token = cursor.next();
    const word = precedence <= COMPARISON ? wordOperator(token) : undefined;
    if (word !== undefined) {
      const worded = parseWordOperator(cursor, left, word);
      if (worded === undefined) return left;
      left = worded;
      continue;
    }
    const own = precedenceOf(token.kind);
    if (!isOperator(token.kind) || own < precedence) {
      cursor.back();
      return left;
    }
    const isRegex = token.kind === "=~" || token.kind === "!~";
    const operand = isRegex ? requireRegex(cursor) : parseOperand(cursor);
    const right = parseChain(cursor, operand, own + 1);
    left = { kind: "binary", operator: token.kind, left, right };
  }
}

function isOperator(kind: TokenKind): kind is BinaryOperator {
  return precedenceOf(kind) > 0;
}

type WordOperator = "in" | "between" | "not";

function wordOperator(token: Token): WordOperator | undefined {
  if (token.kind === "IN") return "in";
  if (isWord(token, "between")) return "between";
  return isWord(token, "not") ? "not" : undefined;
}

/** Reads what follows IN, BETWEEN, NOT IN or NOT BETWEEN; undefined: NOT and neither, put back. */
function parseWordOperator(
  cursor: TokenCursor,
  operand: Expression,
  word: WordOperator,
): Expression | undefined {
  if (word === "in") return parseIn(cursor, operand, false);
  if (word === "between") return parseBetween(cursor, operand, false);
  const token = cursor.next();
  if (token.kind === "IN") return parseIn(cursor, operand, true);
  if (isWord(token, "between")) return parseBetween(cursor, operand, true);
  throw cursor.unexpected(token, "IN", "BETWEEN");
}

function parseIn(cursor: TokenCursor, operand: Expression, isNegated: boolean): Expression {
  cursor.expect("(");
  const items: Expression[] = [];
  do items.push(cursor.nested(() => parseChain(cursor, parseOperand(cursor), COMPARISON + 1)));
  while (cursor.accept(","));
  cursor.expect(")");
  return { kind: "in", operand, items, isNegated };
}

function parseBetween(cursor: TokenCursor, operand: Expression, isNegated: boolean): Expression {
  const low = parseChain(cursor, parseOperand(cursor), COMPARISON + 1);
  cursor.expect("AND");
  const high = parseChain(cursor, parseOperand(cursor), COMPARISON + 1);
  return { kind: "between", operand, low, high, isNegated };
}

function parseOperand(cursor: TokenCursor): Expression {
  const token = cursor.next();
  switch (token.kind) {
    case "(":
      return parseParens(cursor);
    case "IDENT":
      return parseNamed(cursor, token);
    case "DISTINCT":
      return parseDistinct(cursor);
    case "STRING":
      return { kind: "string", value: token.text };
    case "NUMBER":
      return { kind: "number", value: Number(token.text) };
    case "INTEGER":
      return integerLiteral(cursor, token);
    case "TRUE":
    case "FALSE":
      return { kind: "boolean", value: token.kind === "TRUE" };
    case "DURATIONVAL":
      return { kind: "duration", ns: parseDuration(token.text), months: 0 };
    case "*":
      return parseWildcard(cursor);
    case "BOUNDPARAM":
      throw cursor.parameterFault(token);
    case "+":
    case "-":
      return parseSigned(cursor, token.kind);
    default:
      throw cursor.unexpected(token, "identifier", "string", "number", "bool");
  }
}

function parseParens(cursor: TokenCursor): Expression {
  const inner = parseExpression(cursor);
  cursor.expect(")");
  return { kind: "parens", inner };
}

/** A name: a call if a parenthesis follows at once, NOT if an operand follows, else a column. */
function parseNamed(cursor: TokenCursor, name: Token): Expression {
  const follower = cursor.scan();
  if (isWord(name, "not") && isNegation(cursor, follower)) return parseNot(cursor);
  if (follower.kind === "(") return parseCall(cursor, name.text);
  cursor.back();
  cursor.back();
  return parseReference(cursor);
}

/** Whether what follows the word NOT begins an operand; leaves the cursor behind `follower`. */
function isNegation(cursor: TokenCursor, follower: Token): boolean {
  if (follower.kind === "(") {
    cursor.back();
    return true;
  }
  if (follower.kind !== "WS") return false;
  return operandStarts.has(cursor.peek().kind);
}

// prettier-ignore
const operandStarts: ReadonlySet<TokenKind> = new Set([
  "(", "IDENT", "STRING", "NUMBER", "INTEGER", "TRUE", "FALSE", "BOUNDPARAM",
]);

function parseNot(cursor: TokenCursor): Expression {
  const inner = cursor.nested(() => parseChain(cursor, parseOperand(cursor), COMPARISON));
  return { kind: "not", inner };
}

function parseDistinct(cursor: TokenCursor): Expression {
  const follower = cursor.scan();
  if (follower.kind === "(") return parseCall(cursor, "distinct");
  if (follower.kind !== "WS") throw cursor.unexpected(follower, "(", "identifier");
  const name = cursor.next();
  if (name.kind !== "IDENT") throw cursor.unexpected(name, "identifier");
  return { kind: "distinct", name: name.text };
}

function integerLiteral(cursor: TokenCursor, token: Token): Expression {
  const value = BigInt(token.text);
  if (value < INT64_MIN || value > UINT64_MAX) {
    throw cursor.error("unable to parse integer", token);
  }
  return { kind: value > INT64_MAX ? "unsigned" : "integer", value };
}

function parseWildcard(cursor: TokenCursor): Expression {
  if (cursor.scan().kind !== "::") {
    cursor.back();
    return { kind: "wildcard", type: undefined };
  }
  const type = cursor.scan();
  if (type.kind === "FIELD") return { kind: "wildcard", type: "field" };
  if (type.kind === "TAG") return { kind: "wildcard", type: "tag" };
  throw cursor.unexpected(type, "field", "tag");
}

function parseSigned(cursor: TokenCursor, sign: "+" | "-"): Expression {
  const token = cursor.next();
  if (!["NUMBER", "INTEGER", "DURATIONVAL", "(", "IDENT"].includes(token.kind)) {
    throw cursor.unexpected(token, "identifier", "number", "duration", "(");
  }
  cursor.back();
  const operand = parseOperand(cursor);
  const factor = sign === "-" ? -1n : 1n;
  switch (operand.kind) {
    case "number":
      return { kind: "number", value: operand.value * Number(factor) };
    case "integer":
      return { kind: "integer", value: operand.value * factor };
    case "duration":
      return { ...operand, ns: operand.ns * factor };
    case "unsigned": {
      if (sign === "+") return operand;
      if (-operand.value === INT64_MIN) return { kind: "integer", value: INT64_MIN };
      throw new ParseError(`constant -${operand.value} underflows int64`);
    }
    default: {
      const left = { kind: "integer", value: factor } as const;
      return { kind: "binary", operator: "*", left, right: operand };
    }
  }
}

/** Reads the arguments of a call behind its opening parenthesis. */
function parseCall(cursor: TokenCursor, callName: string): Expression {
  const name = callName.toLowerCase();
  return cursor.nested(() => {
    const args: Expression[] = [];
    const regex = parseRegex(cursor);
    if (regex !== undefined) args.push(regex);
    else if (cursor.scan().kind === ")") return { kind: "call", name, args };
    else {
      cursor.back();
      args.push((name === "time" ? parseCalendar(cursor) : undefined) ?? parseExpression(cursor));
    }
    while (cursor.accept(",")) args.push(parseRegex(cursor) ?? parseExpression(cursor));
    const close = cursor.scan();
    if (close.kind !== ")") throw cursor.unexpected(close, ")");
    return { kind: "call", name, args };
  });
}

/** A span of the calendar, which only time() takes; undefined: something else follows. */
function parseCalendar(cursor: TokenCursor): Expression | undefined {
  const token = cursor.next();
  const months = token.kind === "DURATIONVAL" ? parseCalendarMonths(token.text) : undefined;
  if (months !== undefined) return { kind: "duration", ns: 0n, months };
  cursor.back();
  return undefined;
}

/** Reads a regular expression if one follows. */
export function parseRegex(cursor: TokenCursor): RegexLiteral | undefined {
  if (isWhitespace(cursor.peekChar())) skipWhitespace(cursor);
  const next = cursor.peekChar();
  if (next === "$") {
    const isBound = cursor.scan().kind === "REGEX";
    cursor.back();
    if (!isBound) return undefined;
  } else if (next !== "/") return undefined;
  const token = cursor.scanRegex();
  if (token.kind === "BADREGEX") throw cursor.error(`bad regex: ${token.text}`, token);
  if (token.kind !== "REGEX") throw cursor.unexpected(token, "regex");
  return regexLiteral(cursor, token);
}

function requireRegex(cursor: TokenCursor): RegexLiteral {
  const regex = parseRegex(cursor);
  if (regex === undefined) throw cursor.unexpected(cursor.next(), "regex");
  return regex;
}

function regexLiteral(cursor: TokenCursor, token: Token): RegexLiteral {
  try {
    RE2JS.compile(token.text);
  } catch (error) {
    throw cursor.error(error instanceof Error ? error.message : String(error), token);
  }
  return { kind: "regex", source: token.text };
}

/** Reads white space if it is the next token. */
export function skipWhitespace(cursor: TokenCursor): void {
  if (cursor.scan().kind !== "WS") cursor.back();
}

/** Names joined by dots, at most three; an empty one between two dots is "". */
export function parseSegments(cursor: TokenCursor): string[] {
  const segments = [parseName(cursor)];
  while (cursor.scan().kind === ".") {
    const next = cursor.peekChar();
    // A regular expression or `:MEASUREMENT` comes next: the caller's.
    if (next === "/" || next === ":") return checkSegments(segments);
    segments.push(next === "." ? "" : parseName(cursor));
  }
  cursor.back();
  return checkSegments(segments);
}

function checkSegments(segments: string[]): string[] {
  if (segments.length <= 3) return segments;
  // 1.x tells no place here, which comes out as the first.
  throw new ParseError(`too many segments in ${quoteName(...segments)} at line 1, char 1`);
}

export function parseName(cursor: TokenCursor): string {
  const token = cursor.next();
  if (token.kind !== "IDENT") throw cursor.unexpected(token, "identifier");
  return token.text;
}

/** Names between commas. */
export function parseNames(cursor: TokenCursor): string[] {
  const names = [parseName(cursor)];
  while (cursor.accept(",")) names.push(parseName(cursor));
  return names;
}

function parseReference(cursor: TokenCursor): Expression {
  const name = parseSegments(cursor).join(".");
  if (cursor.scan().kind !== "::") {
    cursor.back();
    return { kind: "reference", name, cast: undefined };
  }
  const type = cursor.scan();
  const cast = castOf(type);
  if (cast !== undefined) return { kind: "reference", name, cast };
  const known = ["float", "integer", "unsigned", "string", "boolean", "field", "tag"];
  const isNamed = type.kind === "IDENT";
  throw cursor.unexpected(type, ...known.filter((text) => isNamed || text !== "unsigned"));
}

function castOf(type: Token): CastType | undefined {
  if (type.kind === "FIELD") return "field";
  if (type.kind === "TAG") return "tag";
  const name = type.kind === "IDENT" ? type.text.toLowerCase() : "";
  switch (name) {
    case "float":
    case "integer":
    case "unsigned":
    case "string":
    case "boolean":
      return name;
    default:
      return undefined;
  }
}
