/** Expressions: precedence, literals, references, and what is beyond 1.x. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCondition, parseQuery } from "./parse.ts";
import { printExpression } from "./print-expression.ts";
import { testRefused } from "./testing.ts";

/** The tree with parentheses everywhere. */
function shape(text: string): string {
  const walk = (expression: ReturnType<typeof parseCondition>): string => {
    if (expression.kind === "binary") {
      return `(${walk(expression.left)} ${expression.operator} ${walk(expression.right)})`;
    }
    if (expression.kind === "not") return `(NOT ${walk(expression.inner)})`;
    return printExpression(expression);
  };
  return walk(parseCondition(text));
}

const shapes: readonly (readonly [string, string])[] = [
  ["a OR b AND c = d + e * f", "(a OR (b AND (c = (d + (e * f)))))"],
  ["a - b - c", "((a - b) - c)"],
  ["a * b + c % d & e", "((a * b) + ((c % d) & e))"],
  ["a | b ^ c <> 3", "(((a | b) ^ c) != 3)"],
  ["-a * +b", "(((-1 * a) * (1 * b)))".slice(1, -1)],
  ["NOT a = 1 AND b = 2", "((NOT (a = 1)) AND (b = 2))"],
  ["a IN ('x', 'y') OR b NOT IN (1)", "(a IN ('x', 'y') OR b NOT IN (1))"],
  ["a BETWEEN 1 AND 2 + 3 AND b = 1", "(a BETWEEN 1 AND 2 + 3 AND (b = 1))"],
  ["not = 3 AND between > 2", "((not = 3) AND (between > 2))"],
];

for (const [text, expected] of shapes) {
  test(`parseExpression() groups ${text}`, () => assert.equal(shape(text), expected));
}

test("parseExpression() keeps the ends of the 64-bit range", () => {
  assert.deepEqual(parseCondition("-9223372036854775808"), {
    kind: "integer",
    value: -(2n ** 63n),
  });
  assert.equal(parseCondition("18446744073709551615").kind, "unsigned");
});

test("parseExpression() takes spans of the calendar in time() only", () => {
  const [select] = parseQuery("SELECT max(v) FROM m GROUP BY time(1mo)");
  assert.equal(select?.kind, "select");
  assert.throws(() => parseQuery("SELECT v FROM m WHERE time > now() - 1mo"), /invalid duration/);
});

test("parseExpression() refuses chains and nests without bound", () => {
  const chain = `a = 1${" OR a = 1".repeat(5000)}`;
  assert.throws(() => parseCondition(chain), /too long/);
  assert.throws(() => parseCondition("(".repeat(500)), /too deeply/);
});

testRefused("parseExpression()", [
  ["SELECT v FROM m WHERE v =~ 'x'", "found x, expected regex at line 1, char 27"],
  [
    "SELECT v::text FROM m",
    "found text, expected float, integer, unsigned, string, boolean, field, tag at line 1, char " +
      "11",
  ],
  ["SELECT *::x FROM m", "found x, expected field, tag at line 1, char 11"],
  ["SELECT max(v FROM m", "found FROM, expected ) at line 1, char 14"],
  ["SELECT a.b.c.d FROM m", 'too many segments in "a"."b"."c".d at line 1, char 1'],
  [
    "SELECT v FROM m WHERE v > -18446744073709551615",
    "constant -18446744073709551615 underflows int64",
  ],
  ["SELECT v FROM m WHERE v = $p", "missing parameter: p"],
  ["SELECT v FROM m WHERE a NOT 3", "found 3, expected IN, BETWEEN at line 1, char 29"],
]);
