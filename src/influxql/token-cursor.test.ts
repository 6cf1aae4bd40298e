/** Steps forward and back over tokens, and the errors that tell where. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ParseError } from "./parse-error.ts";
import { TokenCursor } from "./token-cursor.ts";

test("next() skips white space and comments", () => {
  const cursor = new TokenCursor("a /* b */ -- c\n d");
  assert.equal(cursor.next().text, "a");
  assert.equal(cursor.next().text, "d");
  assert.equal(cursor.next().kind, "EOF");
});

test("back() gives the same tokens again", () => {
  const cursor = new TokenCursor("a b");
  cursor.next();
  const second = cursor.next();
  cursor.back();
  cursor.back();
  assert.equal(cursor.scan().kind, "WS");
  assert.equal(cursor.scan(), second);
});

test("expect() tells what was found, what was expected and where", () => {
  const cursor = new TokenCursor("a\n  b");
  cursor.next();
  assert.throws(() => cursor.expect("FROM"), {
    name: "CronosError",
    message: "error parsing query: found b, expected FROM at line 2, char 3",
  });
});

test("scan() puts bound parameters in place", () => {
  const parameters = { a: "text", b: 5, c: { regex: "x+" }, d: { duration: "5m" } };
  const cursor = new TokenCursor("$a $b $c $d $e", parameters);
  const found = [1, 2, 3, 4, 5].map(() => cursor.next());
  assert.deepEqual(
    found.map(({ kind, text }) => [kind, text]),
    [
      ["STRING", "text"],
      ["INTEGER", "5"],
      ["REGEX", "x+"],
      ["DURATIONVAL", "5m"],
      ["BOUNDPARAM", "$e"],
    ],
  );
});

test("nested() refuses what is nested too deep, and forgets levels that ended", () => {
  const cursor = new TokenCursor("");
  const descend = (levels: number): number =>
    levels === 0 ? 0 : cursor.nested(() => descend(levels - 1));
  assert.throws(() => descend(201), ParseError);
  assert.equal(descend(200), 0);
});
