/**
 * Integers in strings, as Redis reads them: 64-bit, in their only form. Floating-point numbers are
 * in long-double.ts.
 */
import { KeyError, notInteger } from "./key-error.ts";

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
