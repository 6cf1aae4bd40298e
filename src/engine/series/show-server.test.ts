/** SHOW about databases and the server. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openQueryFixture, testAnswers } from "../../../test/support/query-fixture.ts";

const times = '"start_time","end_time","expiry_time"';

testAnswers("SHOW of the server", "", [
  ["SHOW DATABASES", '"series":[{"name":"databases","columns":["name"],"values":[["db"]]}]'],
  [
    "SHOW RETENTION POLICIES",
    '"series":[{"columns":["name","duration","shardGroupDuration","replicaN","default"],' +
      '"values":[["autogen","0s","168h0m0s",1,true]]}]',
  ],
  ["SHOW SUBSCRIPTIONS", ""],
  ["SHOW CONTINUOUS QUERIES", '"series":[{"name":"db","columns":["name","query"]}]'],
  ["SHOW BINDINGS", ""],
  [
    "SHOW SHARD GROUPS",
    `"series":[{"name":"shard groups","columns":["id","database","retention_policy",${times}]}]`,
  ],
  [
    "SHOW QUERIES",
    '"series":[{"columns":["qid","query","database","duration","status"],' +
      '"values":[[7,"SHOW QUERIES","db","0s","running"]]}]',
  ],
  ["SHOW STATS FOR 'nosuch'", ""],
  ["SHOW API KEYS", '"series":[{"columns":["name","privilege","pattern","created"]}]'],
]);

test("SHOW SHARDS tells the windows that have blocks", async () => {
  const { ask, models } = await openQueryFixture("m v=1 1000000000000");
  await models.storage.seal();
  const shards = await ask("SHOW SHARDS");
  const span = '"1970-01-01T00:00:00Z","1970-01-08T00:00:00Z","1970-01-08T00:00:00Z"';
  assert.ok(shards.endsWith(`"values":[[1,"db","autogen",1,${span},""]]}]`), shards);
  assert.match(await ask("SHOW STATS FOR 'database'"), /"numMeasurements","numSeries"/);
});
