/**
 * Integers of 64 bits as Go has them: doubles while they are safe integers, bigints beyond, and
 * wrapping where int64 wraps. Every result is narrowed again, so that equal values have one form.
 */

export type Int = number | bigint;

/** The int64 that `value` wraps to, as a double if that is exact. */
export function toInt(value: bigint): Int {
  const wrapped = BigInt.asIntN(64, value);
  const double = Number(wrapped);
  return Number.isSafeInteger(double) ? double : wrapped;
}

export function addInt(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return toInt(BigInt(a) + BigInt(b));
}

export function subtractInt(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return toInt(BigInt(a) - BigInt(b));
}

export function multiplyInt(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    // + 0: a product of 0 must not be -0, which integers do not know.
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return toInt(BigInt(a) * BigInt(b));
}

/** Remainder with the sign of the dividend; 0 when divided by 0, as InfluxQL has it. */
export function remainderInt(a: Int, b: Int): Int {
  const divisor = BigInt(b);
  return divisor === 0n ? 0 : toInt(BigInt(a) % divisor);
}

export function bitsOfInts(operator: "&" | "|" | "^", a: Int, b: Int): Int {
  const x = BigInt(a);
  const y = BigInt(b);
  return toInt(operator === "&" ? x & y : operator === "|" ? x | y : x ^ y);
}

const INT64_MIN = -(2n ** 63n);

/** A float cut to an int64: towards zero; what does not fit is the smallest int64, as on amd64. */
export function truncateToInt(value: number): Int {
  const whole = Math.trunc(value);
  if (Number.isSafeInteger(whole)) return whole + 0;
  if (!Number.isFinite(whole) || Math.abs(whole) >= 2 ** 63) return INT64_MIN;
  return toInt(BigInt(whole));
}
