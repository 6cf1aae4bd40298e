import assert from "node:assert/strict";
import { test } from "node:test";
import { editDistance, nearestName } from "./nearest-name.ts";

test("editDistance() counts insertions, deletions and replacements", () => {
  const cases = [
    ["", "", 0],
    ["", "abc", 3],
    ["abc", "abc", 0],
    ["kitten", "sitting", 3],
    ["data-dri", "data-dir", 2],
  ] as const;
  for (const [a, b, edits] of cases) {
    assert.equal(editDistance(a, b), edits, `${a} -> ${b}`);
    assert.equal(editDistance(b, a), edits, `${b} -> ${a}`);
  }
});

test("nearestName() finds the typo's original and nothing for a foreign word", () => {
  const known = ["data-dir", "node-id", "grpc-addr", "http-addr", "max-retries"];
  assert.equal(nearestName("datadir", known), "data-dir");
  assert.equal(nearestName("http-adr", known), "http-addr");
  assert.equal(nearestName("maxRetries", known), "max-retries");
  assert.equal(nearestName("colour", known), undefined);
});
