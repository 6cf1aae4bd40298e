import assert from "node:assert/strict";
import { test } from "node:test";
import { parseQuery } from "../../influxql/parse.ts";
import { measurementsRead, requirementsOf } from "./series-privileges.ts";

function needs(text: string): string {
  const [statement] = parseQuery(text);
  assert.ok(statement !== undefined);
  return requirementsOf(statement)
    .map((each) => (each === "admin" ? each : `${each.privilege} ${each.database}`.trim()))
    .join(", ");
}

test("requirementsOf tells what 1.x asks for", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["SHOW DATABASES", ""],
    ["SELECT v FROM m", "READ"],
    ["SELECT v FROM h2..m, n", "READ h2, READ"],
    ["SELECT v FROM (SELECT v FROM h2..m)", "READ h2"],
    ["SELECT v INTO h2..k FROM m", "READ, WRITE h2"],
    ["EXPLAIN ANALYZE SELECT v FROM h2..m", "READ h2"],
    ["DELETE FROM m", "WRITE, WRITE"],
    ["DROP SERIES FROM m", "WRITE, WRITE"],
    ["DROP MEASUREMENT m", "admin"],
    ["DROP RETENTION POLICY p ON h", "WRITE h"],
    ["DROP CONTINUOUS QUERY c ON h", "WRITE h"],
    ["SHOW QUERIES", "READ"],
    ["SHOW TAG KEYS ON h2", "READ h2"],
    ["SHOW FIELD KEY CARDINALITY ON h2", "READ h2"],
    ["SHOW RETENTION POLICIES ON h2", "READ h2"],
    ["SHOW USERS", "admin"],
    ["SHOW STATS", "admin"],
    ["SET PASSWORD FOR rd = 'z'", "admin"],
    ["CREATE DATABASE x", "admin"],
    ["CREATE API KEY k ON h FOR READ", "admin"],
    ["KILL QUERY 1", "admin"],
  ];
  for (const [text, expected] of cases) assert.equal(needs(text), expected, text);
});

test("requirementsOf: a continuous query needs what it reads and writes", () => {
  const query = (into: string, from: string): string => {
    const select = `SELECT mean(v) INTO ${into} FROM ${from} GROUP BY time(1m)`;
    return needs(`CREATE CONTINUOUS QUERY c ON h BEGIN ${select} END`);
  };
  assert.equal(query("k", "m"), "READ h, READ h, WRITE h");
  assert.equal(query("h2..k", "h3..m"), "READ h, READ h3, WRITE h2");
});

test("measurementsRead tells them where a statement names them all", () => {
  const names = (text: string): string | undefined => {
    const [statement] = parseQuery(text);
    assert.ok(statement !== undefined);
    return measurementsRead(statement)
      ?.map(({ name, regex }) => regex?.source ?? name)
      .join(" ");
  };
  assert.equal(names("SELECT v FROM a, /b/"), "a b");
  assert.equal(names("SELECT v FROM (SELECT v FROM a)"), "a");
  assert.equal(names("SHOW TAG KEYS FROM a"), "a");
  assert.equal(names("SHOW TAG KEYS"), undefined);
  assert.equal(names("SHOW MEASUREMENTS"), undefined);
  assert.equal(names("SHOW MEASUREMENTS WITH MEASUREMENT = a"), "a");
  assert.equal(names("SHOW SERIES CARDINALITY"), undefined);
  assert.equal(names("SHOW QUERIES"), undefined);
});
