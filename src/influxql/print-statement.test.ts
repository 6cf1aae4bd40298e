/** Statements whose text is not what was read: passwords. The others are tested by reading. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseQuery } from "./parse.ts";
import { printStatement } from "./print-statement.ts";

test("printStatement() never tells a password", () => {
  const create = "CREATE USER u WITH PASSWORD 's3cret' WITH ALL PRIVILEGES";
  assert.deepEqual(parseQuery(`${create}; SET PASSWORD FOR u = 's3cret'`).map(printStatement), [
    "CREATE USER u WITH PASSWORD [REDACTED] WITH ALL PRIVILEGES",
    "SET PASSWORD FOR u = [REDACTED]",
  ]);
});
