/**
 * Decimal numbers of up to 34 digits and their encoding: IEEE 754 decimal128 with a binary
 * coefficient (BID), as BSON has it.
 *
 *   bits 127      sign
 *        126–113  exponent + 6176, 14 bits, unless they begin with 11
 *        112–0    coefficient, at most 10^34 - 1
 *   16 bytes, little-endian
 *
 * The exponent is part of the number's looks: 2.50 is 250e-2 and stays so. Sums are exact, then
 * rounded to 34 digits, half to even. There is no negative zero, infinity or NaN.
 */
import { CronosError } from "../../base/errors.ts";

/** coefficient * 10^exponent; the coefficient carries the sign. */
export interface Decimal {
  readonly coefficient: bigint;
  readonly exponent: number;
}

const DIGITS_MAX = 34;
const EXPONENT_MIN = -6176;
const EXPONENT_MAX = 6111;
const EXPONENT_BIAS = 6176;
const COEFFICIENT_BITS = 113n;
/** Longest text taken for a number: all digits that one without an exponent can need. */
const TEXT_CHARACTERS_MAX = 8192;
const EXPONENT_DIGITS_MAX = 9;

const coefficientMax = 10n ** BigInt(DIGITS_MAX) - 1n;
const coefficientMask = (1n << COEFFICIENT_BITS) - 1n;
const decimalPattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** Reads digits with an optional point and exponent. Throws INVALID_ARGUMENT. */
export function parseDecimal(text: string): Decimal {
  const match = text.length > TEXT_CHARACTERS_MAX ? null : decimalPattern.exec(text);
  const [, sign, whole = "", fraction = "", power = "0"] = match ?? [];
  const digits = whole + fraction;
  if (match === null || digits === "" || power.length > EXPONENT_DIGITS_MAX + 1) {
    throw new CronosError("INVALID_ARGUMENT", "invalid decimal");
  }
  const coefficient = BigInt(digits);
  return {
    coefficient: sign === "-" ? -coefficient : coefficient,
    exponent: Number(power) - fraction.length,
  };
}

/** The exact sum; both must have come from decodeDecimal128() or be encodable. */
export function addDecimals(a: Decimal, b: Decimal): Decimal {
  // Otherwise a wild exponent would ask for a number of a million digits.
  const [x, y] = [fitted(a), fitted(b)];
  const exponent = Math.min(x.exponent, y.exponent);
  const coefficient =
    x.coefficient * powerOfTen(x.exponent - exponent) +
    y.coefficient * powerOfTen(y.exponent - exponent);
  return { coefficient, exponent };
}

/** Throws INVALID_ARGUMENT for a number that is too large or too small. */
export function encodeDecimal128(decimal: Decimal): Buffer {
  const { coefficient, exponent } = fitted(decimal);
  const negative = coefficient < 0n;
  const magnitude = negative ? -coefficient : coefficient;
  let bits = (BigInt(exponent + EXPONENT_BIAS) << COEFFICIENT_BITS) | magnitude;
  if (negative) bits |= 1n << 127n;
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, bits), 0);
  bytes.writeBigUInt64LE(bits >> 64n, 8);
  return bytes;
}

/** Throws INVALID_ARGUMENT for infinity and NaN. */
export function decodeDecimal128(bytes: Buffer): Decimal {
  const bits = (bytes.readBigUInt64LE(8) << 64n) | bytes.readBigUInt64LE(0);
  const combination = Number((bits >> 122n) & 0x1fn);
  if (combination >= 0b11110) {
    throw new CronosError(
      "INVALID_ARGUMENT",
      "Invalid stored value: Decimal128 is not representable as BigDecimal",
    );
  }
  // Exponents that begin with 11 stand two bits further and mean coefficients that are too large:
  // by the standard those count as zero.
  const isLarge = combination >> 3 === 0b11;
  const shift = isLarge ? COEFFICIENT_BITS - 2n : COEFFICIENT_BITS;
  const exponent = Number((bits >> shift) & 0x3fffn) - EXPONENT_BIAS;
  const stored = bits & coefficientMask;
  const magnitude = isLarge || stored > coefficientMax ? 0n : stored;
  return { coefficient: bits >> 127n === 1n ? -magnitude : magnitude, exponent };
}

/** Plain digits: "-0.05", "1500"; zeros at the end of a fraction are kept. */
export function decimalText({ coefficient, exponent }: Decimal): string {
  const sign = coefficient < 0n ? "-" : "";
  const digits = String(coefficient < 0n ? -coefficient : coefficient);
  if (exponent >= 0) return coefficient === 0n ? "0" : sign + digits + "0".repeat(exponent);
  const padded = digits.padStart(1 - exponent, "0");
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}

/** The number in 34 digits and with an exponent that can be stored. */
function fitted(decimal: Decimal): Decimal {
  const { coefficient, exponent } = rounded(decimal);
  if (exponent >= EXPONENT_MIN && exponent <= EXPONENT_MAX) return { coefficient, exponent };
  if (coefficient === 0n) {
    return { coefficient, exponent: exponent < 0 ? EXPONENT_MIN : EXPONENT_MAX };
  }
  if (exponent > EXPONENT_MAX) {
    const zeros = exponent - EXPONENT_MAX;
    if (digitsOf(coefficient) + zeros > DIGITS_MAX) throw outOfRange(decimal);
    return { coefficient: coefficient * powerOfTen(zeros), exponent: EXPONENT_MAX };
  }
  const dropped = EXPONENT_MIN - exponent;
  if (dropped >= DIGITS_MAX || coefficient % powerOfTen(dropped) !== 0n) throw outOfRange(decimal);
  return { coefficient: coefficient / powerOfTen(dropped), exponent: EXPONENT_MIN };
}

/** Rounds to 34 digits, half to even. */
function rounded({ coefficient, exponent }: Decimal): Decimal {
  const excess = digitsOf(coefficient) - DIGITS_MAX;
  if (excess <= 0) return { coefficient, exponent };
  const unit = powerOfTen(excess);
  const negative = coefficient < 0n;
  const magnitude = negative ? -coefficient : coefficient;
  let quotient = magnitude / unit;
  const twice = 2n * (magnitude % unit);
  if (twice > unit || (twice === unit && quotient % 2n === 1n)) quotient++;
  // 9…9 may have become 10…0, one digit too long.
  const result = { coefficient: negative ? -quotient : quotient, exponent: exponent + excess };
  return quotient > coefficientMax ? rounded(result) : result;
}

function digitsOf(coefficient: bigint): number {
  return String(coefficient < 0n ? -coefficient : coefficient).length;
}

function powerOfTen(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

function outOfRange(decimal: Decimal): CronosError {
  return new CronosError(
    "INVALID_ARGUMENT",
    `Exponent is out of range for Decimal128 encoding of ${scientific(decimal)}`,
  );
}

/** One digit, the rest behind a point, and the exponent: "1E+6145". */
function scientific({ coefficient, exponent }: Decimal): string {
  const sign = coefficient < 0n ? "-" : "";
  const digits = String(coefficient < 0n ? -coefficient : coefficient);
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
  const power = exponent + digits.length - 1;
  return `${sign}${digits[0]}${fraction}E${power < 0 ? "" : "+"}${power}`;
}
