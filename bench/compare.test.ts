import assert from "node:assert/strict";
import { test } from "node:test";
import { requireServer } from "../test/support/real-server.ts";
import { compare, formatComparison } from "./compare.ts";

test("compare() loses nothing on any system, and its table has a row per figure", async (t) => {
  if (requireServer(t, "redis-server") === undefined) return;
  const tunings = [{ workers: 2, concurrency: 20 }];
  const result = await compare(["cronosdb", "always"], { runs: 1, scale: 0.01, tunings });
  for (const figures of Object.values(result.figures)) {
    assert.equal(figures.drain["acked"], figures.drain["published"]);
    assert.equal(figures.full["acked"], figures.full["published"]);
    for (const load of Object.values(figures)) assert.equal(load["wrong"], 0);
  }
  const text = formatComparison(result);
  assert.match(text, /^\| {2}\| CronosDB \| BullMQ, AOF always \| ahead \|$/m);
  assert.match(text, /^\| published\/s \| [\d.,]+ \| [\d.,]+ \| [\d.,]+ × \|$/m);
});
