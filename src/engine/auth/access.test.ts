import assert from "node:assert/strict";
import { test } from "node:test";
import { Access, newUser } from "./access.ts";
import type { AccessRequest } from "./access-request.ts";
import { applyRule } from "./rules.ts";

const names = {
  isCommand: (name: string) => ["get", "set", "config", "config|get"].includes(name),
  isCategory: (name: string) => ["read", "write", "admin"].includes(name),
};

function stateOf(rules: string) {
  return rules.split(" ").reduce((state, rule) => applyRule(state, rule, names), newUser);
}

const get: AccessRequest = {
  command: "get",
  categories: ["read"],
  keys: ["a"],
  reads: true,
  writes: false,
  channels: [],
  arePatterns: false,
  namespaces: ["global"],
};

function reason(rules: string, request: Partial<AccessRequest>): string {
  return new Access(stateOf(rules)).denial({ ...get, ...request })?.reason ?? "none";
}

test("Access.denial: the last rule that names a command decides", () => {
  assert.equal(reason("~* +@all -get", {}), "command");
  assert.equal(reason("~* -get +@read", {}), "none");
  assert.equal(reason("~* +@read -get", {}), "command");
  assert.equal(reason("~* +config", { command: "config|get", categories: [] }), "none");
  assert.equal(reason("~* +config|get", { command: "config|get", categories: [] }), "none");
  assert.equal(reason("~* +config|get", { command: "config|set", categories: [] }), "command");
});

test("Access.denial: patterns of keys allow reads, writes or both", () => {
  assert.equal(reason("+@all ~a*", { keys: ["a1", "b"] }), "key");
  assert.equal(reason("+@all %R~a*", {}), "none");
  assert.equal(reason("+@all %R~a*", { reads: false, writes: true }), "key");
  assert.equal(reason("+@all %W~a*", { reads: false, writes: true }), "none");
  assert.equal(reason("+@all %W~a*", { reads: true, writes: true }), "key");
  assert.equal(reason("+@all %RW~a*", { reads: true, writes: true }), "none");
});

test("Access.denial: channels match, patterns of channels must be written alike", () => {
  assert.equal(reason("+@all ~* &news.*", { channels: ["news.a"] }), "none");
  assert.equal(reason("+@all ~* &news.*", { channels: ["other"] }), "channel");
  assert.equal(reason("+@all ~* &news.*", { channels: ["news.*"], arePatterns: true }), "none");
  assert.equal(reason("+@all ~* &news.*", { channels: ["news.a*"], arePatterns: true }), "channel");
});

test("Access.denial: a user works in the namespaces of the ns: rules", () => {
  assert.equal(reason("+@all ~*", { namespaces: ["tenants.a"] }), "namespace");
  assert.equal(reason("+@all ~* ns:tenants.*", { namespaces: ["tenants.a"] }), "none");
  assert.equal(reason("+@all ~* resetnamespaces", {}), "namespace");
});

test("Access is unrestricted only with everything", () => {
  const all = "+@all ~* &* ns:*";
  assert.equal(new Access(stateOf(all)).isUnrestricted, true);
  for (const less of ["-get", "resetkeys", "resetchannels", "resetnamespaces"]) {
    assert.equal(new Access(stateOf(`${all} ${less}`)).isUnrestricted, false);
  }
});
