import assert from "node:assert/strict";
import { test } from "node:test";
import { DataArguments } from "./data-arguments.ts";

const args = new DataArguments("op", [
  "text",
  Buffer.of(1),
  5,
  7n,
  { limit: 3, begin: "a" },
  ["list"],
]);

test("DataArguments gives each argument as its type", () => {
  assert.equal(args.bytes(0), "text");
  assert.deepEqual(args.bytes(1), Buffer.of(1));
  assert.equal(args.text(0), "text");
  assert.equal(args.number(2), 5);
  assert.equal(args.integer(3), 7n);
  assert.equal(args.optionalInteger(9), undefined);
  assert.equal(args.word(0, ["other", "text"]), "text");
  assert.deepEqual(args.options(4, { limit: "number", begin: "bytes" }), { limit: 3, begin: "a" });
  assert.deepEqual(args.options(9, {}), {});
  assert.deepEqual(new DataArguments("op", ["a", "b"]).bytesFrom(1), ["b"]);
});

test("DataArguments names what is wrong with an argument", () => {
  assert.throws(() => args.bytes(2), /Invalid argument 2 of op: expected bytes or text/);
  assert.throws(() => args.text(1), /expected text/);
  assert.throws(() => args.text(9), /expected text/);
  assert.throws(() => args.number(3), /expected a number/);
  assert.throws(() => args.integer(2), /expected an integer/);
  assert.throws(() => args.word(0, ["a", "b"]), /one of a, b/);
  assert.throws(() => args.options(4, { limit: "text", begin: "bytes" }), /limit to be text/);
  assert.throws(() => args.options(4, { other: "text" }), /no option limit/);
  assert.throws(() => args.options(5, {}), /expected fields/);
});
