/** What tests of the parser share. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseQuery } from "./parse.ts";
import { printStatement } from "./print-statement.ts";

/** Each text is its own canonical form: read and written back it is the same. */
export function testCanonical(what: string, texts: readonly string[]): void {
  for (const text of texts) {
    test(`${what} reads and writes ${text}`, () => {
      assert.equal(parseQuery(text).map(printStatement).join("; "), text);
    });
  }
}

/** Each text is refused with this message, told without its prefix. */
export function testRefused(what: string, cases: readonly (readonly [string, string])[]): void {
  for (const [text, reason] of cases) {
    test(`${what} refuses ${text}`, () => {
      assert.throws(() => parseQuery(text), { message: `error parsing query: ${reason}` });
    });
  }
}
