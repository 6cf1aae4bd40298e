import assert from "node:assert/strict";
import { test } from "node:test";
import type { CommandSpec } from "./command.ts";
import { asCommand, checkSubcommand, findSubcommand, helpShape } from "./subcommands.ts";

const spec: CommandSpec = {
  name: "thing",
  arity: -2,
  flags: ["admin"],
  group: "server",
  since: "0",
  summary: "For tests",
  subcommands: [{ name: "get", arity: 3, summary: "Gets", flags: ["readonly"] }],
  handler: () => {},
};

const check = (...words: readonly string[]) => () => {
  checkSubcommand(spec, words.map((word) => Buffer.from(word)));
};

test("checkSubcommand() wants a second word that there is, and its number of arguments", () => {
  assert.doesNotThrow(check("GET", "a"));
  assert.doesNotThrow(check("help"));
  assert.throws(check("put"), { message: "ERR unknown subcommand 'put'. Try THING HELP." });
  assert.throws(check("get"), /wrong number of arguments for 'thing\|get' command/);
  assert.throws(check("help", "x"), /wrong number of arguments for 'thing\|help' command/);
});

test("asCommand() is the command of two words", () => {
  const shape = findSubcommand(spec, Buffer.from("Get")) ?? helpShape;
  const { name, arity, flags, group } = asCommand(spec, shape);
  assert.deepEqual([name, arity, flags, group], ["thing|get", 3, ["readonly"], "server"]);
});
