import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodePosition, encodePosition } from "./position.ts";

const u48 = fc.nat({ max: 2 ** 48 - 1 });
const plain = { noNullPrototype: true } as const;
const gap = fc.record({ sequence: u48, count: fc.nat({ max: 2 ** 32 - 1 }) }, plain);
const position = fc.record(
  { sequence: u48, offset: u48, offsetMin: u48, dueMin: u48, gaps: fc.array(gap) },
  plain,
);

test("decodePosition() gives back what encodePosition() wrote", () => {
  fc.assert(
    fc.property(position, (each) => {
      assert.deepEqual(decodePosition(encodePosition(each)), each);
    }),
  );
});

test("encodePosition() writes the documented bytes", () => {
  const bytes = encodePosition({
    sequence: 0x010203040506,
    offset: 2,
    offsetMin: 3,
    dueMin: 4,
    gaps: [{ sequence: 5, count: 6 }],
  });
  const expected = "060504030201" + "020000000000" + "030000000000" + "040000000000";
  assert.equal(bytes.toString("hex"), `${expected}01000000${"050000000000"}06000000`);
});

test("decodePosition() reads a view into larger bytes", () => {
  const row = encodePosition({ sequence: 9, offset: 8, offsetMin: 0, dueMin: 0, gaps: [] });
  const larger = Buffer.concat([Buffer.alloc(5, 1), row, Buffer.alloc(5, 1)]);
  assert.equal(decodePosition(larger.subarray(5, 5 + row.length)).sequence, 9);
});
