/**
 * Floating-point numbers as Redis computes with them: the 80-bit "long double" of x86, with 64 bits
 * of precision, rounded to the nearest, ties to even. JavaScript's numbers have 53 bits, so these
 * are whole numbers times powers of two, in BigInt.
 *
 * INCRBYFLOAT and HINCRBYFLOAT read decimal text, add, and write up to 17 decimals.
 */
import { KeyError, incrementNaN, notFloat } from "./key-error.ts";

/** mantissa × 2^exponent; a mantissa of at most 64 bits. */
export interface LongDouble {
  readonly mantissa: bigint;
  readonly exponent: number;
}

const PRECISION_BITS = 64;
/** Values from 2 to this power on are infinite. */
const EXPONENT_END = 16_384;
/** Decimal exponents beyond this are out of range whatever the digits are. */
const DECIMAL_EXPONENT_MAX = 5000;
const DECIMALS = 17;
/** Longest text that is read: more digits than this change nothing that anybody writes. */
const TEXT_BYTES_MAX = 5 * 1024;

/** A number, or "infinite" for a text like "-inf". Throws a KeyError for anything else. */
export function parseLongDouble(
  text: Uint8Array,
  error: string = notFloat,
): LongDouble | "infinite" {
  if (text.length > TEXT_BYTES_MAX) throw new KeyError(error);
  const word = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString("latin1");
  if (/^[+-]?inf(?:inity)?$/i.test(word)) return "infinite";
  const sign = word.startsWith("-") ? -1n : 1n;
  const hex = /^[+-]?0x([\da-f]*)\.?([\da-f]*)(?:p([+-]?\d{1,9}))?$/i.exec(word);
  if (hex !== null) return hexadecimal(hex, sign, error);
  const match = /^[+-]?(\d*)\.?(\d*)(?:e([+-]?\d{1,9}))?$/i.exec(word);
  const [, whole = "", fraction = "", exponent = "0"] = match ?? [];
  if (match === null || whole + fraction === "") throw new KeyError(error);
  const digits = sign * BigInt(whole + fraction);
  const power = Number(exponent) - fraction.length;
  if (digits === 0n) return { mantissa: 0n, exponent: 0 };
  if (Math.abs(power) > DECIMAL_EXPONENT_MAX + fraction.length) throw new KeyError(error);
  const scale = 10n ** BigInt(Math.abs(power));
  const value = power >= 0 ? rounded(digits * scale, 1n) : rounded(digits, scale);
  if (isInfinite(value)) throw new KeyError(error);
  return value;
}

/** 0x, digits with a point somewhere, and a power of two behind a "p". */
function hexadecimal(match: RegExpExecArray, sign: bigint, error: string): LongDouble {
  const [, whole = "", fraction = "", power = "0"] = match;
  if (whole + fraction === "") throw new KeyError(error);
  const { mantissa, exponent } = rounded(sign * BigInt(`0x${whole}${fraction}`), 1n);
  if (mantissa === 0n) return { mantissa, exponent: 0 };
  const value = { mantissa, exponent: exponent + Number(power) - 4 * fraction.length };
  const isTooSmall = bitLength(mantissa) + value.exponent < -EXPONENT_END;
  if (isInfinite(value) || isTooSmall) throw new KeyError(error);
  return value;
}

/** The sum; undefined when it is infinite. */
export function addLongDoubles(a: LongDouble, b: LongDouble): LongDouble | undefined {
  const exponent = Math.min(a.exponent, b.exponent);
  const total =
    (a.mantissa << BigInt(a.exponent - exponent)) + (b.mantissa << BigInt(b.exponent - exponent));
  const sum = rounded(total, 1n);
  const value = { mantissa: sum.mantissa, exponent: sum.exponent + exponent };
  return isInfinite(value) ? undefined : value;
}

/** Decimal text with up to 17 decimals, no exponent and no zeros at the end. */
export function formatLongDouble({ mantissa, exponent }: LongDouble): string {
  const scaled = mantissa * 10n ** BigInt(DECIMALS);
  const value =
    exponent >= 0 ? scaled << BigInt(exponent) : divideToEven(scaled, 1n << BigInt(-exponent));
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(DECIMALS + 1, "0");
  const whole = digits.slice(0, -DECIMALS);
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, "");
  return (negative ? "-" : "") + whole + (fraction === "" ? "" : `.${fraction}`);
}

/** The sum as text. Throws when it is infinite. */
export function sumText(a: LongDouble | "infinite", b: LongDouble | "infinite"): string {
  const sum = a === "infinite" || b === "infinite" ? undefined : addLongDoubles(a, b);
  if (sum === undefined) throw new KeyError(incrementNaN);
  return formatLongDouble(sum);
}

/** The quotient with 64 bits. */
function rounded(numerator: bigint, denominator: bigint): LongDouble {
  if (numerator === 0n) return { mantissa: 0n, exponent: 0 };
  // Lengths alone leave open whether the quotient has 64 or 65 bits.
  let shift = PRECISION_BITS - (bitLength(numerator) - bitLength(denominator));
  if (bitLength(scaledQuotient(numerator, denominator, shift)) > PRECISION_BITS) shift--;
  const mantissa =
    shift >= 0
      ? divideToEven(numerator << BigInt(shift), denominator)
      : divideToEven(numerator, denominator << BigInt(-shift));
  return { mantissa, exponent: -shift };
}

function scaledQuotient(numerator: bigint, denominator: bigint, shift: number): bigint {
  return shift >= 0
    ? (numerator << BigInt(shift)) / denominator
    : numerator / (denominator << BigInt(-shift));
}

/** The quotient, rounded to the nearest whole number, ties to the even one. */
function divideToEven(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n;
  const size = negative ? -numerator : numerator;
  const quotient = size / denominator;
  const rest = 2n * (size % denominator);
  const isUp = rest > denominator || (rest === denominator && quotient % 2n === 1n);
  const value = isUp ? quotient + 1n : quotient;
  return negative ? -value : value;
}

function bitLength(value: bigint): number {
  return (value < 0n ? -value : value).toString(2).length;
}

function isInfinite({ mantissa, exponent }: LongDouble): boolean {
  return mantissa !== 0n && bitLength(mantissa) + exponent > EXPONENT_END;
}
