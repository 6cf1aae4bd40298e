import assert from "node:assert/strict";
import { test } from "node:test";
import { globMatches, globPrefix } from "./glob.ts";

const cases: readonly (readonly [pattern: string, text: string, matches: boolean])[] = [
  ["", "", true],
  ["", "a", false],
  ["*", "", true],
  ["*", "anything", true],
  ["a*", "abc", true],
  ["a*", "bac", false],
  ["*c", "abc", true],
  ["a*c", "abcbc", true],
  ["a*b*c", "a--b--b--c", true],
  ["a**c", "ac", true],
  ["a?c", "abc", true],
  ["a?c", "ac", false],
  ["a?", "a", false],
  ["h[ae]llo", "hello", true],
  ["h[ae]llo", "hillo", false],
  ["h[^e]llo", "hallo", true],
  ["h[^e]llo", "hello", false],
  ["h[a-c]llo", "hbllo", true],
  ["h[c-a]llo", "hbllo", true],
  ["h[a-c]llo", "hdllo", false],
  [String.raw`h[\]]llo`, "h]llo", true],
  [String.raw`\*`, "*", true],
  [String.raw`\*`, "a", false],
  [String.raw`a\?c`, "a?c", true],
  [String.raw`a\?c`, "abc", false],
  ["[abc", "b", true],
  ["[^abc", "b", false],
  ["key:[0-9]*:x", "key:42:x", true],
  ["\\", "\\", true],
  ["\xff*", "\xff\x00", true],
];

for (const [pattern, text, matches] of cases) {
  const says = matches ? "matches" : "does not match";
  test(`globMatches(): ${JSON.stringify(pattern)} ${says} ${JSON.stringify(text)}`, () => {
    assert.equal(globMatches(pattern, text), matches);
  });
}

test("globMatches() takes no exponential time", () => {
  const pattern = `${"a*".repeat(30)}b`;
  assert.equal(globMatches(pattern, "a".repeat(10_000)), false);
});

test("globPrefix() is what stands before the first special character", () => {
  assert.equal(globPrefix("user:*"), "user:");
  assert.equal(globPrefix("user:1"), "user:1");
  assert.equal(globPrefix(String.raw`a\*`), "a");
  assert.equal(globPrefix("*"), "");
});
