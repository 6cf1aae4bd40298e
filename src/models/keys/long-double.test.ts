import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addLongDoubles, formatLongDouble, parseLongDouble, sumText } from "./long-double.ts";

const parse = (text: string) => parseLongDouble(Buffer.from(text));
const sum = (a: string, b: string): string => sumText(parse(a), parse(b));

test("sumText: adds decimal numbers as an 80-bit float does", () => {
  assert.equal(sum("0.1", "0.2"), "0.3");
  assert.equal(sum("10.5", "0.1"), "10.6");
  assert.equal(sum("5.0e3", "2.0e2"), "5200");
  assert.equal(sum("1", "-1"), "0");
  assert.equal(sum("-0", "-1e-30"), "0");
  assert.equal(sum("123456789012345678", "0.1"), "123456789012345678.1015625");
  assert.equal(sum("0x10", "1"), "17");
});

test("sumText: an infinite sum is refused", () => {
  assert.throws(() => sum("inf", "1"), /NaN or Infinity/);
  assert.throws(() => sum("1.1e4932", "1.1e4932"), /NaN or Infinity/);
});

test("parseLongDouble: refuses what is no number", () => {
  for (const text of ["", " 1", "1 ", "nan", "1e", ".", "1e99999", "1e-99999", "one", "--1"]) {
    assert.throws(() => parse(text), /not a valid float/, text);
  }
});

test("formatLongDouble: integers of 63 bits come back as they were", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }), (value) => {
      const read = parse(String(value));
      assert.ok(read !== "infinite");
      assert.equal(formatLongDouble(read), String(value));
      const zero = addLongDoubles(read, { mantissa: -read.mantissa, exponent: read.exponent });
      assert.equal(zero?.mantissa, 0n);
    }),
  );
});

test("formatLongDouble: small numbers with up to 9 decimals come back as they were", () => {
  fc.assert(
    fc.property(fc.integer({ min: -60, max: 60 }), fc.nat(10 ** 9 - 1), (whole, fraction) => {
      const text = `${whole}.${String(fraction).padStart(9, "0")}`;
      const read = parse(text);
      assert.ok(read !== "infinite");
      assert.equal(formatLongDouble(read), text.replace(/\.?0+$/, ""));
    }),
  );
});

test("formatLongDouble: larger ones show where 64 bits end", () => {
  assert.equal(sum("-10449.6", "0"), "-10449.59999999999999964");
});
