/** The SELECT statement. */
import type { Expression, Field, Fill, SelectStatement, Target } from "./ast.ts";
import {
  acceptComma,
  parseCondition,
  parseCount,
  parseDimensions,
  parseOrderBy,
} from "./parse-clauses.ts";
import { ParseError } from "./parse-error.ts";
import {
  parseExpression,
  parseName,
  parseRegex,
  parseSegments,
  skipWhitespace,
} from "./parse-expression.ts";
import { parseSources } from "./parse-source.ts";
import { printExpression } from "./print-expression.ts";
import { fieldName } from "./select/column-names.ts";
import { isKnownZone } from "./time-zone.ts";
import { isWord } from "./token.ts";
import type { TokenCursor } from "./token-cursor.ts";
import { anyExpression } from "./walk.ts";

/** Reads a SELECT behind its first word. */
export function parseSelect(cursor: TokenCursor, isTargetRequired = false): SelectStatement {
  const fields = parseFields(cursor);
  const into = parseTarget(cursor, isTargetRequired);
  cursor.expect("FROM");
  const sources = parseSources(cursor, (inner) => parseSelect(inner));
  const condition = parseCondition(cursor);
  const dimensions = parseDimensions(cursor);
  // HAVING is about what was computed: without a call there is WHERE.
  const mayHave = fields.some(({ expression }) => anyExpression(expression, isCall));
  const early = mayHave ? parseHaving(cursor) : undefined;
  const fill = parseFill(cursor);
  const having = early ?? (mayHave ? parseHaving(cursor) : undefined);
  const orderBy = parseOrderBy(cursor);
  for (const { name } of orderBy) checkOrder(name, fields, dimensions);
  return {
    kind: "select",
    fields,
    into,
    sources,
    condition,
    dimensions,
    having,
    fill,
    orderBy,
    limit: parseCount(cursor, "LIMIT"),
    offset: parseCount(cursor, "OFFSET"),
    slimit: parseCount(cursor, "SLIMIT"),
    soffset: parseCount(cursor, "SOFFSET"),
    timeZone: parseTimeZone(cursor),
  };
}

function isCall({ kind }: Expression): boolean {
  return kind === "call" || kind === "distinct";
}

/** Only time, columns and tags grouped by can be ordered by. */
function checkOrder(
  name: string,
  fields: readonly Field[],
  dimensions: readonly Expression[],
): void {
  if (name.toLowerCase() === "time") return;
  const isMany = ({ kind }: Expression): boolean => kind === "wildcard" || kind === "regex";
  const isColumn = fields.some(
    (field) => fieldName(field) === name || anyExpression(field.expression, isMany),
  );
  const isTag = dimensions.some(
    (part) => isMany(part) || (part.kind === "reference" && part.name === name),
  );
  if (!isColumn && !isTag) throw new ParseError("only ORDER BY time supported at this time");
}

function parseFields(cursor: TokenCursor): Field[] {
  const fields: Field[] = [];
  do fields.push(parseField(cursor));
  while (acceptComma(cursor));
  return fields;
}

function parseField(cursor: TokenCursor): Field {
  const expression = parseRegex(cursor) ?? parseFieldExpression(cursor);
  const alias = cursor.accept("AS") ? parseName(cursor) : "";
  skipWhitespace(cursor);
  return { expression, alias };
}

function parseFieldExpression(cursor: TokenCursor): Expression {
  const first = cursor.peek();
  const expression = parseExpression(cursor);
  const operator = conditionOperator(expression);
  if (operator === undefined) return expression;
  const place = cursor.placeOf(first);
  const message = `invalid operator ${operator} in SELECT clause at ${place}`;
  throw new ParseError(`${message}; operator is intended for WHERE clause`);
}

/** The first operator in an expression that makes a truth value. */
function conditionOperator(expression: Expression): string | undefined {
  let found: string | undefined;
  anyExpression(expression, (part) => {
    if (part.kind === "binary" && conditionOperators.has(part.operator)) found = part.operator;
    else if (part.kind === "not" || part.kind === "in" || part.kind === "between") {
      found = part.kind.toUpperCase();
    }
    return found !== undefined;
  });
  return found;
}

const conditionOperators: ReadonlySet<string> = new Set(
  "= != =~ !~ < <= > >= AND OR".split(" "),
);

/** INTO [[db.]rp.]name or [[db.]rp.]:MEASUREMENT. */
function parseTarget(cursor: TokenCursor, isRequired: boolean): Target | undefined {
  const token = cursor.next();
  if (token.kind !== "INTO") {
    if (isRequired) throw cursor.unexpected(token, "INTO");
    cursor.back();
    return undefined;
  }
  const segments = parseSegments(cursor);
  const isSameName = segments.length < 3 && cursor.peekChar() === ":";
  if (isSameName) {
    cursor.expect(":", "MEASUREMENT");
    segments.push("");
  }
  const [name = "", policy = "", database = ""] = segments.toReversed();
  return { database, policy, name, isSameName };
}

function parseHaving(cursor: TokenCursor): Expression | undefined {
  if (isWord(cursor.next(), "having")) return parseExpression(cursor);
  cursor.back();
  return undefined;
}

function parseFill(cursor: TokenCursor): Fill | undefined {
  const token = cursor.next();
  cursor.back();
  if (token.kind !== "IDENT" || token.text.toLowerCase() !== "fill") return undefined;
  const call = parseExpression(cursor);
  if (call.kind !== "call") throw new ParseError("fill must be a function call");
  const [option] = call.args;
  if (option === undefined || call.args.length !== 1) {
    throw new ParseError("fill requires an argument, e.g.: 0, null, none, previous, linear");
  }
  const mode = printExpression(option);
  switch (mode) {
    case "null":
    case "none":
    case "previous":
    case "linear":
      return { mode };
    default:
  }
  if (option.kind === "integer" || option.kind === "number") {
    return { mode: "number", value: option.value };
  }
  throw new ParseError("expected number argument in fill()");
}

function parseTimeZone(cursor: TokenCursor): string | undefined {
  const token = cursor.next();
  cursor.back();
  if (token.kind !== "IDENT" || token.text.toLowerCase() !== "tz") return undefined;
  const call = parseExpression(cursor);
  if (call.kind !== "call") throw new ParseError("tz must be a function call");
  const [zone] = call.args;
  if (zone === undefined || call.args.length !== 1) {
    throw new ParseError("tz requires exactly one argument");
  }
  if (zone.kind !== "string") throw new ParseError("expected string argument in tz()");
  if (isKnownZone(zone.value)) return zone.value === "" ? "UTC" : zone.value;
  throw new ParseError(`unable to find time zone ${zone.value}`);
}
