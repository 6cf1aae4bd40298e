/** SELECT, clause by clause. */
import { testCanonical, testRefused } from "./testing.ts";

testCanonical("parseSelect()", [
  'SELECT mean(v) AS "a b", DISTINCT host, *::tag, /re/, -1 * v FROM m',
  "SELECT v INTO d.p.:MEASUREMENT FROM m",
  "SELECT max(v) FROM m WHERE time > now() - 1h GROUP BY time(1mo) fill(3.5) HAVING max > 3 AND " +
    "host IN ('a') LIMIT 1 OFFSET 2 SLIMIT 3 SOFFSET 4 TZ('Europe/Paris')",
  "SELECT max(v) FROM m GROUP BY host fill(previous) ORDER BY time DESC",
  "SELECT v FROM m WHERE a BETWEEN 1 AND 2 OR NOT (b = 1.500)",
]);

testRefused("parseSelect()", [
  [
    "SELECT v > 3 FROM m",
    "invalid operator > in SELECT clause at line 1, char 8; operator is intended for WHERE " +
      "clause",
  ],
  ["SELECT v INTO FROM m", "found FROM, expected identifier at line 1, char 15"],
  ["SELECT v", "found EOF, expected FROM at line 1, char 10"],
  ["SELECT v FROM m fill(x)", "expected number argument in fill()"],
  ["SELECT v FROM m fill()", "fill requires an argument, e.g.: 0, null, none, previous, linear"],
  ["SELECT v FROM m fill", "fill must be a function call"],
  ["SELECT v FROM m tz('Mars/Olympus')", "unable to find time zone Mars/Olympus"],
  ["SELECT v FROM m tz(3)", "expected string argument in tz()"],
  ["SELECT v FROM m ORDER BY 1", "found 1, expected identifier, ASC, DESC at line 1, char 26"],
  ["SELECT mean(v) FROM m ORDER BY v", "only ORDER BY time supported at this time"],
  ["SELECT v FROM m HAVING v > 1", "found HAVING, expected ; at line 1, char 17"],
  ["SELECT v FROM m AS x", "found AS, expected ; at line 1, char 17"],
]);
