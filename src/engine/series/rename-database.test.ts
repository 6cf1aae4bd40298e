import assert from "node:assert/strict";
import { test } from "node:test";
import { openQueryFixture } from "../../../test/support/query-fixture.ts";

const query = "SELECT mean(v) INTO n FROM m GROUP BY time(1h)";

test("renameDatabase() keeps points, policies and queries under the new name", async () => {
  const { ask } = await openQueryFixture("m v=1 1");
  await ask(`CREATE CONTINUOUS QUERY q ON db BEGIN ${query} END`);
  await ask("ALTER DATABASE db RENAME TO other");
  assert.match(await ask("SHOW DATABASES"), /\[\["other"\]\]/);
  assert.match(await ask("SELECT v FROM m", { database: "other" }), /,1\]\]/);
  assert.match(await ask("SELECT v FROM m", { database: "db" }), /database not found: db/);
  const queries = await ask("SHOW CONTINUOUS QUERIES");
  assert.match(queries, /ON other .*INTO other\.autogen\.n FROM other\.autogen\.m/);
  assert.doesNotMatch(queries, /db\./);
});

test("renameDatabase() refuses names that are there and databases that are not", async () => {
  const { ask } = await openQueryFixture();
  await ask("CREATE DATABASE two");
  assert.match(await ask("ALTER DATABASE db RENAME TO two"), /database already exists: two/);
  assert.match(await ask("ALTER DATABASE none RENAME TO three"), /database not found: none/);
});
