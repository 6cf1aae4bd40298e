/** Which tests a run takes, and in which order. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeArguments, selectTests } from "./run-tests.ts";

const files = [
  "dist/bench/load.test.js",
  "dist/src/base/key.fuzz.test.js",
  "dist/src/log/log.test.js",
  "dist/test/crash/kill.test.js",
  "dist/test/docs/docs.test.js",
  "dist/tools/run-tests.test.js",
];

test("selectTests() runs unit tests first, benchmarks last", () => {
  assert.deepEqual(selectTests(files, "all", []), [
    "dist/src/base/key.fuzz.test.js",
    "dist/src/log/log.test.js",
    "dist/test/crash/kill.test.js",
    "dist/test/docs/docs.test.js",
    "dist/tools/run-tests.test.js",
    "dist/bench/load.test.js",
  ]);
});

test("selectTests() takes only the folders of the set", () => {
  assert.deepEqual(selectTests(files, "unit", []), files.slice(1, 3));
  assert.deepEqual(selectTests(files, "torture", []), ["dist/test/crash/kill.test.js"]);
});

test("selectTests() keeps the files that any filter is a part of", () => {
  assert.deepEqual(selectTests(files, "all", ["key", "kill"]), [
    "dist/src/base/key.fuzz.test.js",
    "dist/test/crash/kill.test.js",
  ]);
  assert.deepEqual(selectTests(files, "unit", ["nothing"]), []);
});

test("nodeArguments() limits the time of a file, but not in torture", () => {
  const isLimit = (argument: string): boolean => argument.startsWith("--test-timeout=");
  assert.ok(nodeArguments("all").some(isLimit));
  assert.ok(!nodeArguments("torture").some(isLimit));
});
