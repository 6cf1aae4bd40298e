/** Literals as text, and parentheses where a tree needs them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Expression } from "./ast.ts";
import { printExpression, printNumber, printTime } from "./print-expression.ts";

const a: Expression = { kind: "reference", name: "a", cast: undefined };

test("printNumber() has three decimals and more where the value needs them", () => {
  const texts = [1.5, -2, 3.12345, 1e21, 1e-7].map(printNumber);
  assert.deepEqual(texts, [
    "1.500",
    "-2.000",
    "3.12345",
    "1000000000000000000000.000",
    "0.0000001",
  ]);
});

test("printTime() writes RFC 3339 from year 1677 to 2262", () => {
  assert.equal(printTime(0n), "1970-01-01T00:00:00Z");
  assert.equal(printTime(-9_223_372_036_854_775_806n), "1677-09-21T00:12:43.145224194Z");
  assert.equal(printTime(951_782_400_000_000_000n), "2000-02-29T00:00:00Z");
  assert.equal(printTime(9_223_372_036_854_775_806n), "2262-04-11T23:47:16.854775806Z");
  assert.equal(printTime(1_500_000_000n), "1970-01-01T00:00:01.5Z");
});

test("printExpression() puts parentheses where the tree would change", () => {
  const sum: Expression = { kind: "binary", operator: "+", left: a, right: a };
  const product: Expression = { kind: "binary", operator: "*", left: sum, right: a };
  const chain: Expression = { kind: "binary", operator: "-", left: sum, right: sum };
  assert.equal(printExpression(product), "(a + a) * a");
  assert.equal(printExpression(chain), "a + a - (a + a)");
  assert.equal(printExpression({ kind: "not", inner: a }), "NOT a");
});

test("printExpression() quotes names that need it", () => {
  const name = (text: string): string => printExpression({ ...a, name: text });
  assert.deepEqual(["x", "select", "a b", "1a"].map(name), ["x", '"select"', '"a b"', '"1a"']);
});
