/** CREATE, ALTER and DROP of what a database has. */
import { testAnswers } from "../../../test/support/query-fixture.ts";

const select = "SELECT max(v) INTO t FROM m GROUP BY time(1h)";
const query = `CREATE CONTINUOUS QUERY q ON db BEGIN ${select} END`;
const shown = query.replace("INTO t FROM m", "INTO db.autogen.t FROM db.autogen.m");

testAnswers("definitions", "m v=1 1", [
  ['CREATE DATABASE ""', '"error":"invalid name"'],
  ["CREATE DATABASE d WITH DURATION 3d NAME p", ""],
  [
    "CREATE DATABASE d WITH DURATION 4d NAME p",
    '"error":"retention policy conflicts with an existing policy"',
  ],
  [
    "CREATE RETENTION POLICY r ON d DURATION 1m REPLICATION 1",
    '"error":"retention policy duration must be at least 1h0m0s"',
  ],
  ["CREATE RETENTION POLICY r ON d DURATION 2h REPLICATION 1 DEFAULT", ""],
  ["ALTER RETENTION POLICY r ON d DURATION 0s", ""],
  ["ALTER RETENTION POLICY x ON d DURATION 0s", '"error":"retention policy not found: x"'],
  ["DROP RETENTION POLICY p ON d", ""],
  [
    "SHOW RETENTION POLICIES ON d",
    '"series":[{"columns":["name","duration","shardGroupDuration","replicaN","default"],"values"' +
      ':[["r","0s","1h0m0s",1,true]]}]',
  ],
  [query, ""],
  [query, ""],
  [query.replace("max", "min"), '"error":"continuous query already exists"'],
  [query.replace("INTO t", "INTO x.y.t"), '"error":"database not found: x"'],
  [
    "SHOW CONTINUOUS QUERIES",
    `"series":[{"name":"db","columns":["name","query"],"values":[["q","${shown}"]]},` +
      '{"name":"d","columns":["name","query"]}]',
  ],
  ["DROP CONTINUOUS QUERY q ON db", ""],
  ["DROP CONTINUOUS QUERY q ON db", ""],
  [
    "CREATE SUBSCRIPTION s ON db.autogen DESTINATIONS ANY 'bad'",
    '"error":"invalid subscription URL: bad"',
  ],
  ["CREATE SUBSCRIPTION s ON db.autogen DESTINATIONS ANY 'udp://h:1'", ""],
  [
    "CREATE SUBSCRIPTION s ON db.autogen DESTINATIONS ALL 'udp://h:2'",
    '"error":"subscription already exists"',
  ],
  [
    "SHOW SUBSCRIPTIONS",
    '"series":[{"name":"db","columns":["retention_policy","name","mode","destinations"],"values"' +
      ':[["autogen","s","ANY",["udp://h:1"]]]}]',
  ],
  ["DROP SUBSCRIPTION s ON db.autogen", ""],
  ["DROP SUBSCRIPTION s ON db.autogen", '"error":"subscription not found"'],
  ["CREATE BINDING b ON db FROM TOPIC orders INTO m", ""],
  [
    "SHOW BINDINGS",
    '"series":[{"name":"db","columns":["name","binding"],"values":[["b","CREATE BINDING b ON db ' +
      'FROM TOPIC orders INTO m"]]}]',
  ],
  ["DROP BINDING c ON db", '"error":"binding not found: c"'],
  ["ALTER MEASUREMENT m SET DESCRIPTION 'load'", ""],
  ["ALTER MEASUREMENT m RENAME TO n", ""],
  ["ALTER MEASUREMENT n RENAME FIELD v TO w", ""],
  ["ALTER MEASUREMENT n RENAME FIELD v TO w", '"error":"field not found: v"'],
  ["SELECT w FROM n", '"series":[{"name":"n","columns":["time","w"],"values":[[1,1]]}]'],
  ["ALTER MEASUREMENT x SET UNIT 's'", '"error":"measurement not found: x"'],
  ["DROP DATABASE d", ""],
  ["DROP DATABASE d", ""],
]);
