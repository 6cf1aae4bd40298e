import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldType, fieldTypeName } from "./field-type.ts";

test("fieldTypeName names every type as it is numbered", () => {
  for (const [name, type] of Object.entries(fieldType)) assert.equal(fieldTypeName(type), name);
});
