import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeD128, decodeF64, decodeI64, encodeD128, encodeF64, encodeI64 } from "./numbers.ts";
import { incrementD128, incrementF64, incrementI64, parseF64, parseI64 } from "./numbers.ts";

const invalid = (message: string) => ({ code: "INVALID_ARGUMENT", message });

test("I64 values are little-endian and wrap", () => {
  assert.deepEqual(encodeI64(1n), Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]));
  const wrapped = incrementI64(1n)(encodeI64(2n ** 63n - 1n));
  assert.equal(decodeI64(wrapped), -(2n ** 63n));
  assert.deepEqual(incrementI64(-5n)(undefined), encodeI64(-5n));
});

test("decode functions name the format that a value does not have", () => {
  const value = Buffer.from("abc");
  assert.throws(
    () => decodeI64(value),
    invalid("Invalid stored value: expected 8-byte two's-complement int64"),
  );
  assert.throws(
    () => decodeF64(value),
    invalid("Invalid stored value: expected 8-byte IEEE-754 double"),
  );
  assert.throws(
    () => decodeD128(value),
    invalid("Invalid stored value: expected 16-byte Decimal128 (IEEE-754 BID)"),
  );
  assert.throws(() => incrementF64(1)(value), /IEEE-754 double/);
  assert.throws(() => incrementD128("1")(value), /IEEE-754 BID/);
});

test("parseI64() takes integers of 64 bits only", () => {
  assert.equal(parseI64("-9223372036854775808"), -(2n ** 63n));
  assert.equal(parseI64("+7"), 7n);
  for (const text of ["", "1.5", "9223372036854775808", "-9223372036854775809", "0x1", " 1"]) {
    assert.throws(() => parseI64(text), invalid("value is not an integer or out of range"));
  }
});

test("F64 values are finite and never minus zero", () => {
  assert.ok(Object.is(decodeF64(encodeF64(-0)), 0));
  assert.ok(Object.is(decodeF64(incrementF64(-1.5)(encodeF64(1.5))), 0));
  assert.throws(() => encodeF64(parseF64("NaN")), /Invalid value: must be a finite/);
  assert.throws(() => incrementF64(parseF64("-inf")), /Invalid delta: value must be a finite/);
  assert.throws(() => encodeF64(parseF64("1e999")), /finite/);
  const large = encodeF64(Number.MAX_VALUE);
  assert.throws(
    () => incrementF64(Number.MAX_VALUE)(large),
    invalid("Resulting value is not a finite IEEE-754 double (overflow or invalid operation)"),
  );
});

test("parseF64() refuses what is no number", () => {
  assert.equal(parseF64("-1.5e3"), -1500);
  for (const text of ["", "x", "1e", "0x10", "1 "]) {
    assert.throws(() => parseF64(text), invalid("value is not a valid float"));
  }
});

test("D128 increments keep the scale", () => {
  let value = encodeD128("0");
  const add = incrementD128("2.5");
  for (let count = 0; count < 10; count++) value = Buffer.from(add(value));
  assert.equal(decodeD128(value), "25.0");
  assert.equal(decodeD128(incrementD128("1.20")(undefined)), "1.20");
});
