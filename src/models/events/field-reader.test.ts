import assert from "node:assert/strict";
import { test } from "node:test";
import { isCronosError } from "../../base/errors.ts";
import { FieldReader } from "./field-reader.ts";

/** Every field as [number, wire type, varint or the value's bytes in hex]. */
function fields(hex: string): readonly (readonly [number, number, number | string])[] {
  const bytes = Buffer.from(hex, "hex");
  const reader = new FieldReader().over(bytes, 0, bytes.length);
  const found: [number, number, number | string][] = [];
  while (reader.next()) {
    const { field, wireType, varint, start, end } = reader;
    found.push([field, wireType, wireType === 0 ? varint : bytes.toString("hex", start, end)]);
  }
  return found;
}

test("FieldReader.next() finds each wire type", () => {
  assert.deepEqual(fields(""), []);
  assert.deepEqual(fields("0801"), [[1, 0, 1]]);
  assert.deepEqual(fields("1203616263"), [[2, 2, "616263"]]);
  assert.deepEqual(fields("1200"), [[2, 2, ""]]);
  assert.deepEqual(fields("190102030405060708"), [[3, 1, "0102030405060708"]]);
  assert.deepEqual(fields("2501020304"), [[4, 5, "01020304"]]);
  // Field numbers above 15 take two bytes; the largest one five.
  assert.deepEqual(fields("800101f8ffffff0f02"), [
    [16, 0, 1],
    [2 ** 29 - 1, 0, 2],
  ]);
  // Lengths and tags need not be as short as they can be.
  assert.deepEqual(fields("8a0081006a"), [[1, 2, "6a"]]);
});

test("FieldReader.varint is a signed 64-bit integer", () => {
  const varints: readonly (readonly [string, number])[] = [
    ["00", 0],
    ["7f", 127],
    ["8001", 128],
    ["8000", 0],
    ["ffffffff0f", 2 ** 32 - 1],
    ["ffffffffffffff0f", Number.MAX_SAFE_INTEGER],
    ["808080808080808040", 2 ** 62],
    ["ffffffffffffffff7f", 2 ** 63],
    ["80808080808080808001", -(2 ** 63)],
    ["ffffffffffffffffff01", -1],
    ["feffffffffffffffff01", -2],
    ["81808080808080f0ff01", Number.MIN_SAFE_INTEGER],
    ["80808080f8ffffffff01", -(2 ** 31)],
  ];
  for (const [hex, value] of varints) assert.deepEqual(fields(`08${hex}`), [[1, 0, value]], hex);
});

test("FieldReader.next() refuses what is no message", () => {
  const malformed = [
    "08", // no value
    "0880", // half a varint
    "08ffffffffffffffffff02", // 65 bits
    "08ffffffffffffffffffff01", // eleven bytes
    "80", // half a tag
    "0001", // field number 0
    "0a", // no length
    "0a0161".slice(0, 4), // a length and nothing behind it
    "0affffffffffffffffff01", // a negative length
    "0affffffffffffff7f", // a length beyond any buffer
    "0901020304", // half of eight bytes
    "0d0102", // half of four bytes
    "0b0c", // groups
    "0e00", // wire type 6
    "0f00", // wire type 7
  ];
  for (const hex of malformed) {
    assert.throws(() => fields(hex), (error) => isCronosError(error, "INVALID_ARGUMENT"), hex);
  }
});

test("FieldReader.over() stays within its bounds", () => {
  const bytes = Buffer.from("ff0a0361626305", "hex");
  const reader = new FieldReader().over(bytes, 1, 5);
  assert.throws(() => reader.next(), { code: "INVALID_ARGUMENT" });
  reader.over(bytes, 1, 6);
  assert.ok(reader.next());
  assert.deepEqual([reader.start, reader.end, reader.next()], [3, 6, false]);
});
