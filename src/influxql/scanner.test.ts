/** Text to tokens: values, and the places that messages tell. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Scanner } from "./scanner.ts";
import type { Token } from "./token.ts";

function tokens(text: string): Token[] {
  const scanner = new Scanner(text);
  const all: Token[] = [];
  for (;;) {
    const token = scanner.scan();
    if (token.kind === "EOF") return all;
    all.push(token);
  }
}

const kinds: readonly (readonly [string, readonly string[]])[] = [
  ["1 23h 1h30m 7µ", ["INTEGER", "DURATIONVAL", "DURATIONVAL", "DURATIONVAL"]],
  ["4.5 .5 6.", ["NUMBER", "NUMBER", "NUMBER"]],
  ["a _b9 \"c d\" select", ["IDENT", "IDENT", "IDENT", "SELECT"]],
  ["= =~ != <> !~ < <= > >= : :: .", "= =~ != != !~ < <= > >= : :: .".split(" ")],
  ["'a' 'b", ["STRING", "BADSTRING"]],
  ["'a\\x", ["BADESCAPE"]],
  ["$a $\"b c\"", ["BOUNDPARAM", "BOUNDPARAM"]],
  ["-- a\n/* b */ /* c", ["COMMENT", "COMMENT", "ILLEGAL"]],
  ["! # é", ["ILLEGAL", "ILLEGAL", "ILLEGAL"]],
];

for (const [text, expected] of kinds) {
  test(`scan() tells the kinds in ${text}`, () => {
    const found = tokens(text).filter(({ kind }) => kind !== "WS");
    assert.deepEqual(
      found.map(({ kind }) => kind),
      expected,
    );
  });
}

test("scan() undoes escapes in strings and names", () => {
  const [text, name] = tokens(`'it\\'s\\n\\\\'"a\\"b"`);
  assert.equal(text?.text, "it's\n\\");
  assert.equal(name?.text, 'a"b');
  assert.equal(name?.isQuoted, true);
});

test("scan() tells a string at the character before its quote", () => {
  assert.equal(tokens("ab 'c'").at(-1)?.at, 2);
  assert.equal(tokens("'c'")[0]?.at, 0);
});

test("scan() tells the end one further once it was seen", () => {
  const afterName = new Scanner("ab");
  assert.deepEqual([afterName.scan().at, afterName.scan().at], [0, 3]);
  const afterNumber = new Scanner("12");
  assert.deepEqual([afterNumber.scan().at, afterNumber.scan().at], [0, 2]);
});

test("scanRegex() reads to the slash and undoes its escape only", () => {
  const scanner = new Scanner("/a\\/b\\.c/ x");
  assert.equal(scanner.scanRegex().text, "a/b\\.c");
  assert.equal(new Scanner("/a\nb/").scanRegex().kind, "BADREGEX");
});

test("Scanner takes every kind of line end, and a NUL for the end", () => {
  assert.equal(new Scanner("a\r\nb\rc\0d").text, "a\nb\nc");
});
