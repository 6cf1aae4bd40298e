/** Which writes concern a SELECT, by the ids they have. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSeriesFixture } from "../../../test/support/series-fixture.ts";
import type { SelectStatement } from "../../influxql/ast.ts";
import { parseQuery } from "../../influxql/parse.ts";
import { statementReads } from "./statement-places.ts";

function select(text: string): SelectStatement {
  const [statement] = parseQuery(text);
  assert.ok(statement?.kind === "select");
  return statement;
}

const place = { database: "db", policy: "" };

test("statementReads knows names, patterns, subqueries and joins", async () => {
  const { models, a } = await openSeriesFixture();
  const reads = (text: string): boolean => {
    return statementReads(select(text), place, models.catalog)(a.policyId, a.measurementId);
  };
  assert.equal(reads("SELECT v FROM cpu"), true);
  assert.equal(reads("SELECT v FROM mem"), false);
  assert.equal(reads("SELECT v FROM /^c/"), true);
  assert.equal(reads("SELECT v FROM db.autogen.cpu"), true);
  assert.equal(reads("SELECT v FROM (SELECT v FROM cpu), mem"), true);
  assert.equal(reads("SELECT v FROM mem JOIN cpu"), true);
  assert.throws(() => reads("SELECT v FROM nodb..cpu"), /database not found: nodb/);
  assert.throws(() => reads("SELECT v FROM db.x.cpu"), /retention policy not found: x/);
});

test("statementReads follows measurements that come and databases that go", async () => {
  const { shard, models, a } = await openSeriesFixture();
  const { catalog } = models;
  const reads = statementReads(select("SELECT v FROM /./"), place, catalog);
  const made = await shard.execute((tx) => {
    return catalog.ensureMeasurement(tx, catalog.needDatabase("db"), "mem");
  });
  assert.equal(reads(a.policyId, made.id), true);
  assert.equal(reads(a.policyId + 1, made.id), false);
  await shard.execute((tx) => catalog.dropDatabase(tx, "db"));
  assert.equal(reads(a.policyId, made.id), false);
});
