/** Which blocks of a text are run, and when their output is right. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { missingLine, runnableBlocks } from "./runnable-blocks.ts";

const fence = "```";

test("runnableBlocks() takes marked blocks only, with the output behind them", () => {
  const markdown = [
    "# Title",
    `${fence}bash run`,
    "echo a",
    "echo b",
    fence,
    "prints",
    `${fence}text output`,
    "a",
    fence,
    `${fence}bash`,
    "rm -rf x",
    fence,
    `${fence}ts run`,
    "const a = 1;",
    fence,
    fence,
    "no language",
    fence,
  ].join("\n");
  assert.deepEqual(runnableBlocks(markdown), [
    { kind: "bash run", line: 2, code: "echo a\necho b\n", output: ["a"] },
    { kind: "ts run", line: 13, code: "const a = 1;\n", output: [] },
  ]);
});

const outputs: readonly (readonly [expected: string[], printed: string, missing?: string])[] = [
  [[], "a\n"],
  [["a", "c"], "a\nb\nc\n"],
  [["a", "c"], "c\na\n", "c"],
  [["a", "a"], "a\n", "a"],
  [["took … ms"], "took 12 ms\n"],
  [["took … ms"], "took 12 s\n", "took … ms"],
  [["a.b (c)"], "axb (c)\n", "a.b (c)"],
];

for (const [expected, printed, missing] of outputs) {
  test(`missingLine() of ${JSON.stringify(expected)} in ${JSON.stringify(printed)}`, () => {
    assert.equal(missingLine(expected, printed), missing);
  });
}
