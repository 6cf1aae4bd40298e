/** Words and signs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isWord, keywordOf, precedenceOf, tokenName } from "./token.ts";
import type { Token } from "./token.ts";

const name: Token = { kind: "IDENT", text: "Having", at: 0, isQuoted: false };

test("keywordOf() knows keywords in any letter case", () => {
  assert.equal(keywordOf("sElEcT"), "SELECT");
  assert.equal(keywordOf("selects"), undefined);
});

test("isWord() takes names that are not quoted", () => {
  assert.ok(isWord(name, "having"));
  assert.ok(!isWord({ ...name, isQuoted: true }, "having"));
  assert.ok(!isWord({ ...name, kind: "STRING" }, "having"));
});

test("tokenName() tells the value, else the kind", () => {
  assert.equal(tokenName(name), "Having");
  assert.equal(tokenName({ ...name, kind: "EOF", text: "" }), "EOF");
  assert.equal(tokenName({ ...name, kind: "BADREGEX", text: "" }), "");
});

test("precedenceOf() orders OR, AND, comparisons, sums and products", () => {
  const order = (["OR", "AND", "=~", "-", "%"] as const).map(precedenceOf);
  assert.deepEqual(order, [1, 2, 3, 4, 5]);
  assert.equal(precedenceOf("("), 0);
});
