import assert from "node:assert/strict";
import { test } from "node:test";
import { openQueryFixture } from "../../../test/support/query-fixture.ts";

const lines = ["m,a=1,host=x v=1 1", "m,a=2,host=x v=2 2", "m,b=3 v=3 3"].join("\n");
const long = "k".repeat(2000);

test("renameTag() keeps the points of the series, and finds them by the new name", async () => {
  const { ask, write } = await openQueryFixture(lines);
  await ask("ALTER MEASUREMENT m RENAME TAG a TO z");
  assert.match(await ask("SHOW TAG KEYS"), /\[\["b"\],\["host"\],\["z"\]\]/);
  assert.match(await ask("SHOW SERIES"), /\[\["m,b=3"\],\["m,host=x,z=1"\],\["m,host=x,z=2"\]\]/);
  assert.match(await ask("SELECT v FROM m WHERE z = '2'"), /"values":\[\[[^\]]*,2\]\]/);
  await write("m,host=x,z=1 v=5 4");
  assert.match(await ask("SHOW SERIES EXACT CARDINALITY"), /\[\[3\]\]/);
  assert.match(await ask("SELECT sum(v) FROM m GROUP BY z"), /"z":"1".*,6\]/);
  await write("m,host=x,a=1 v=7 5");
  assert.match(await ask("SHOW SERIES EXACT CARDINALITY"), /\[\[4\]\]/);
});

test("renameTag() moves names that are too long for a key, there and back", async () => {
  const { ask, write } = await openQueryFixture(lines);
  await ask(`ALTER MEASUREMENT m RENAME TAG a TO ${long}`);
  assert.match(await ask("SHOW TAG KEYS"), new RegExp(`"${long}"`));
  await ask(`ALTER MEASUREMENT m RENAME TAG ${long} TO a`);
  await write("m,a=1,host=x v=9 9");
  assert.match(await ask("SHOW SERIES EXACT CARDINALITY"), /\[\[3\]\]/);
  assert.match(await ask("SELECT v FROM m WHERE a = '1' AND v = 9"), /,9\]\]/);
});

test("renameTag() refuses names that are there, tags that are not, and time", async () => {
  const { ask } = await openQueryFixture(lines);
  const rename = (from: string, to: string): Promise<string> =>
    ask(`ALTER MEASUREMENT m RENAME TAG ${from} TO ${to}`);
  assert.match(await rename("a", "b"), /tag already exists: b/);
  assert.match(await rename("none", "c"), /tag not found: none/);
  assert.match(await rename("a", "time"), /invalid tag name/);
});
