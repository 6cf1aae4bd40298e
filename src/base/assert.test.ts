/** Assertions: when they throw, and that a costly text is made only then. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as ours from "./assert.ts";

test("assert() throws the text when the condition does not hold", () => {
  ours.assert(true, "Never");
  assert.throws(() => ours.assert(false, "Head is behind tail"), /Head is behind tail/);
});

test("assert() makes a costly text only when it throws", () => {
  let made = 0;
  const text = (): string => `made ${++made}`;
  ours.assert(true, text);
  assert.equal(made, 0);
  assert.throws(() => ours.assert(false, text), /made 1/);
});

test("must() gives the value back unless there is none", () => {
  for (const value of [0, "", false]) assert.equal(ours.must(value), value);
  for (const value of [null, undefined]) assert.throws(() => ours.must(value), ours.AssertionError);
});

test("unreachable() names the value that got there", () => {
  assert.throws(() => ours.unreachable("blue" as never), /Unreachable: blue/);
});
