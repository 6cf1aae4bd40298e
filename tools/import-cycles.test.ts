/** Circles in made-up graphs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { importCycles } from "./import-cycles.ts";

/** Edges "a>b" and the circles they make. */
const cases: readonly (readonly [edges: string, cycles: string[]])[] = [
  ["", []],
  ["a>b b>c a>c", []],
  ["a>a", ["a a"]],
  ["a>b b>a", ["a b a"]],
  ["a>b b>c c>d d>b", ["b c d b"]],
  ["a>b b>c c>a a>d d>a", ["a d a", "b c a b"]],
  ["a>b b>a c>d d>c", ["a b a", "c d c"]],
];

for (const [edges, cycles] of cases) {
  test(`importCycles() of ${edges || "nothing"}`, () => {
    const graph = new Map<string, string[]>();
    for (const edge of edges.split(" ").filter((each) => each !== "")) {
      const [from = "", to = ""] = edge.split(">");
      graph.set(from, [...(graph.get(from) ?? []), to]);
    }
    assert.deepEqual(importCycles(graph).map((cycle) => cycle.join(" ")), cycles);
  });
}
