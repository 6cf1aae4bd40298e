import assert from "node:assert/strict";
import { test } from "node:test";
import { hashKey, KeyCache } from "./key-cache.ts";
import type { HashedKey } from "./key-cache.ts";

function keyOf(text: string, seed = 1): HashedKey {
  const bytes = Buffer.from(`xx${text}`);
  const end = bytes.length;
  return { bytes, start: 2, end, hash: hashKey(bytes, 2, { end, seed }) };
}

test("KeyCache finds what was added, by bytes and seed", () => {
  const cache = new KeyCache<string>();
  for (let i = 0; i < 5000; i++) cache.add(keyOf(`k${i}`), { measurement: "m", seriesId: i });
  for (let i = 0; i < 5000; i++) {
    assert.equal(cache.find(keyOf(`k${i}`)), "m");
    assert.equal(cache.seriesId, i);
  }
  assert.equal(cache.find(keyOf("k")), undefined);
  assert.equal(cache.find(keyOf("k1", 2)), undefined);
  cache.clear();
  assert.equal(cache.find(keyOf("k1")), undefined);
});

test("KeyCache forgets what was not looked up for two generations, not what was", () => {
  const cache = new KeyCache<string>();
  cache.add(keyOf("kept"), { measurement: "m", seriesId: 1 });
  cache.add(keyOf("lost"), { measurement: "m", seriesId: 2 });
  const long = "x".repeat(60_000);
  for (let i = 0; i < 4000; i++) {
    cache.add(keyOf(`${long}${i}`), { measurement: "m", seriesId: i });
    if (i % 100 === 0) assert.equal(cache.find(keyOf("kept")), "m");
  }
  assert.equal(cache.find(keyOf("kept")), "m");
  assert.equal(cache.seriesId, 1);
  assert.equal(cache.find(keyOf("lost")), undefined);
});

test("KeyCache tells keys of equal hashes apart", () => {
  const cache = new KeyCache<string>();
  const [a, b] = [{ ...keyOf("a"), hash: 7 }, { ...keyOf("b"), hash: 7 }];
  cache.add(a, { measurement: "m", seriesId: 1 });
  assert.equal(cache.find(b), undefined);
  cache.add(b, { measurement: "m", seriesId: 2 });
  cache.find(a);
  assert.equal(cache.seriesId, 1);
});
