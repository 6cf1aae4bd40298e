import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Key } from "../base/key.ts";
import type { Entry } from "./memtable.ts";
import { RowCache } from "./row-cache.ts";

const keyOf = (number: number): Key => `key:${number}\xff\x00${"k".repeat(number % 7)}`;

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("read"), number: fc.nat(60) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom("change", "change", "remove"),
      number: fc.nat(60),
      length: fc.oneof(fc.nat(150), fc.nat(5000)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("clear"), number: fc.constant(0) }) },
);

test("RowCache never answers what the tree would not", () => {
  const program = fc.record({
    bytesMax: fc.constantFrom(0, 50, 2048, 40_000, 4_000_000),
    steps: fc.array(step, { maxLength: 600, size: "max" }),
  });
  let [hits, reads] = [0, 0];
  fc.assert(
    fc.property(program, ({ bytesMax, steps }) => {
      const tree = new Map<Key, Uint8Array>();
      const cache = new RowCache(bytesMax);
      for (const [at, { kind, number, ...more }] of steps.entries()) {
        const key = keyOf(number);
        if (kind === "clear") {
          tree.clear();
          cache.clear();
        } else if (kind === "read") {
          reads++;
          const found = cache.get(key);
          const expected: Entry = tree.get(key) ?? null;
          if (found === undefined) cache.add(key, expected);
          else hits++;
          if (found !== undefined) assert.deepEqual(found, expected);
        } else {
          const length = "length" in more ? more.length : 0;
          const value = kind === "remove" ? null : Buffer.alloc(length, at % 256);
          if (value === null) tree.delete(key);
          else tree.set(key, value);
          cache.changed(key, value);
        }
      }
    }),
    { numRuns: 200 },
  );
  assert.ok(hits > 100, `${hits} of ${reads}`);
});

test("RowCache grows, wraps and keeps the newest rows", () => {
  const cache = new RowCache(3_000_000);
  const value = Buffer.alloc(100, "v");
  for (let number = 0; number < 60_000; number++) cache.add(`key ${number}`, value);
  assert.equal(cache.get("key 0"), undefined);
  const kept = Array.from({ length: 10_000 }, (_, back) => cache.get(`key ${59_999 - back}`));
  assert.ok(kept.filter((row) => row !== undefined).length > 9500);
  assert.deepEqual(cache.get("key 59999"), value);
  cache.clear();
  assert.equal(cache.get("key 59999"), undefined);
});

test("RowCache hands out copies", () => {
  const cache = new RowCache(100_000);
  const value = Buffer.from("value");
  cache.add("key", value);
  value.fill(0);
  const first = cache.get("key");
  assert.deepEqual(first, Buffer.from("value"));
  first?.fill(1);
  assert.deepEqual(cache.get("key"), Buffer.from("value"));
  cache.add("nothing", null);
  assert.equal(cache.get("nothing"), null);
});
