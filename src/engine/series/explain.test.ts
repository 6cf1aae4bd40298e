/** EXPLAIN. */
import { testAnswers } from "../../../test/support/query-fixture.ts";

const lines = ["cpu,host=a v=1,i=2i 1", "cpu,host=b v=1 1", "mem,host=a v=1 1"].join("\n");
const plan = (...all: readonly string[]): string => {
  const rows = all.map((line) => `["${line}"]`).join(",");
  return `"series":[{"columns":["QUERY PLAN"],"values":[${rows}]}]`;
};
const cost = (shards: number, series: number, cachedValues: number): readonly string[] => [
  `NUMBER OF SHARDS: ${shards}`,
  `NUMBER OF SERIES: ${series}`,
  `CACHED VALUES: ${cachedValues}`,
  "NUMBER OF FILES: 0",
  "NUMBER OF BLOCKS: 0",
  "SIZE OF BLOCKS: 0",
];

testAnswers("EXPLAIN", lines, [
  ["EXPLAIN SELECT mean(v) FROM cpu", plan("EXPRESSION: mean(v::float)", ...cost(1, 2, 2))],
  [
    "EXPLAIN SELECT max(v), host FROM /./ WHERE host = 'a' AND time > 0",
    plan("EXPRESSION: max(v::float)", "AUXILIARY FIELDS: host::tag", ...cost(2, 2, 2)),
  ],
  [
    "EXPLAIN SELECT sum(v) / count(i) FROM cpu",
    plan(
      "EXPRESSION: sum(v::float)",
      ...cost(1, 2, 2),
      "",
      "EXPRESSION: count(i::integer)",
      ...cost(1, 2, 1),
    ),
  ],
  [
    "EXPLAIN SELECT v FROM (SELECT v FROM cpu)",
    plan("EXPRESSION: \\u003cnil\\u003e", "AUXILIARY FIELDS: v::float", ...cost(1, 2, 2)),
  ],
  ["EXPLAIN SELECT foo(v) FROM cpu", '"error":"undefined function foo()"'],
  ["EXPLAIN SELECT v FROM x..cpu", '"error":"database not found: x"'],
]);
