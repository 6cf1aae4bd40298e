import assert from "node:assert/strict";
import { test } from "node:test";
import { benchEvents, caseNames, formatEvents } from "./events.ts";

test("benchEvents() measures every case, small, and nothing goes wrong", async () => {
  const result = await benchEvents(caseNames, { runs: 1, scale: 0.005 });
  for (const name of caseNames) {
    const figures = Object.entries(result[name] ?? {});
    assert.ok(figures.length > 0, name);
    for (const [figure, value] of figures) {
      if (figure === "wrong") assert.equal(value, 0, name);
      else assert.ok(value >= 0 && Number.isFinite(value), `${name}: ${figure} ${value}`);
    }
  }
});

test("formatEvents() says which bars are missed", () => {
  const text = formatEvents({ rest: { cpuPercent: 0.25, rssMb: 240 } });
  assert.deepEqual(text.split("\n").slice(2), [
    "| rest | processor, % of a core | ≤ 1 | 0.25 | yes |",
    "| rest | resident memory, MB | ≤ 120 | 240 | **no** |",
  ]);
});
