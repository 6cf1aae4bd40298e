import assert from "node:assert/strict";
import { test } from "node:test";
import { requireServer } from "../test/support/real-server.ts";
import { compare, formatComparison } from "./compare.ts";

test("compare() loses nothing on any system, and its table has a row per figure", async (t) => {
  if (requireServer(t, "redis-server") === undefined) return;
  const tunings = [{ workers: 2, concurrency: 20, autoPipelining: true }];
  const result = await compare(["cronosdb", "always"], { runs: 1, scale: 0.01, tunings });
  for (const [load, systems] of Object.entries(result.figures)) {
    for (const [system, figures] of Object.entries(systems)) {
      const { published, acked, wrong } = figures;
      assert.equal(wrong, 0, `${load} on ${system}`);
      assert.equal(acked, load === "publish" ? 0 : published, `${load} on ${system}`);
    }
  }
  const text = formatComparison(result);
  assert.match(text, /^\| {2}\| CronosDB \| BullMQ, AOF always \| ahead \|$/m);
  assert.match(text, /^\| published\/s \| [\d.,]+ \| [\d.,]+ \| [\d.,]+ × \|$/m);
});
