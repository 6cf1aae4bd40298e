/** Deletes of series and measurements. */
import { testAnswers } from "../../../test/support/query-fixture.ts";

const lines = ["m,h=a v=1 1", "m,h=b v=2 1", "n,h=a v=3 1", "o v=4 1"].join("\n");
const keys = (...all: readonly string[]): string =>
  `"series":[{"columns":["key"],"values":[${all.map((key) => `["${key}"]`).join(",")}]}]`;

testAnswers("deletes", lines, [
  ["DROP SERIES FROM m WHERE h = 'a'", ""],
  ["SHOW SERIES", keys("m,h=b", "n,h=a", "o")],
  ["SELECT v FROM m", '"series":[{"name":"m","columns":["time","v"],"values":[[1,2]]}]'],
  ["DELETE WHERE h = 'a'", ""],
  ["SHOW SERIES", keys("m,h=b", "o")],
  [
    "DROP SERIES FROM m WHERE v > 1",
    '"error":"shard 1: fields not supported in WHERE clause during deletion"',
  ],
  [
    "DROP SERIES FROM m WHERE time > 1",
    `"error":"DROP SERIES doesn't support time in WHERE clause"`,
  ],
  ["DROP MEASUREMENT o", ""],
  ["DROP MEASUREMENT o", ""],
  ["SHOW MEASUREMENTS", '"series":[{"name":"measurements","columns":["name"],"values":[["m"]]}]'],
  ["DROP SHARD 99", ""],
  ["SELECT v FROM o", '"messages":[{"level":"info","text":"there is no measurement o"}]'],
]);
