/** Statements in order: errors, INTO, kills, warnings. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openQueryFixture } from "../../../test/support/query-fixture.ts";
import type { SeriesChunk } from "../../influxql/result.ts";

test("run() executes nothing behind a statement that failed", async () => {
  const { ask } = await openQueryFixture("m v=1 1");
  const answer = await ask("SELECT v FROM m; SHOW TAG KEYS ON x; DROP MEASUREMENT m");
  const errors = [...answer.matchAll(/"error":"([^"]+)"/g)].map(([, error]) => error);
  assert.deepEqual(errors, ["database not found: x", "not executed"]);
  assert.match(await ask("SELECT v FROM m"), /\[\[1,1\]\]/);
});

test("run() writes what SELECT INTO selects, with its tags and types", async () => {
  const { ask } = await openQueryFixture("m,h=a\\ b v=1,i=2i,s=\"x\\\"y\",b=true 5");
  const written = '"series":[{"name":"result","columns":["time","written"],"values":[[0,1]]}]';
  assert.equal(await ask("SELECT v, i, s, b INTO t FROM m GROUP BY h"), written);
  const columns = '"columns":["time","b","h","i","s","v"]';
  const values = '"values":[[5,true,"a b",2,"x\\"y",1]]';
  assert.equal(await ask("SELECT * FROM t"), `"series":[{"name":"t",${columns},${values}}]`);
  assert.equal(await ask("SELECT v INTO x..t FROM m"), '"error":"database not found: x"');
});

test("run() warns of statements that change something in a read-only request", async () => {
  const { ask } = await openQueryFixture();
  const text =
    "deprecated use of 'CREATE DATABASE x' in a read only context, " +
    "please use a POST request instead";
  const messages = `"messages":[{"level":"warning","text":"${text}"}]`;
  assert.equal(await ask("CREATE DATABASE x", { isReadOnly: true }), messages);
});

test("run() ends a killed SELECT with its reason", async () => {
  let started = (): void => {};
  const hasStarted = new Promise<void>((resolve) => (started = resolve));
  const { ask, queries } = await openQueryFixture("m v=1 1", async function* (_, { signal }) {
    yield* noChunks();
    started();
    await new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
      });
    });
  });
  const answer = ask("SELECT v FROM m");
  await hasStarted;
  const [query] = queries.registry.list();
  assert.equal(await ask(`KILL QUERY ${query?.id}`), "");
  assert.equal(await answer, '"error":"query interrupted"');
});

async function* noChunks(): AsyncGenerator<SeriesChunk> {}

test("run() shows only visible databases", async () => {
  const { ask } = await openQueryFixture();
  const none = '"series":[{"name":"databases","columns":["name"]}]';
  assert.equal(await ask("SHOW DATABASES", { isVisible: () => false }), none);
});

test("EXPLAIN ANALYZE runs the statement and tells what came of it", async () => {
  const { ask } = await openQueryFixture("m v=1 1");
  assert.match(await ask("EXPLAIN ANALYZE SELECT v FROM m"), /rows: 1/);
});
