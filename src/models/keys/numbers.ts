/**
 * Numbers in strings, as Redis reads and writes them.
 *
 * Integers are 64-bit: small ones are handled as JavaScript numbers, the rest as BigInt. Floats are
 * written as Redis writes its long doubles with 17 significant digits ("%.17Lg" without exponent
 * and trailing zeros, util.c ld2string).
 */
import { KeyError, notFloat, notInteger } from "./key-error.ts";

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** Whether a 64-bit integer can hold it. */
export function isInt64(value: bigint): boolean {
  return value >= INT64_MIN && value <= INT64_MAX;
}

/** Whether the text is a 64-bit integer in its only form. */
export function isInt64Text(text: Uint8Array): boolean {
  if (text.length === 0 || text.length > 20) return false;
  const word = Buffer.from(text).toString("latin1");
  return /^(?:0|-?[1-9]\d*)$/.test(word) && isInt64(BigInt(word));
}

/** The integer in `text`, in its only form: no spaces, no +, no leading zeros. */
export function parseInt64(text: Uint8Array, error: string = notInteger): bigint {
  const length = text.length;
  if (length === 0 || length > 20) throw new KeyError(error);
  let at = 0;
  const negative = text[0] === 0x2d;
  if (negative) at = 1;
  const first = text[at];
  if (first === undefined || first < 0x30 || first > 0x39) throw new KeyError(error);
  if (first === 0x30 && (length > at + 1 || negative)) throw new KeyError(error);
  // Up to 15 digits are exact in a double.
  if (length - at <= 15) {
    let value = 0;
    for (; at < length; at++) {
      const digit = (text[at] as number) - 0x30;
      if (digit < 0 || digit > 9) throw new KeyError(error);
      value = value * 10 + digit;
    }
    return BigInt(negative ? -value : value);
  }
  for (let k = at; k < length; k++) {
    const code = text[k] as number;
    if (code < 0x30 || code > 0x39) throw new KeyError(error);
  }
  const value = BigInt(Buffer.from(text).toString("latin1"));
  if (!isInt64(value)) throw new KeyError(error);
  return value;
}

/** The same as a number, for arguments such as counts and times; out of 2^53 is out of range. */
export function parseSafeInteger(text: Uint8Array, error: string = notInteger): number {
  const value = Number(parseInt64(text, error));
  if (!Number.isSafeInteger(value)) throw new KeyError(error);
  return value;
}

/** The float in `text`: decimal, exponent, "inf"; not "nan", no spaces. */
export function parseFloat64(text: Uint8Array, error: string = notFloat): number {
  const word = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString("latin1");
  if (/^[+-]?inf(inity)?$/i.test(word)) return word.startsWith("-") ? -Infinity : Infinity;
  if (/^[+-]?0x[0-9a-f]+$/i.test(word)) {
    const magnitude = Number(word.replace(/^[+-]/, ""));
    return word.startsWith("-") ? -magnitude : magnitude;
  }
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word)) throw new KeyError(error);
  return Number(word);
}

/** The sum of two decimal numbers given as text, exactly, as Redis prints it. */
export function addFloats(a: string, b: string): string {
  const left = decimalParts(a);
  const right = decimalParts(b);
  if (left === undefined || right === undefined) return formatFloat(Number(a) + Number(b));
  const scale = Math.max(left.scale, right.scale);
  const sum =
    left.digits * 10n ** BigInt(scale - left.scale) +
    right.digits * 10n ** BigInt(scale - right.scale);
  return formatDecimal(sum, scale);
}

/** A double without exponent and trailing zeros, at most 17 significant digits. */
export function formatFloat(value: number): string {
  if (Number.isInteger(value)) return BigInt(value).toString();
  const short = String(value);
  if (!short.includes("e")) return short;
  const fixed = value.toFixed(Math.min(100, 17));
  return fixed.replace(/\.?0+$/, "");
}

/** Decimal digits and scale of plain text; undefined when it has an exponent or too many digits. */
function decimalParts(text: string): { digits: bigint; scale: number } | undefined {
  const match = /^([+-]?)(\d*)\.?(\d*)$/.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = ""] = match;
  if (whole.length + fraction.length > 17) return undefined;
  const digits = BigInt(`${whole}${fraction}` || "0");
  return { digits: sign === "-" ? -digits : digits, scale: fraction.length };
}

function formatDecimal(digits: bigint, scale: number): string {
  const negative = digits < 0n;
  const text = (negative ? -digits : digits).toString().padStart(scale + 1, "0");
  const whole = text.slice(0, text.length - scale);
  const fraction = scale === 0 ? "" : text.slice(text.length - scale).replace(/0+$/, "");
  const sign = negative && digits !== 0n ? "-" : "";
  return fraction === "" ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}
