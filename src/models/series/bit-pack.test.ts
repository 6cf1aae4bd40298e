import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode } from "../../../test/support/test-shard.ts";
import { bitsOf, GROUP, load, pack, packedBytes, unpack } from "./bit-pack.ts";

test("unpack() gives the numbers that pack() took, of every width and count", () => {
  for (let width = 1; width <= 32; width++) {
    for (const count of [1, 2, 31, 32, 33, 127, GROUP]) {
      const most = 2 ** width - 1;
      const numbers = Uint32Array.from({ length: count }, (_, i) => {
        return i % 3 === 0 ? most : Math.imul(i, 0x9e3779b1) & most;
      });
      const packed = Uint8Array.from(pack(numbers, count, width));
      assert.equal(packed.length, packedBytes(count, width));
      load(packed, 0, packed.length);
      const into = new Uint32Array(GROUP);
      unpack(into, count, { at: 0, width });
      assert.deepEqual(into.subarray(0, count), numbers, `${count} of ${width} bits`);
    }
  }
});

test("load() of more than there is throws CORRUPTION", () => {
  assert.throws(() => load(new Uint8Array(10), 4, 7), hasCode("CORRUPTION"));
});

test("bitsOf() tells the bits of integers up to 2^53 - 1", () => {
  const cases = [0, 1, 2, 255, 256, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
  assert.deepEqual(
    cases.map((value) => bitsOf(value)),
    [0, 1, 2, 8, 9, 32, 33, 53],
  );
});
