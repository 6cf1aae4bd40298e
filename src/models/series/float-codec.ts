/**
 * Doubles of a column as bytes.
 *
 *   kind u8: 0 … 15  decimals: each is an integer divided by 10^kind, exactly; integer-codec.ts
 *            16      bits: headers of all groups, packed bits of all groups
 *
 * Bits: a group is 128 doubles, the last one fewer. Each double's 64 bits are XORed with those of
 * the one before (0 before the first), and shifted to the right by the zeros that all of the group
 * end with. The header is two bytes, that shift and the width of what is left; then the lower 32
 * bits of all, then the upper. 64-bit integers that are not all safe are written so too.
 */
import { GROUP, load, pack, packedBytes, unpack } from "./bit-pack.ts";
import { decodeIntegers, encodeIntegers } from "./integer-codec.ts";
import { corruption, SeriesWriter } from "./series-bytes.ts";
import type { SeriesReader } from "./series-bytes.ts";

const EXPONENT_MAX = 15;
const BITS = 16;
/** Decimals that take more bytes than this each are tried as bits, too. */
const DECIMAL_BYTES = 4;

const powers = Array.from({ length: EXPONENT_MAX + 1 }, (_, exponent) => 10 ** exponent);
const lows = new Uint32Array(GROUP);
const highs = new Uint32Array(GROUP);
const other = new SeriesWriter();

/** Writes the first `count` (at least 1) doubles. */
export function encodeFloats(writer: SeriesWriter, values: Float64Array, count: number): void {
  const decimals = decimalsOf(values, count);
  if (decimals === undefined) return encodeBits(writer, values, count);
  const start = writer.at;
  writer.u8(decimals.exponent);
  encodeIntegers(writer, decimals.integers, count);
  if (writer.at - start <= count * DECIMAL_BYTES) return;
  other.at = 0;
  encodeBits(other, values, count);
  if (other.at >= writer.at - start) return;
  writer.at = start;
  writer.raw(other.written());
}

/** The doubles as integers of the least exponent that fits all, if there is one. */
function decimalsOf(
  values: Float64Array,
  count: number,
): { readonly exponent: number; readonly integers: Float64Array } | undefined {
  const integers = new Float64Array(count);
  let exponent = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i] as number;
    let integer = Math.round(value * (powers[exponent] as number));
    if (!isExact(integer, value, exponent)) {
      do {
        if (++exponent > EXPONENT_MAX) return undefined;
        integer = Math.round(value * (powers[exponent] as number));
      } while (!isExact(integer, value, exponent));
      // What came before is tried again with more decimals.
      i = -1;
      continue;
    }
    integers[i] = integer;
  }
  return { exponent, integers };
}

function isExact(integer: number, value: number, exponent: number): boolean {
  if (integer / (powers[exponent] as number) !== value) return false;
  return Number.isSafeInteger(integer) && (value !== 0 || 1 / value > 0);
}

/** Writes the bits of the first `count` doubles. */
export function encodeBits(writer: SeriesWriter, values: Float64Array, count: number): void {
  writer.u8(BITS);
  const bits = new Uint32Array(values.buffer, values.byteOffset, count * 2);
  const headers: (readonly [shift: number, width: number])[] = [];
  for (let start = 0; start < count; start += GROUP) {
    const header = xorGroup(bits, { start, count: Math.min(GROUP, count - start) });
    headers.push(header);
    writer.u8(header[0]);
    writer.u8(header[1]);
  }
  for (const [i, [shift, width]] of headers.entries()) {
    const size = Math.min(GROUP, count - i * GROUP);
    xorGroup(bits, { start: i * GROUP, count: size });
    for (let k = 0; k < size; k++) shiftRight(k, shift);
    if (width > 0) writer.raw(pack(lows, size, Math.min(width, 32)));
    if (width > 32) writer.raw(pack(highs, size, width - 32));
  }
}

/** Fills lows and highs with what differs; returns the shift and the width of what is left. */
function xorGroup(
  bits: Uint32Array,
  group: { readonly start: number; readonly count: number },
): readonly [shift: number, width: number] {
  const { start, count } = group;
  let low = start === 0 ? 0 : (bits[start * 2 - 2] as number);
  let high = start === 0 ? 0 : (bits[start * 2 - 1] as number);
  let anyLow = 0;
  let anyHigh = 0;
  for (let i = 0; i < count; i++) {
    const at = (start + i) * 2;
    anyLow |= lows[i] = (bits[at] as number) ^ low;
    anyHigh |= highs[i] = (bits[at + 1] as number) ^ high;
    low = bits[at] as number;
    high = bits[at + 1] as number;
  }
  const shift = trailingZeros(anyLow, anyHigh);
  const width = anyHigh === 0 ? 32 - Math.clz32(anyLow) : 64 - Math.clz32(anyHigh);
  return [shift, width - shift];
}

/** Zeros at the end of 64 bits; 0 if there is nothing else. */
function trailingZeros(low: number, high: number): number {
  if (low !== 0) return 31 - Math.clz32(low & -low);
  return high === 0 ? 0 : 63 - Math.clz32(high & -high);
}

function shiftRight(i: number, shift: number): void {
  const low = lows[i] as number;
  const high = highs[i] as number;
  if (shift === 0) return;
  if (shift >= 32) {
    lows[i] = high >>> (shift - 32);
    highs[i] = 0;
  } else {
    lows[i] = (low >>> shift) | (high << (32 - shift));
    highs[i] = high >>> shift;
  }
}

/** Reads what encodeFloats() or encodeBits() wrote. Throws CORRUPTION. */
export function decodeFloats(reader: SeriesReader, count: number): Float64Array {
  const kind = reader.u8();
  if (kind > BITS) throw corruption(`there is no kind ${kind} of doubles`);
  if (kind === BITS) return decodeBitGroups(reader, count);
  const values = decodeIntegers(reader, count);
  if (kind === 0) return values;
  const power = powers[kind] as number;
  for (let i = 0; i < count; i++) values[i] = (values[i] as number) / power;
  return values;
}

/** Reads what encodeBits() wrote. Throws CORRUPTION. */
export function decodeBits(reader: SeriesReader, count: number): Float64Array {
  if (reader.u8() !== BITS) throw corruption("doubles are not bits");
  return decodeBitGroups(reader, count);
}

/** Reads what encodeBits() wrote behind its kind. */
function decodeBitGroups(reader: SeriesReader, count: number): Float64Array {
  const headers = readHeaders(reader, count);
  const bits = new Uint32Array(count * 2);
  let low = 0;
  let high = 0;
  let at = 0;
  for (let start = 0; start < count; start += GROUP) {
    const size = Math.min(GROUP, count - start);
    const shift = headers[start / (GROUP / 2)] as number;
    const width = headers[start / (GROUP / 2) + 1] as number;
    unpackBits(at, size, width);
    at += groupBytes(size, width);
    for (let i = 0; i < size; i++) {
      const lowBits = lows[i] as number;
      const highBits = highs[i] as number;
      if (shift >= 32) high ^= lowBits << (shift - 32);
      else {
        low ^= lowBits << shift;
        high ^= shift === 0 ? highBits : (highBits << shift) | (lowBits >>> (32 - shift));
      }
      bits[(start + i) * 2] = low;
      bits[(start + i) * 2 + 1] = high;
    }
  }
  return new Float64Array(bits.buffer);
}

/** Shift and width of each group, and loads what is packed. */
function readHeaders(reader: SeriesReader, count: number): Uint8Array {
  const headers = new Uint8Array(Math.ceil(count / GROUP) * 2);
  let length = 0;
  for (let i = 0; i < headers.length; i += 2) {
    const shift = (headers[i] = reader.u8());
    const width = (headers[i + 1] = reader.u8());
    if (shift > 63 || width > 64 - shift) throw corruption(`doubles have ${width} bits`);
    length += groupBytes(Math.min(GROUP, count - (i / 2) * GROUP), width);
  }
  load(reader.bytes, reader.at, length);
  reader.at += length;
  return headers;
}

function groupBytes(count: number, width: number): number {
  if (width <= 32) return packedBytes(count, width);
  return count * 4 + packedBytes(count, width - 32);
}

/** Fills lows and highs. */
function unpackBits(at: number, count: number, width: number): void {
  if (width === 0) lows.fill(0);
  else unpack(lows, count, { at, width: Math.min(width, 32) });
  if (width <= 32) highs.fill(0);
  else unpack(highs, count, { at: at + count * 4, width: width - 32 });
}
