/** Bits of byte strings, counted from the highest bit of the first byte; 0 behind the end. */

/** The bit at `offset`. */
export function bitAt(bytes: Uint8Array, offset: number): 0 | 1 {
  const byte = bytes[Math.floor(offset / 8)] ?? 0;
  return ((byte >> (7 - (offset % 8))) & 1) as 0 | 1;
}

/** Sets a bit; the byte must be there. */
export function putBit(bytes: Uint8Array, offset: number, bit: 0 | 1): void {
  const at = Math.floor(offset / 8);
  const mask = 0x80 >> (offset % 8);
  const byte = bytes[at] as number;
  bytes[at] = bit === 1 ? byte | mask : byte & ~mask;
}

const onesOf = Uint8Array.from({ length: 256 }, (_, byte) => {
  let ones = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) ones++;
  return ones;
});

/** How many bits are 1 among first … last, in bits. */
export function countOnes(bytes: Uint8Array, first: number, last: number): number {
  let ones = 0;
  let at = first;
  for (; at <= last && at % 8 !== 0; at++) ones += bitAt(bytes, at);
  for (; at + 7 <= last; at += 8) ones += onesOf[bytes[at / 8] as number] as number;
  for (; at <= last; at++) ones += bitAt(bytes, at);
  return ones;
}

/** Where the first such bit is among first … last, in bits; -1 if there is none. */
export function findBit(
  bytes: Uint8Array,
  bit: 0 | 1,
  { first, last }: { readonly first: number; readonly last: number },
): number {
  const without = bit === 1 ? 0x00 : 0xff;
  for (let at = first; at <= last; ) {
    if (at % 8 === 0 && at + 7 <= last && bytes[at / 8] === without) at += 8;
    else if (bitAt(bytes, at) === bit) return at;
    else at++;
  }
  return -1;
}

export type BitOperation = "AND" | "OR" | "XOR" | "NOT";

/** The operation over all sources, as long as the longest; missing bytes are 0. */
export function combineBits(operation: BitOperation, sources: readonly Uint8Array[]): Buffer {
  const length = sources.reduce((longest, each) => Math.max(longest, each.length), 0);
  const result = Buffer.alloc(length);
  const [first = result, ...others] = sources;
  result.set(first);
  for (let at = 0; at < length; at++) {
    let byte = result[at] as number;
    if (operation === "NOT") byte = ~byte;
    for (const other of others) {
      const next = other[at] ?? 0;
      if (operation === "AND") byte &= next;
      else if (operation === "OR") byte |= next;
      else byte ^= next;
    }
    result[at] = byte;
  }
  return result;
}

/** An integer made of bits: u1 … u63 and i1 … i64. */
export interface IntegerType {
  readonly signed: boolean;
  readonly bits: number;
}

export type Overflow = "WRAP" | "SAT" | "FAIL";

/** The integer at bit `offset`. */
export function integerAtBit(bytes: Uint8Array, type: IntegerType, offset: number): bigint {
  let value = 0n;
  for (let at = 0; at < type.bits; at++) {
    value = (value << 1n) | BigInt(bitAt(bytes, offset + at));
  }
  return type.signed ? BigInt.asIntN(type.bits, value) : value;
}

/** Writes the lowest bits of `value`; the bytes must be there. */
export function putInteger(
  bytes: Uint8Array,
  { bits }: IntegerType,
  { offset, value }: { readonly offset: number; readonly value: bigint },
): void {
  for (let at = 0; at < bits; at++) {
    const bit = Number((value >> BigInt(bits - 1 - at)) & 1n) as 0 | 1;
    putBit(bytes, offset + at, bit);
  }
}

/** `value` as the type can hold it; undefined when it cannot and that shall fail. */
export function fitInteger(
  value: bigint,
  { signed, bits }: IntegerType,
  overflow: Overflow,
): bigint | undefined {
  const highest = signed ? 2n ** BigInt(bits - 1) - 1n : 2n ** BigInt(bits) - 1n;
  const lowest = signed ? -highest - 1n : 0n;
  if (value >= lowest && value <= highest) return value;
  if (overflow === "FAIL") return undefined;
  if (overflow === "SAT") return value > highest ? highest : lowest;
  return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}
