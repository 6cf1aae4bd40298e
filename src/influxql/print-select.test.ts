/** Paths and clauses of SELECT as text. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { printCount, printMeasurement, printTarget } from "./print-select.ts";

const base = { database: "", policy: "", name: "m" } as const;

test("printMeasurement() leaves out what is not there", () => {
  const rest = { kind: "measurement", regex: undefined, alias: "" } as const;
  assert.equal(printMeasurement({ ...base, ...rest }), "m");
  assert.equal(printMeasurement({ ...base, ...rest, database: "d" }), "d..m");
  assert.equal(printMeasurement({ ...base, ...rest, policy: "p q", alias: "x" }), '"p q".m AS x');
  const regex = { kind: "regex", source: "a/b" } as const;
  assert.equal(printMeasurement({ ...base, ...rest, name: "", regex }), "/a\\/b/");
});

test("printTarget() writes the place holder of equal names", () => {
  assert.equal(printTarget({ ...base, policy: "p", name: "", isSameName: true }), "p.:MEASUREMENT");
});

test("printCount() writes what is not 0", () => {
  assert.deepEqual([printCount("LIMIT", 0), printCount("LIMIT", 3)], ["", " LIMIT 3"]);
});
