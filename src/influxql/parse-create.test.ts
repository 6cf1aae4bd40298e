/** CREATE statements. */
import { testCanonical, testRefused } from "./testing.ts";

testCanonical("parseCreate()", [
  "CREATE DATABASE d; CREATE DATABASE d WITH DURATION 3d REPLICATION 2 SHARD DURATION 1h NAME p",
  "CREATE RETENTION POLICY p ON d DURATION 1w REPLICATION 1 SHARD DURATION 1d DEFAULT",
  "CREATE SUBSCRIPTION s ON d.p DESTINATIONS ANY 'udp://h:1', 'http://h:2' WHERE host = 'a'",
  "CREATE CONTINUOUS QUERY q ON d RESAMPLE EVERY 1m FOR 1h BACKFILL 4w BEGIN SELECT max(v) INTO " +
    "p.t FROM m GROUP BY time(5m) END",
  "CREATE CONTINUOUS QUERY q ON d BACKFILL BEGIN SELECT v INTO t FROM m END",
  "CREATE API KEY k ON d FOR READ SERIES /^cpu/; CREATE API KEY k ON d FOR WRITE",
  "CREATE BINDING b ON d FROM TOPIC orders INTO p.m TAGS a, b FIELDS c",
]);

testRefused("parseCreate()", [
  [
    "CREATE VIEW v",
    "found VIEW, expected CONTINUOUS, DATABASE, USER, RETENTION, SUBSCRIPTION at line 1, char 8",
  ],
  [
    "CREATE DATABASE d WITH x",
    "found x, expected DURATION, NAME, REPLICATION, SHARD at line 1, char 24",
  ],
  ["CREATE USER u WITH PASSWORD x", "found x, expected string at line 1, char 29"],
  [
    "CREATE RETENTION POLICY p ON d DURATION 1h REPLICATION 1 SHARD DURATION INF",
    "invalid duration INF for shard duration at line 1, char 73",
  ],
  [
    "CREATE CONTINUOUS QUERY q ON d BEGIN SELECT max(v) INTO t FROM m END",
    "found m, expected GROUP BY time(...) at line 1, char 64",
  ],
  [
    "CREATE CONTINUOUS QUERY q ON d RESAMPLE FOR 1m BEGIN SELECT max(v) INTO t FROM m GROUP BY " +
      "time(1h) END",
    "FOR duration must be >= GROUP BY time duration: must be a minimum of 1h, got 1m",
  ],
  [
    "CREATE CONTINUOUS QUERY q ON d RESAMPLE BEGIN",
    "found BEGIN, expected EVERY, FOR at line 1, char 41",
  ],
  [
    "CREATE SUBSCRIPTION s ON d.p DESTINATIONS SOME 'x'",
    "found SOME, expected ALL, ANY at line 1, char 43",
  ],
]);
