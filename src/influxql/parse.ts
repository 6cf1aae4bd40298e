/**
 * The parser of InfluxQL: text to syntax trees. It takes what 1.x takes and answers the same
 * errors, word for word; what it takes beyond 1.x is told in ast.ts. It throws nothing but
 * ParseError, on no input, and the time it takes grows with the length of the text only.
 */
import type { QueryParameters } from "./bind-parameters.ts";
import type { Expression, Statement } from "./ast.ts";
import { ParseError } from "./parse-error.ts";
import { parseExpression } from "./parse-expression.ts";
import { parseStatement } from "./parse-statement.ts";
import { TokenCursor } from "./token-cursor.ts";

/** Longest text of a query, UTF-16 units. */
export const QUERY_LENGTH_MAX = 4 * 1024 * 1024;

/** Reads statements, divided by semicolons. */
export function parseQuery(text: string, parameters: QueryParameters = {}): Statement[] {
  if (text.length > QUERY_LENGTH_MAX) {
    throw new ParseError(`query is too long: ${text.length} characters, at most 4194304`);
  }
  const cursor = new TokenCursor(text, parameters);
  const statements: Statement[] = [];
  let isDivided = true;
  for (;;) {
    const token = cursor.next();
    if (token.kind === "EOF") return statements;
    if (token.kind === ";") {
      isDivided = true;
      continue;
    }
    if (!isDivided) throw cursor.unexpected(token, ";");
    cursor.back();
    statements.push(parseStatement(cursor));
    isDivided = false;
  }
}

/** Reads one expression, to its end: a condition that stands alone, as of a subscription. */
export function parseCondition(text: string): Expression {
  const cursor = new TokenCursor(text);
  const expression = parseExpression(cursor);
  const token = cursor.next();
  if (token.kind !== "EOF") throw cursor.unexpected(token, "EOF");
  return expression;
}
