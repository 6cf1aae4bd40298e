import assert from "node:assert/strict";
import { test } from "node:test";
import { Access, newUser } from "./access.ts";
import { applyRule, describeAccess, passwordHash } from "./rules.ts";

const names = {
  isCommand: (name: string) => ["get", "set", "config", "config|get"].includes(name),
  isCategory: (name: string) => ["read", "write", "admin"].includes(name),
};

function stateOf(rules: string) {
  return rules.split(" ").reduce((state, rule) => applyRule(state, rule, names), newUser);
}

test("applyRule: passwords come and go by themselves or by their hash", () => {
  const hash = passwordHash("secret");
  assert.equal(hash, "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b");
  assert.deepEqual(stateOf(">secret >other <other").passwords, [hash]);
  assert.deepEqual(stateOf(`#${hash} !${hash}`).passwords, []);
  assert.equal(new Access(stateOf(">secret")).accepts(hash), false);
  assert.equal(new Access(stateOf("on >secret")).accepts(hash), true);
  assert.equal(new Access(stateOf("on nopass")).accepts("any"), true);
});

test("applyRule names what is wrong with a rule, and no password", () => {
  const fault = (rule: string, text: RegExp) => assert.throws(() => stateOf(rule), text);
  fault("+nothing", /modifier '\+nothing': Unknown command or category name in ACL/);
  fault("+@nothing", /modifier '\+@nothing': Unknown command/);
  fault("(+get", /Selectors are not supported/);
  fault("zzz", /modifier 'zzz': Syntax error/);
  fault("%X~a", /Syntax error/);
  fault("#12", /exactly 64 characters/);
  fault("~* ~a", /Adding a pattern after the \* pattern/);
  assert.throws(() => stateOf("<secret"), (error: Error) => !error.message.includes("secret"));
});

test("describeAccess: applied to a new user, the rules give the same", () => {
  for (const rules of [
    "on nopass allkeys allchannels allcommands allnamespaces",
    "on >a >b ~x* %R~y %W~z &c ns:n +@read -get +config|get",
    "off resetnamespaces +@all -@write",
  ]) {
    const state = stateOf(rules);
    assert.deepEqual(stateOf(describeAccess(state)), state);
  }
});
