/** Keys: for any values, what is read is what was written, and key order is value order. */
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  keyAfterPrefix,
  keyBytes,
  keyFromBytes,
  keyText,
  keyToBytes,
  keyU16,
  keyU32,
  keyU48,
  keyU48Max,
  readKeyBytes,
  readKeyText,
  readKeyU16,
  readKeyU32,
  readKeyU48,
} from "./key.ts";
import type { Key } from "./key.ts";

interface IntegerPart {
  readonly name: string;
  readonly max: number;
  readonly write: (value: number) => Key;
  readonly read: (key: Key, at: number) => number;
}

const integerParts: readonly IntegerPart[] = [
  { name: "keyU16", max: 0xffff, write: keyU16, read: readKeyU16 },
  { name: "keyU32", max: 0xffffffff, write: keyU32, read: readKeyU32 },
  { name: "keyU48", max: keyU48Max, write: keyU48, read: readKeyU48 },
];

/** Bytes in which the ones with a meaning in keys are frequent. */
const byte = fc.oneof(fc.constantFrom(0, 1, 254, 255), fc.integer({ min: 0, max: 255 }));
const bytes = fc.array(byte, { maxLength: 8 }).map((each) => keyFromBytes(Uint8Array.from(each)));
const text = fc.string({ unit: "grapheme", maxLength: 8 });

function order(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

for (const { name, max, write, read } of integerParts) {
  const value = fc.integer({ min: 0, max });
  test(`${name}() keeps value and order`, () => {
    fc.assert(
      fc.property(value, value, bytes, (a, b, before) => {
        assert.equal(read(before + write(a) + before, before.length), a);
        assert.equal(order(write(a), write(b)), order(a, b));
      }),
    );
  });
}

test("keyBytes() keeps value and order whatever follows", () => {
  fc.assert(
    fc.property(bytes, bytes, bytes, bytes, (a, b, afterA, afterB) => {
      assert.deepEqual(readKeyBytes(afterA + keyBytes(a) + afterB, afterA.length), {
        bytes: a,
        next: afterA.length + keyBytes(a).length,
      });
      if (a !== b) assert.equal(order(keyBytes(a) + afterA, keyBytes(b) + afterB), order(a, b));
    }),
  );
});

test("keyText() keeps text, and orders it by its UTF-8 bytes", () => {
  fc.assert(
    fc.property(text, text, bytes, (a, b, after) => {
      assert.equal(readKeyText(keyText(a) + after, 0).text, a);
      const expected = Buffer.compare(Buffer.from(a, "utf8"), Buffer.from(b, "utf8"));
      assert.equal(order(keyText(a), keyText(b)), expected);
    }),
  );
});

test("keyAfterPrefix() is the end of the range of keys that start so", () => {
  fc.assert(
    fc.property(bytes, bytes, (prefix, key) => {
      const end = keyAfterPrefix(prefix);
      const isInRange = key >= prefix && (end === undefined || key < end);
      assert.equal(isInRange, key.startsWith(prefix));
      assert.ok(end === undefined || prefix + key < end);
    }),
  );
});

test("keyFromBytes() undoes keyToBytes(), and key order is byte order", () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      assert.equal(keyFromBytes(keyToBytes(a)), a);
      assert.equal(order(a, b), Buffer.compare(keyToBytes(a), keyToBytes(b)));
    }),
  );
});
