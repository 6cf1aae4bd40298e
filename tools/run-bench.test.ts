/** How benchmarks are found and described. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { benchNames, firstCommentLine } from "./run-bench.ts";

test("benchNames() leaves out tests and parts", () => {
  const files = [
    "bench/load.ts",
    "bench/load.test.ts",
    "bench/_rows.ts",
    "bench/compare/bullmq.ts",
    "bench/compare/_redis.ts",
    "bench/support/table.ts",
  ];
  assert.deepEqual(benchNames(files), ["load", "compare/bullmq"]);
});

const openings: readonly (readonly [source: string, line: string])[] = [
  ["/** Load on one node. */\nimport x;", "Load on one node."],
  ["/**\n * Load on one node.\n * And more.\n */\n", "Load on one node."],
  ["// Load on one node.\n// And more.\nimport x;", "Load on one node."],
  ["import x;\n/** Not the opening. */", ""],
];

for (const [source, line] of openings) {
  test(`firstCommentLine() of ${JSON.stringify(source.slice(0, 24))}`, () => {
    assert.equal(firstCommentLine(source), line);
  });
}
