/** The parser throws its own error only, and what it prints it reads as the same tree. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Statement } from "./ast.ts";
import { ParseError } from "./parse-error.ts";
import { parseQuery } from "./parse.ts";
import { printStatement } from "./print-statement.ts";

/** Pieces that texts are put together from: enough to get deep into every statement. */
const pieces = [
  ..."SELECT FROM WHERE GROUP BY ORDER SHOW TAG VALUES WITH KEY IN NOT BETWEEN AND OR".split(" "),
  ..."AS INTO JOIN INNER LEFT ASOF ON merge ( ) , ; . .. :: * / // /a+/ /(/ 'x' ' \" $p".split(" "),
  ..."$ a host time now() time(1h) time(1mo) 1 3.5 1h 1mo 99999999999999999999 - + = =~".split(" "),
  "!~",
  ..."<> ! fill(null) tz('UTC') LIMIT DISTINCT CREATE DROP DELETE DATABASE CONTINUOUS".split(" "),
  ..."QUERY BEGIN END DURATION INF EXPLAIN mean( :MEASUREMENT HAVING CARDINALITY EXACT".split(" "),
  ..."ALTER MEASUREMENT RENAME TO -- /* */ \n \\ \0 µ é 😀".split(" "),
  '"y z"',
];

const text = fc
  .array(fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...pieces) }, fc.string()), {
    maxLength: 30,
  })
  .chain((parts) => fc.constantFrom(parts.join(" "), parts.join("")));

const started = fc.constantFrom(
  "",
  "SELECT a FROM ",
  "SELECT mean(a) FROM m WHERE ",
  "SHOW TAG VALUES ",
  "CREATE ",
  "DROP ",
);

function parsed(query: string): readonly Statement[] | undefined {
  try {
    return parseQuery(query, { p: { regex: "x" } });
  } catch (error) {
    assert.ok(error instanceof ParseError, String(error));
    return undefined;
  }
}

test("parseQuery() throws ParseError only; printStatement() keeps the tree", () => {
  fc.assert(
    fc.property(started, text, (start, rest) => {
      for (const statement of parsed(start + rest) ?? []) {
        const canonical = printStatement(statement);
        if (canonical.includes("[REDACTED]")) continue;
        const [again] = parseQuery(canonical);
        assert.ok(again !== undefined, canonical);
        assert.equal(printStatement(again), canonical);
      }
    }),
    { numRuns: 3000 },
  );
});

test("parseQuery() takes deep and long texts without running out of stack", () => {
  for (const query of [
    `SELECT ${"(".repeat(100_000)}`,
    `SELECT ${"f(".repeat(100_000)}`,
    `SELECT ${"-".repeat(100_001)}`,
    `SELECT ${"- ".repeat(100_000)}a FROM m`,
    `SELECT a FROM ${"(SELECT a FROM ".repeat(50_000)}`,
    `SELECT a FROM m WHERE ${"NOT ".repeat(100_000)}a`,
    `SELECT a FROM m WHERE ${"a=1 OR ".repeat(100_000)}a`,
    `SELECT a FROM m WHERE ${"a BETWEEN ".repeat(100_000)}a`,
  ]) {
    assert.equal(parsed(query), undefined);
  }
});
