import assert from "node:assert/strict";
import { test } from "node:test";
import { findAnomaly } from "./history-checker.ts";
import type { Step } from "./history-checker.ts";

const append = (key: string, value: string): Step => ({ kind: "append", key, value });
const read = (key: string, ...list: string[]): Step => ({ kind: "read", key, list });

test("findAnomaly() accepts a serial history", () => {
  const history = [
    { name: "a", steps: [read("x"), append("x", "1")] },
    { name: "b", steps: [read("x", "1"), append("y", "2")] },
    { name: "c", steps: [read("x", "1"), read("y", "2")] },
  ];
  assert.equal(findAnomaly(history), undefined);
});

test("findAnomaly() finds write skew", () => {
  const history = [
    { name: "a", steps: [read("x"), append("y", "1")] },
    { name: "b", steps: [read("y"), append("x", "2")] },
    { name: "c", steps: [read("x", "2"), read("y", "1")] },
  ];
  assert.match(findAnomaly(history) ?? "", /^cycle/);
});

test("findAnomaly() finds a lost update", () => {
  const history = [
    { name: "a", steps: [read("x"), append("x", "1")] },
    { name: "b", steps: [read("x"), append("x", "2")] },
    { name: "c", steps: [read("x", "1", "2")] },
  ];
  assert.match(findAnomaly(history) ?? "", /^cycle/);
});

test("findAnomaly() finds reads of what was not committed, and that contradict each other", () => {
  assert.match(findAnomaly([{ name: "a", steps: [read("x", "9")] }]) ?? "", /never committed/);
  assert.equal(findAnomaly([{ name: "a", steps: [read("x", "9")] }], new Set(["9"])), undefined);
  const history = [
    { name: "a", steps: [append("x", "1"), append("x", "2")] },
    { name: "b", steps: [read("x", "1")] },
    { name: "c", steps: [read("x", "2")] },
  ];
  assert.match(findAnomaly(history) ?? "", /others as/);
});

test("findAnomaly() finds what was answered and then lost, if it knows when", () => {
  const history = [
    { name: "a", steps: [append("x", "1")], began: 0, ended: 1 },
    { name: "b", steps: [read("x")], began: 2, ended: 3 },
  ];
  assert.match(findAnomaly(history) ?? "", /^cycle/);
  assert.equal(findAnomaly(history.map(({ name, steps }) => ({ name, steps }))), undefined);
});
