/** Sources: paths, subqueries, joins, merges. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseQuery } from "./parse.ts";
import { testCanonical, testRefused } from "./testing.ts";

testCanonical("parseSources()", [
  'SELECT v FROM m, "p".m, "d"."p".m, "d"..m, "d"."p"./x/, /y/'.replaceAll(/"(p|d)"/g, "$1"),
  'SELECT "a.v" - "b.v" FROM a INNER JOIN b ON host, region',
  'SELECT "x.v" FROM a AS x LEFT JOIN b AS y ON host FULL JOIN c ON host',
  'SELECT "x.v" FROM a AS x ASOF TOLERANCE 5s JOIN b AS y ON host',
  'SELECT "x.v" FROM join(a AS x, b, /c/)',
  "SELECT v FROM merge(a, b), merge(/re/)",
]);

test("parseSources() takes the forms of 0.8 for its pairing join and its merge", () => {
  for (const [text, kind] of [
    ["SELECT x.v FROM a AS x INNER JOIN b AS y INNER JOIN c", "join"],
    ["SELECT v FROM a merge b merge c", "merge"],
  ] as const) {
    const [select] = parseQuery(text);
    assert.ok(select?.kind === "select");
    const [source] = select.sources;
    assert.ok(source?.kind === kind);
    assert.equal(source.sources.length, 3);
  }
});

test("parseSources() takes join, left and merge for names of measurements", () => {
  const [select] = parseQuery("SELECT v FROM join, merge, left INNER JOIN full ON asof");
  assert.ok(select?.kind === "select");
  assert.equal(select.sources.length, 3);
});

testRefused("parseSources()", [
  ["SELECT v FROM (DELETE FROM m)", "found DELETE, expected SELECT at line 1, char 16"],
  ["SELECT v FROM a LEFT b", "found b, expected JOIN at line 1, char 22"],
  ["SELECT v FROM a ASOF TOLERANCE 5 JOIN b", "found 5, expected duration at line 1, char 32"],
  ["SELECT v FROM m /x/", "found  , expected regex at line 1, char 16"],
]);
