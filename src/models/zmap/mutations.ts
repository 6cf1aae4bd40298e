/**
 * Mutations of a value by a parameter: what ZMUTATE can do. Each is a function of the value that is
 * there and the parameter alone, so that it needs no read and never makes transactions conflict.
 *
 * ADD, MAX and MIN take both as unsigned little-endian integers of the parameter's length: a longer
 * value is cut, a shorter one filled with zeros, and so do the BIT_ mutations.
 */
import { CronosError } from "../../base/errors.ts";
import { unreachable } from "../../base/assert.ts";
import type { Merge } from "../../shard/transaction.ts";
import { VALUE_BYTES_MAX } from "./zmap.ts";

export const mutationKinds = [
  "ADD",
  "BIT_AND",
  "BIT_OR",
  "BIT_XOR",
  "MAX",
  "MIN",
  "BYTE_MIN",
  "BYTE_MAX",
  "APPEND_IF_FITS",
  "COMPARE_AND_CLEAR",
  "SET_VERSIONSTAMPED_VALUE",
] as const;

export type MutationKind = (typeof mutationKinds)[number];

type Value = Uint8Array | undefined;

/** Bytes of the stamp that says a transaction's place in the order of commits. */
const STAMP_BYTES = 10;
/** Behind a stamped value: where in it the stamp goes, u32 little-endian. */
const POSITION_BYTES = 4;

/** What makes the new value of the old one. Throws INVALID_ARGUMENT for a bad parameter. */
export function mutation(kind: MutationKind, param: Uint8Array): Merge {
  switch (kind) {
    case "ADD":
      return (old) => addIntegers(old, param);
    case "BIT_AND":
      return (old) => (old === undefined ? param : bitwise(old, param, (a, b) => a & b));
    case "BIT_OR":
      return (old) => (old === undefined ? param : bitwise(old, param, (a, b) => a | b));
    case "BIT_XOR":
      return (old) => (old === undefined ? param : bitwise(old, param, (a, b) => a ^ b));
    case "MAX":
      return (old) => chosen(old, param, compareIntegers(old, param) > 0);
    case "MIN":
      return (old) => chosen(old, param, compareIntegers(old, param) < 0);
    case "BYTE_MAX":
      return (old) => (old !== undefined && Buffer.compare(old, param) > 0 ? old : param);
    case "BYTE_MIN":
      return (old) => (old !== undefined && Buffer.compare(old, param) < 0 ? old : param);
    case "APPEND_IF_FITS":
      return (old) => append(old, param);
    case "COMPARE_AND_CLEAR":
      return (old) => (old !== undefined && Buffer.compare(old, param) === 0 ? undefined : old);
    case "SET_VERSIONSTAMPED_VALUE":
      return stampedValue(param);
    default:
      return unreachable(kind);
  }
}

/** The sum in as many bytes as the parameter has, little-endian; it wraps. */
export function addIntegers(old: Value, param: Uint8Array): Uint8Array {
  if (old === undefined) return param;
  const sum = Buffer.alloc(param.length);
  let carry = 0;
  for (let at = 0; at < param.length; at++) {
    carry += (old[at] ?? 0) + (param[at] as number);
    sum[at] = carry & 0xff;
    carry >>= 8;
  }
  return sum;
}

function bitwise(
  old: Uint8Array,
  param: Uint8Array,
  join: (a: number, b: number) => number,
): Uint8Array {
  return Uint8Array.from(param, (byte, at) => join(old[at] ?? 0, byte));
}

/** The old value, as long as the parameter, or the parameter. */
function chosen(old: Value, param: Uint8Array, keepsOld: boolean): Uint8Array {
  if (old === undefined || !keepsOld) return param;
  if (old.length === param.length) return old;
  return Uint8Array.from(param, (_, at) => old[at] ?? 0);
}

/** Compares as many bytes as the parameter has, the last one first. */
function compareIntegers(old: Value, param: Uint8Array): number {
  if (old === undefined) return 0;
  for (let at = param.length - 1; at >= 0; at--) {
    const difference = (old[at] ?? 0) - (param[at] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

function append(old: Value, param: Uint8Array): Uint8Array {
  if (old === undefined) return param;
  if (old.length + param.length > VALUE_BYTES_MAX) return old;
  return Buffer.concat([old, param]);
}

/** The parameter without its last four bytes, which say where the stamp is put into it. */
function stampedValue(param: Uint8Array): Merge {
  const length = param.length - POSITION_BYTES;
  const bytes = Buffer.from(param.buffer, param.byteOffset, param.length);
  const position = length < 0 ? 0 : bytes.readUInt32LE(length);
  if (position + STAMP_BYTES > length) {
    throw new CronosError(
      "INVALID_ARGUMENT",
      `Stamped value must have ${STAMP_BYTES} bytes for the stamp at its position ${position}, ` +
        `then ${POSITION_BYTES} bytes that tell the position: it has ${param.length} bytes`,
    );
  }
  return (_, stamp) => {
    const value = Buffer.from(bytes.subarray(0, length));
    value.set(stamp(), position);
    return value;
  };
}
