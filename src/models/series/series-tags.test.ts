import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { binaryOf, decodeTags, encodeTags, hash64, seriesKeyText, textOf } from "./series-tags.ts";

test("decodeTags gives back the tags of encodeTags, sorted by key", () => {
  const tag = fc.tuple(fc.string({ maxLength: 300 }), fc.string({ maxLength: 300 }));
  fc.assert(
    fc.property(fc.uniqueArray(tag, { selector: ([key]) => key, maxLength: 8 }), (tags) => {
      const binary = tags.map(([key, value]) => [binaryOf(key), binaryOf(value)] as const);
      const sorted = binary.toSorted(([a], [b]) => (a < b ? -1 : 1));
      const encoded = encodeTags(binary);
      assert.deepEqual(decodeTags(encoded), sorted);
      assert.equal(encodeTags(binary.toReversed()), encoded);
      for (const text of tags.flat()) assert.equal(textOf(binaryOf(text)), text);
    }),
  );
});

test("seriesKeyText writes a series key as 1.x does", () => {
  assert.equal(seriesKeyText("a b,c=d", [["k,=", "v w"]]), "a\\ b\\,c=d,k\\,\\==v\\ w");
});

test("hash64 differs for many short texts", () => {
  const seen = new Set<string>();
  for (let i = 0; i < 200_000; i++) seen.add(hash64(`host${i}`));
  assert.equal(seen.size, 200_000);
});
