/**
 * Typed numbers as values of ordered maps.
 *
 *   I64    8 bytes, two's complement, little-endian; sums wrap
 *   F64    8 bytes, IEEE 754 double, little-endian; always finite, never -0
 *   D128   16 bytes, IEEE 754 decimal128 (decimal128.ts)
 */
import { CronosError } from "../../base/errors.ts";
import { addDecimals, decimalText, decodeDecimal128, encodeDecimal128 } from "./decimal128.ts";
import { parseDecimal } from "./decimal128.ts";
import { addIntegers } from "./mutations.ts";

/** Makes the sum of the value that is there, or zero, and something. */
export type Increment = (old: Uint8Array | undefined) => Uint8Array;

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;
const realNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const notFinite = /^[+-]?(?:nan|inf(?:inity)?)$/i;

export function encodeI64(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64LE(BigInt.asIntN(64, value));
  return bytes;
}

/** Throws INVALID_ARGUMENT unless the value has 8 bytes. */
export function decodeI64(value: Uint8Array): bigint {
  return sized(value, 8, "8-byte two's-complement int64").readBigInt64LE();
}

/** Adds blindly: what is there is taken as an integer of 8 bytes, whatever it is. */
export function incrementI64(delta: bigint): Increment {
  const bytes = encodeI64(delta);
  return (old) => addIntegers(old, bytes);
}

/** Reads an integer of 64 bits. Throws INVALID_ARGUMENT. */
export function parseI64(text: string): bigint {
  const value = /^[+-]?\d{1,20}$/.test(text) ? BigInt(text.replace("+", "")) : undefined;
  if (value === undefined || value < int64Min || value > int64Max) {
    throw new CronosError("INVALID_ARGUMENT", "value is not an integer or out of range");
  }
  return value;
}

export function encodeF64(value: number): Buffer {
  if (!Number.isFinite(value)) throw invalid("Invalid value: must be a finite IEEE-754 double");
  const bytes = Buffer.allocUnsafe(8);
  // Adding 0 makes 0 of -0.
  bytes.writeDoubleLE(value + 0);
  return bytes;
}

/** Throws INVALID_ARGUMENT unless the value has 8 bytes. */
export function decodeF64(value: Uint8Array): number {
  return sized(value, 8, "8-byte IEEE-754 double").readDoubleLE();
}

export function incrementF64(delta: number): Increment {
  if (!Number.isFinite(delta)) {
    throw invalid("Invalid delta: value must be a finite IEEE-754 double");
  }
  return (old) => {
    const sum = (old === undefined ? 0 : decodeF64(old)) + delta;
    if (Number.isFinite(sum)) return encodeF64(sum);
    throw invalid(
      "Resulting value is not a finite IEEE-754 double (overflow or invalid operation)",
    );
  };
}

/** Reads a number; what is not finite is for encodeF64() and incrementF64() to refuse. */
export function parseF64(text: string): number {
  if (realNumber.test(text)) return Number(text);
  if (notFinite.test(text)) return Number.NaN;
  throw invalid("value is not a valid float");
}

export function encodeD128(text: string): Buffer {
  return encodeDecimal128(parseDecimal(text));
}

/** The value in plain digits, without an exponent. Throws INVALID_ARGUMENT. */
export function decodeD128(value: Uint8Array): string {
  return decimalText(decodeDecimal128(sized(value, 16, "16-byte Decimal128 (IEEE-754 BID)")));
}

export function incrementD128(text: string): Increment {
  const delta = parseDecimal(text);
  return (old) => {
    if (old === undefined) return encodeDecimal128(delta);
    const before = decodeDecimal128(sized(old, 16, "16-byte Decimal128 (IEEE-754 BID)"));
    return encodeDecimal128(addDecimals(before, delta));
  };
}

function sized(value: Uint8Array, length: number, expected: string): Buffer {
  if (value.length !== length) throw invalid(`Invalid stored value: expected ${expected}`);
  return Buffer.from(value.buffer, value.byteOffset, length);
}

function invalid(message: string): CronosError {
  return new CronosError("INVALID_ARGUMENT", message);
}
