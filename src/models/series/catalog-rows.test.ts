import assert from "node:assert/strict";
import { test } from "node:test";
import { databaseKey, measurementKey } from "./catalog-rows.ts";
import { keyBytesMax } from "../../store/base-tree.ts";

test("catalog keys of long names fit into a row and stay different", () => {
  const long = "x".repeat(60_000);
  const [a, b] = [measurementKey(1, `${long}a`), measurementKey(1, `${long}b`)];
  assert.notEqual(a, b);
  assert.ok(a.length <= keyBytesMax);
  assert.equal(databaseKey("é"), "Sc\x01\xc3\xa9");
});
