import assert from "node:assert/strict";
import { test } from "node:test";
import { addToFilter, filterHas, filterWords, isFilterSize } from "./dedup-filter.ts";
import { mixHash1, mixHash2 } from "./dedup-hash.ts";

test("filterHas() is true for every id that was added and rarely for another one", () => {
  for (const ids of [1, 30, 10_000]) {
    const filter = new Uint32Array(filterWords(ids));
    for (let i = 0; i < ids; i++) addToFilter(filter, mixHash1(1, i), mixHash2(1, i));
    for (let i = 0; i < ids; i++) assert.ok(filterHas(filter, mixHash1(1, i), mixHash2(1, i)));
    let wrong = 0;
    for (let i = ids; i < ids + 100_000; i++) {
      if (filterHas(filter, mixHash1(1, i), mixHash2(1, i))) wrong++;
    }
    assert.ok(wrong < 300, `${wrong} of 100,000 with ${ids} ids`);
  }
});

test("filterHas() stays inside the filter for the smallest and the largest hash", () => {
  const filter = new Uint32Array(filterWords(1000));
  for (const hash of [0, 1, 0xffffffff]) {
    addToFilter(filter, hash, hash);
    assert.ok(filterHas(filter, hash, hash));
  }
});

test("filterWords() is a size that isFilterSize() accepts, 16 bits for each id", () => {
  for (const ids of [1, 21, 22, 1000, 10_000_000]) assert.ok(isFilterSize(filterWords(ids)));
  assert.equal(filterWords(10_000_000) * 32, 160_000_000);
  assert.equal(isFilterSize(0), false);
  assert.equal(isFilterSize(9), false);
});
