/** Statements by their first word. */
import { testCanonical, testRefused } from "./testing.ts";

testCanonical("parseStatement()", [
  "DELETE FROM m, /x/ WHERE time < 5 AND host = 'a'; DELETE WHERE host = 'a'",
  "DROP DATABASE d; DROP MEASUREMENT m; DROP USER u; DROP SHARD 7; DROP SERIES FROM m",
  "DROP RETENTION POLICY p ON d; DROP CONTINUOUS QUERY q ON d; DROP SUBSCRIPTION s ON d.p",
  "DROP API KEY k ON d; DROP BINDING b ON d",
  "ALTER RETENTION POLICY p ON d DURATION 1h REPLICATION 1 SHARD DURATION 1h DEFAULT",
  "ALTER DATABASE a RENAME TO b; ALTER MEASUREMENT m ON d RENAME TO n",
  "ALTER MEASUREMENT m RENAME TAG a TO b; ALTER MEASUREMENT m RENAME FIELD a TO b",
  "ALTER MEASUREMENT m SET UNIT 'ms' DESCRIPTION 'how long'; ALTER MEASUREMENT m FIELD v SET " +
    "UNIT ''",
  "GRANT READ ON d TO u; GRANT ALL PRIVILEGES TO u; REVOKE WRITE ON d FROM u",
  "REVOKE ALL PRIVILEGES FROM u; KILL QUERY 5; KILL QUERY 5 ON h",
  "EXPLAIN ANALYZE SELECT v FROM m; RUN CONTINUOUS QUERY q ON d WHERE time > 5",
]);

testRefused("parseStatement()", [
  [
    "UPDATE m",
    "found UPDATE, expected SELECT, DELETE, SHOW, CREATE, DROP, EXPLAIN, GRANT, REVOKE, ALTER, " +
      "SET, KILL at line 1, char 1",
  ],
  [
    "DROP m",
    "found m, expected CONTINUOUS, DATABASE, MEASUREMENT, RETENTION, SERIES, SHARD, " +
      "SUBSCRIPTION, USER at line 1, char 6",
  ],
  ["DELETE", "found EOF, expected FROM, WHERE at line 1, char 8"],
  ["DELETE FROM p.m", "retention policy not supported at line 1, char 1"],
  ["GRANT READ TO u", "found TO, expected ON at line 1, char 12"],
  ["GRANT ALL FROM u", "found FROM, expected ON, TO at line 1, char 11"],
  [
    "ALTER RETENTION POLICY p ON d DEFAULT DEFAULT",
    "found duplicate DEFAULT option at line 1, char 39",
  ],
  ["ALTER USER u", "found USER, expected RETENTION at line 1, char 7"],
  ["SHOW DATABASES SHOW USERS", "found SHOW, expected ; at line 1, char 16"],
]);
