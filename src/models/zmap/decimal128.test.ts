import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addDecimals, decimalText, decodeDecimal128 } from "./decimal128.ts";
import { encodeDecimal128, parseDecimal } from "./decimal128.ts";

const nines = "9".repeat(34);

/** Text, its bytes in hex from the last to the first, and how it is shown. */
const encodings: readonly (readonly [text: string, bytes: string, shown: string])[] = [
  ["0", "30400000000000000000000000000000", "0"],
  ["-0", "30400000000000000000000000000000", "0"],
  ["1", "30400000000000000000000000000001", "1"],
  ["-1", "b0400000000000000000000000000001", "-1"],
  ["+0.10", "303c000000000000000000000000000a", "0.10"],
  ["12345678901234567", "3040000000000000002bdc545d6b4b87", "12345678901234567"],
  ["1E3", "30460000000000000000000000000001", "1000"],
  ["1.5e+10", "3052000000000000000000000000000f", "15000000000"],
  [".5", "303e0000000000000000000000000005", "0.5"],
  ["5.", "30400000000000000000000000000005", "5"],
  [`${nines}E6111`, "5fffed09bead87c0378d8e63ffffffff", nines + "0".repeat(6111)],
  ["1E-6176", "00000000000000000000000000000001", `0.${"0".repeat(6175)}1`],
  ["10E-6177", "00000000000000000000000000000001", `0.${"0".repeat(6175)}1`],
  ["0E-9999", "00000000000000000000000000000000", `0.${"0".repeat(6176)}`],
  ["0E+9999", "5ffe0000000000000000000000000000", "0"],
];

for (const [text, hex, shown] of encodings) {
  test(`encodeDecimal128() of ${text.slice(0, 20)} is decimal128, shown in plain digits`, () => {
    const bytes = encodeDecimal128(parseDecimal(text));
    assert.equal(Buffer.from(bytes.toReversed()).toString("hex"), hex);
    assert.equal(decimalText(decodeDecimal128(bytes)), shown);
  });
}

const sums: readonly (readonly [string, string, string])[] = [
  ["0", "2.5", "2.5"],
  ["22.5", "2.5", "25.0"],
  ["50.5", "-50.5", "0.0"],
  ["15000000000", "2.5E-5", "15000000000.000025"],
  ["-1", "0.75", "-0.25"],
  ["1E+30", "1", `1${"0".repeat(29)}1`],
  ["1E+34", "4", `1${"0".repeat(34)}`],
  [`1${"0".repeat(33)}`, "0.5", `1${"0".repeat(33)}`],
  [`1${"0".repeat(32)}1`, "0.5", `1${"0".repeat(32)}2`],
  [nines, "1", `1${"0".repeat(34)}`],
  ["1E+6144", "1E-6176", `1${"0".repeat(6144)}`],
];

for (const [a, b, sum] of sums) {
  test(`addDecimals() of ${a.slice(0, 40)} and ${b} is exact, then rounded half to even`, () => {
    const both = [parseDecimal(a), parseDecimal(b)] as const;
    assert.equal(decimalText(decodeDecimal128(encodeDecimal128(addDecimals(...both)))), sum);
    assert.equal(decimalText(addDecimals(...both)).length >= sum.length, true);
  });
}

test("encodeDecimal128() refuses what is out of range, showing it", () => {
  for (const [text, shown] of [
    ["1E+6145", "1E+6145"],
    ["-12.5E+6150", "-1.25E+6151"],
    ["1E-6177", "1E-6177"],
    ["1E+999999999", "1E+999999999"],
  ] as const) {
    assert.throws(() => encodeDecimal128(parseDecimal(text)), {
      code: "INVALID_ARGUMENT",
      message: `Exponent is out of range for Decimal128 encoding of ${shown}`,
    });
  }
});

test("addDecimals() refuses a wild exponent instead of computing it", () => {
  const wild = parseDecimal("1E+999999999");
  assert.throws(() => addDecimals(parseDecimal("1"), wild), { code: "INVALID_ARGUMENT" });
});

test("parseDecimal() refuses what is no number", () => {
  const texts = ["", ".", "+", "-.", "e5", "1e", "1e+", "1.2.3", "NaN", "Infinity", " 1", "0x10"];
  for (const text of [...texts, "1E+99999999999", "9".repeat(9000)]) {
    assert.throws(() => parseDecimal(text), { message: "invalid decimal" }, text.slice(0, 20));
  }
});

test("decodeDecimal128() refuses infinity and NaN, takes coefficients too large for zero", () => {
  const decode = (hex: string) => {
    return decodeDecimal128(Buffer.from(Buffer.from(hex, "hex").toReversed()));
  };
  for (const hex of [`78${"00".repeat(15)}`, `f8${"00".repeat(15)}`, `7c${"00".repeat(15)}`]) {
    assert.throws(() => decode(hex), /not representable/);
  }
  assert.equal(decode(`6c10${"00".repeat(14)}`).coefficient, 0n);
  assert.equal(decode(`3041ffff${"ff".repeat(12)}`).coefficient, 0n);
});

test("decimals come back as they were, for any digits and exponent", () => {
  const aDecimal = fc.record({
    coefficient: fc.bigInt({ min: -(10n ** 34n - 1n), max: 10n ** 34n - 1n }),
    exponent: fc.integer({ min: -6176, max: 6111 }),
  });
  fc.assert(
    fc.property(aDecimal, (decimal) => {
      const decoded = decodeDecimal128(encodeDecimal128(decimal));
      assert.deepEqual({ ...decoded }, { ...decimal });
      const text = decimalText(decoded);
      if (decimal.exponent <= 0) assert.deepEqual({ ...parseDecimal(text) }, { ...decimal });
      else assert.equal(BigInt(text), decimal.coefficient * 10n ** BigInt(decimal.exponent));
    }),
  );
});
