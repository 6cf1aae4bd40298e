import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bitAt, countOnes, findBit, fitInteger, integerAtBit, putInteger } from "./bits.ts";

const span = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 6 }), fc.nat(47), fc.nat(47))
  .map(([bytes, a, b]) => {
    const [first, last] = a < b ? [a, b] : [b, a];
    const end = bytes.length * 8 - 1;
    return { bytes, first: Math.min(first, end), last: Math.min(last, end) };
  });

test("countOnes, findBit: say what looking at every bit says", () => {
  fc.assert(
    fc.property(span, fc.constantFrom<0 | 1>(0, 1), ({ bytes, first, last }, bit) => {
      const bits = Array.from({ length: last - first + 1 }, (_, at) => bitAt(bytes, first + at));
      assert.equal(countOnes(bytes, first, last), bits.filter((each) => each === 1).length);
      const found = bits.indexOf(bit);
      assert.equal(findBit(bytes, bit, { first, last }), found < 0 ? -1 : first + found);
    }),
  );
});

test("putInteger: what was written is read, and the bits around stay", () => {
  const type = fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 63 }));
  fc.assert(
    fc.property(type, fc.nat(40), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }), (t, at, n) => {
      const [signed, bits] = t;
      const bytes = Buffer.alloc(14, 0xaa);
      const value = fitInteger(n, { signed, bits }, "WRAP") as bigint;
      putInteger(bytes, { signed, bits }, { offset: at, value });
      assert.equal(integerAtBit(bytes, { signed, bits }, at), value);
      for (let around = 0; around < 112; around++) {
        if (around >= at && around < at + bits) continue;
        assert.equal(bitAt(bytes, around), around % 2 === 0 ? 1 : 0);
      }
    }),
  );
});
