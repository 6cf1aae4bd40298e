/** Deletes of some points of a series. */
import { testAnswers } from "../../../test/support/query-fixture.ts";

const lines = [
  "m,h=a v=1,w=1i 1000000000",
  "m,h=a v=2 2000000000",
  "m,h=b v=3 1000000000",
  "m,h=b v=4 3000000000",
  "n,h=a x=5 1000000000",
].join("\n");
const rows = (...all: readonly string[]): string =>
  `"series":[{"name":"m","columns":["time","v"],"values":[${all.join(",")}]}]`;

testAnswers("DELETE of points", lines, [
  ["DELETE FROM m WHERE time < 2000000000 AND h = 'a'", ""],
  ["SELECT v FROM m", rows("[1000000000,3]", "[2000000000,2]", "[3000000000,4]")],
  ["DELETE FROM m WHERE v > 3.5", ""],
  ["SELECT v FROM m", rows("[1000000000,3]", "[2000000000,2]")],
  ["DELETE FROM /m/ WHERE v = 2 AND h = 'b' OR v = 9", ""],
  ["SELECT v FROM m", rows("[1000000000,3]", "[2000000000,2]")],
  ["DELETE FROM m WHERE h = 'a' AND v = 2", ""],
  ["SHOW SERIES", '"series":[{"columns":["key"],"values":[["m,h=b"],["n,h=a"]]}]'],
  ["DELETE WHERE time > 0", ""],
  ["SHOW MEASUREMENTS", ""],
]);
