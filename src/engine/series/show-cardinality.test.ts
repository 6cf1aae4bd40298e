/** Cardinalities. */
import { testAnswers } from "../../../test/support/query-fixture.ts";

const lines = ["cpu,host=a v=1 1", "cpu,host=b,dc=eu v=1,w=2 1", "mem used=5i 1"].join("\n");
const count = (name: string, value: number): string =>
  `{"name":"${name}","columns":["count"],"values":[[${value}]]}`;
const estimated = (value: number): string =>
  `"series":[{"columns":["cardinality estimation"],"values":[[${value}]]}]`;

testAnswers("SHOW CARDINALITY", lines, [
  ["SHOW SERIES CARDINALITY", estimated(3)],
  ["SHOW MEASUREMENT CARDINALITY", estimated(2)],
  ["SHOW SERIES CARDINALITY ON nosuch", estimated(0)],
  ["SHOW SERIES EXACT CARDINALITY", `"series":[${count("cpu", 2)},${count("mem", 1)}]`],
  ["SHOW SERIES CARDINALITY FROM cpu WHERE dc = 'eu'", `"series":[${count("cpu", 1)}]`],
  [
    "SHOW SERIES EXACT CARDINALITY FROM cpu GROUP BY dc",
    '"series":[{"name":"cpu","tags":{"dc":""},"columns":["count"],"values":[[1]]},' +
      '{"name":"cpu","tags":{"dc":"eu"},"columns":["count"],"values":[[1]]}]',
  ],
  ["SHOW MEASUREMENT EXACT CARDINALITY", '"series":[{"columns":["count"],"values":[[2]]}]'],
  ["SHOW MEASUREMENT EXACT CARDINALITY FROM /x/", ""],
  ["SHOW TAG KEY CARDINALITY", `"series":[${count("cpu", 2)}]`],
  ["SHOW TAG VALUES CARDINALITY WITH KEY = host", `"series":[${count("cpu", 2)}]`],
  ["SHOW TAG VALUES CARDINALITY WITH KEY = host WHERE dc != 'us'", `"series":[${count("cpu", 1)}]`],
  ["SHOW FIELD KEY CARDINALITY", `"series":[${count("cpu", 2)},${count("mem", 1)}]`],
  [
    "SHOW TAG KEY CARDINALITY WHERE time > 1",
    `"error":"SHOW TAG KEY EXACT CARDINALITY doesn't support time in WHERE clause"`,
  ],
]);
