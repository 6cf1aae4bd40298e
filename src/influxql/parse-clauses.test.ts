/** The clauses that statements share. */
import { testCanonical, testRefused } from "./testing.ts";

testCanonical("clauses", [
  "SHOW TAG VALUES ON d FROM a.m, /x/ WITH KEY IN (a, \"b c\") WHERE h = 'x' ORDER BY time ASC " +
    "LIMIT 5 OFFSET 2",
  "SHOW TAG VALUES WITH KEY !~ /a\\/b/",
  "SELECT max(v) FROM m GROUP BY time(1m, 5s), host, *, /t/ ORDER BY max DESC, host ASC",
]);

testRefused("clauses", [
  ["SHOW TAG VALUES WITH KEY < a", "found <, expected IN, =, =~ at line 1, char 26"],
  ["SHOW SERIES LIMIT x", "found x, expected integer at line 1, char 19"],
  ["SHOW SERIES ORDER time", "found time, expected BY at line 1, char 19"],
  [
    "CREATE RETENTION POLICY a ON b DURATION 1h REPLICATION 0",
    "invalid value 0: must be 1 <= n <= 2147483647 at line 1, char 56",
  ],
  [
    "DROP SHARD 18446744073709551616",
    'strconv.ParseUint: parsing "18446744073709551616": value out of range at line 1, char 12',
  ],
]);
