import assert from "node:assert/strict";
import { test } from "node:test";
import { mixHash1, mixHash2 } from "./dedup-hash.ts";

test("mixHash1() is never 0", () => {
  for (let hash = 0; hash < 100_000; hash++) assert.ok(mixHash1(0, hash) >= 1);
  // The one hash that mixes to 0 for topic 0.
  assert.equal(mixHash1(0, 0x9e3779b1), 1);
});

test("mixHash1() and mixHash2() keep different hashes of a topic apart", () => {
  const first = new Set<number>();
  const second = new Set<number>();
  for (let hash = 0; hash < 50_000; hash++) {
    first.add(mixHash1(7, hash));
    second.add(mixHash2(7, hash));
  }
  assert.equal(first.size, 50_000);
  assert.equal(second.size, 50_000);
});

test("mixHash1() spreads neighbours and topics over the top bits", () => {
  const buckets = new Uint32Array(64);
  for (let topic = 0; topic < 64; topic++) {
    for (let hash = 0; hash < 1000; hash++) {
      const bucket = mixHash1(topic, hash) >>> 26;
      buckets[bucket] = (buckets[bucket] as number) + 1;
    }
  }
  for (const count of buckets) assert.ok(count > 800 && count < 1200, `${count} of 1000`);
});
