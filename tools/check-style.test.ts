/** Every rule of check-style on made-up files: what is well and what is a fault. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkStyle } from "./check-style.ts";

const opening = "/** What it is. */\n";
const longSource = `${opening}export function a(): void {${"\n  a();".repeat(60)}\n}\n`;
const longTypes = `${opening}export interface A {\n${"  readonly a: string;\n".repeat(60)}}\n`;
/** Banned words are put together here, so that this file passes its own check. */
const todo = ["TO", "DO"].join("");

/** Files, and a part of the fault they have (none when all is well). */
const cases: readonly (readonly [rule: string, files: Record<string, string>, fault?: string])[] = [
  ["a short source", { "src/a.ts": `${opening}export const a = 1;\n` }],
  ["100 columns", { "src/a.ts": `${opening}// ${"a".repeat(97)}\n` }],
  ["101 columns", { "src/a.ts": `${opening}// ${"a".repeat(98)}\n` }, "src/a.ts:2: over 100 col"],
  ["601 lines", { "test/a.ts": `${opening}${"\n".repeat(600)}` }, "over 600 lines"],
  ["no opening comment", { "src/a.ts": "export const a = 1;\n" }, "does not open with a comment"],
  ["a test's opening", { "src/a.test.ts": "import assert;\n" }],
  ["a program's opening", { "src/cli/a.ts": `#!/usr/bin/env node\n${opening}` }],
  ["camelCase names", { "src/logIndex.ts": opening }, "kebab-case"],
  ["test names", { "src/a-b.fuzz.test.ts": opening, "src/_a.test.ts": opening }],
  ["vague names", { "src/utils.ts": opening }, "name the file after"],
  ["unfinished marks", { "src/a.ts": `${opening}// ${todo}: more\n` }, "finish it"],
  ["barrels", { "src/a.ts": `${opening}export * from "./b.ts";\n` }, "import from the file"],
  ["paths of a machine", { "README.md": ["cd ", "work", "a"].join("/") }, "README.md:1"],
  ["a path that ends like it", { "README.md": ["data", "work", "a"].join("/") }],
  ["hosts in lock files", {
    "package-lock.json": ['"resolved": "', "https://a"].join(""),
  }, ".npmrc"],
  ["a long source untested", { "src/a.ts": longSource }, "no test beside it"],
  ["a long source tested", { "src/a.ts": longSource, "src/a.test.ts": opening }],
  ["a long source fuzzed", { "src/a.ts": longSource, "src/a.fuzz.test.ts": opening }],
  ["long comments", { "src/a.ts": `${"// Why.\n".repeat(60)}export function a(): void {}\n` }],
  ["long types", { "src/a.ts": longTypes }],
];

for (const [rule, files, fault] of cases) {
  test(`checkStyle() ${fault === undefined ? "allows" : "refuses"} ${rule}`, () => {
    const faults = checkStyle(new Map(Object.entries(files)), {});
    assert.equal(faults.length, fault === undefined ? 0 : 1, faults.join("\n"));
    if (fault !== undefined) assert.ok(faults[0]?.includes(fault), faults[0]);
  });
}

test("checkStyle() allows an exception while it is needed, and only then", () => {
  const files = new Map([["src/a.ts", longSource]]);
  for (const entry of ["src/a.ts", "src/"]) {
    assert.deepEqual(checkStyle(files, { [entry]: "reason" }), []);
    assert.equal(checkStyle(new Map(), { [entry]: "reason" }).length, 1);
  }
});
