/** What users may do with time series. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { must } from "../../base/assert.ts";
import { parseQuery } from "../../influxql/parse.ts";
import { Access, newUser } from "./access.ts";
import { isVisibleDatabase, statementDenial, writeDenial } from "./series-access.ts";
import { seriesPrivilege } from "./series-users.ts";
import type { Account } from "./users.ts";

function account(privilege: number, isAdmin = false): Account {
  const series = { isAdmin, grants: [{ database: "db", privilege }] };
  return { name: "rd", access: new Access({ ...newUser, series }) };
}

function denial(text: string, privilege: number): string | undefined {
  return statementDenial(account(privilege), must(parseQuery(text)[0]), "db");
}

const { read, write, all } = seriesPrivilege;

test("statementDenial() asks for the privilege a statement needs", () => {
  const cases: readonly (readonly [string, number, string | undefined])[] = [
    ["SELECT v FROM m", read, undefined],
    ["SELECT v FROM m", write, "READ on db"],
    ["SELECT v FROM x..m", all, "READ on x"],
    ["SELECT v FROM (SELECT v FROM x..m)", all, "READ on x"],
    ["SELECT v INTO t FROM m", read, "WRITE on db"],
    ["DELETE FROM m", read, "WRITE on db"],
    ["SHOW TAG KEYS ON x", all, "READ on x"],
    ["SHOW DATABASES", 0, undefined],
    ["SHOW USERS", all, "admin privilege"],
    ["DROP DATABASE db", all, "admin privilege"],
  ];
  for (const [text, privilege, need] of cases) {
    const words = `rd not authorized to execute statement '${text}', requires ${need}`;
    assert.equal(denial(text, privilege), need === undefined ? undefined : words);
  }
  assert.equal(statementDenial(account(0, true), must(parseQuery("SHOW USERS")[0]), ""), undefined);
});

test("writeDenial() and isVisibleDatabase() go by what is granted", () => {
  const words = '"rd" user is not authorized to write to database "db"';
  assert.equal(writeDenial(account(read), "db"), words);
  assert.equal(writeDenial(account(write), "db"), undefined);
  assert.ok(isVisibleDatabase(account(write), "db"));
  assert.ok(!isVisibleDatabase(account(all), "x"));
});
