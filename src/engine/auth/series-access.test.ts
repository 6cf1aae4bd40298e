/** Who may do what with time series. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openQueryFixture } from "../../../test/support/query-fixture.ts";
import { parseQuery } from "../../influxql/parse.ts";
import type { SeriesCaller } from "./series-access.ts";
import { seriesCredentials } from "./series-credentials.ts";

async function setUp() {
  const fixture = await openQueryFixture();
  const { access, ask } = fixture;
  await ask("CREATE USER rd WITH PASSWORD 'x'; CREATE USER wr WITH PASSWORD 'x'");
  await ask("GRANT READ ON db TO rd; GRANT WRITE ON db TO wr");
  await ask("CREATE USER ad WITH PASSWORD 'x' WITH ALL PRIVILEGES");
  const caller = (token: string): SeriesCaller => {
    return access.authenticate(seriesCredentials(new Map(), `Token ${token}`), "");
  };
  const refusal = (who: SeriesCaller, text: string): string => {
    try {
      access.authorizeQuery(who, parseQuery(text), { database: "db", client: "" });
      return "";
    } catch (error) {
      return error instanceof Error ? error.message.replace(/^.* requires /, "") : "";
    }
  };
  return { ...fixture, caller, refusal };
}

test("SeriesAccess.authenticate knows nobody by name until credentials are asked for", async () => {
  const { access, users, caller } = await setUp();
  assert.ok(caller("rd:y") !== "nobody");
  const names = { isCommand: () => true, isCategory: () => true };
  await users.change("default", ["-flushall"], names);
  assert.throws(() => caller("rd:y"), /authorization failed/);
  const anyone = access.authenticate({ kind: "none" }, "");
  assert.ok(anyone !== "nobody" && !anyone.isAdmin);
  access.requireCredentials();
  assert.throws(() => access.authenticate({ kind: "none" }, ""), /unable to parse/);
  assert.throws(() => caller("default:"), /authorization failed/);
  assert.equal(users.denials.entries.length, 3);
});

test("SeriesAccess.authorizeQuery asks for the privilege a statement needs", async () => {
  const { access, caller, refusal } = await setUp();
  access.requireCredentials();
  const [rd, wr, ad] = [caller("rd:x"), caller("wr:x"), caller("ad:x")];
  assert.equal(refusal(rd, "SELECT v FROM m; SHOW TAG KEYS"), "");
  assert.equal(refusal(wr, "SELECT v FROM m"), "READ on db");
  assert.equal(refusal(wr, "DELETE FROM m"), "");
  assert.equal(refusal(rd, "SELECT v INTO t FROM m"), "WRITE on db");
  assert.equal(refusal(rd, "SELECT v FROM missing..m"), "READ on missing");
  assert.equal(refusal(rd, "SHOW USERS"), "admin privilege");
  assert.equal(refusal(ad, "SHOW USERS; SELECT v FROM missing..m"), "");
});

test("SeriesAccess: what is granted, revoked or dropped counts at once", async () => {
  const { access, ask, caller, refusal } = await setUp();
  access.requireCredentials();
  const rd = caller("rd:x");
  assert.deepEqual([access.sees(rd, "db"), access.sees(rd, "x")], [true, false]);
  await ask("REVOKE READ ON db FROM rd; GRANT WRITE ON db TO rd");
  assert.equal(refusal(rd, "SELECT v FROM m"), "READ on db");
  access.authorizeWrite(rd, { database: "db", lines: Buffer.from("m v=1"), client: "" });
  await ask("DROP DATABASE db; CREATE DATABASE db");
  assert.equal(access.sees(rd, "db"), false);
  const made = await ask("CREATE API KEY k ON db FOR READ");
  const key = caller(/cronos_[\w-]+/.exec(made)?.[0] ?? "");
  assert.equal(refusal(key, "SELECT v FROM m"), "");
  await ask("DROP API KEY k ON db");
  assert.equal(refusal(key, "SELECT v FROM m"), "READ on db");
  await ask("DROP USER ad");
  assert.equal(access.authenticate({ kind: "none" }, ""), "nobody");
});

test("a user that was dropped may do nothing, not even with what was open", async () => {
  const { access, ask, caller } = await setUp();
  access.requireCredentials();
  const rd = caller("rd:x");
  await ask("DROP USER rd");
  assert.equal(access.sees(rd, "db"), false);
});
