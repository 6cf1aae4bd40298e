import assert from "node:assert/strict";
import { test } from "node:test";
import { findAnomaly } from "./history-checker.ts";
import { registersAsLists } from "./register-history.ts";
import type { RegisterStep, RegisterTransaction } from "./register-history.ts";

const get = (key: string, value?: string): RegisterStep => ({ kind: "get", key, value });
const set = (key: string, value: string, before?: string): RegisterStep => {
  return { kind: "set", key, value, before };
};

function check(...steps: readonly (readonly RegisterStep[])[]): string | undefined {
  const history = steps.map((each, at): RegisterTransaction => ({ name: `t${at}`, steps: each }));
  const lists = registersAsLists(history);
  return typeof lists === "string" ? lists : findAnomaly(lists);
}

test("registersAsLists() makes a serial history one that findAnomaly() accepts", () => {
  const change = [get("x", "1"), set("x", "2", "1")];
  assert.equal(check([set("x", "1")], change, [get("x", "2")]), undefined);
});

test("registersAsLists() finds lost updates, findAnomaly() the other anomalies", () => {
  assert.match(check([set("x", "1")], [set("x", "2")]) ?? "", /^lost update/);
  const skew = check([get("x"), set("y", "1")], [get("y"), set("x", "2")]);
  assert.match(skew ?? "", /^cycle/);
  assert.match(check([get("x", "9")]) ?? "", /never committed/);
});
