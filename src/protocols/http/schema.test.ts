import assert from "node:assert/strict";
import { test } from "node:test";
import { array, either, integer, object, oneOf, optional, record, string } from "./schema.ts";
import type { ValueOf } from "./schema.ts";

const Person = object({
  name: string({ maxLength: 80 }),
  age: optional(integer({ minimum: 0 })),
  role: oneOf(["admin", "guest"]),
  tags: optional(record(string())),
  born: either(integer(), string(), { description: "a year" }),
});

test("object() requires what is not optional and refuses unknown fields", () => {
  assert.deepEqual(Person.json.required, ["name", "role", "born"]);
  assert.equal(Person.json.additionalProperties, false);
  assert.deepEqual(Person.json.properties?.["age"], { type: "integer", minimum: 0 });
  assert.equal(object({}).json.required, undefined);
});

test("ValueOf is the type of a schema's values", () => {
  // Compiling is the test: a wrong type here is a compiler error.
  const least: ValueOf<typeof Person> = { name: "a", role: "guest", born: 1970 };
  const most: ValueOf<typeof Person> = { ...least, age: 1, tags: { a: "b" }, born: "MCMLXX" };
  // @ts-expect-error: "owner" is no role
  const wrong: ValueOf<typeof Person> = { ...most, role: "owner" };
  assert.ok(wrong);
});

test("array(), record() and either() hold the schemas they were given", () => {
  assert.deepEqual(array(string()).json, { type: "array", items: { type: "string" } });
  assert.deepEqual(record(integer()).json, {
    type: "object",
    additionalProperties: { type: "integer" },
  });
  assert.deepEqual(either(integer(), string(), { description: "x" }).json, {
    description: "x",
    anyOf: [{ type: "integer" }, { type: "string" }],
  });
});
