/**
 * Integers of a column, or times, as bytes.
 *
 *   kind u8: 0  all are `first`                  first
 *            1  each is `step` more              first, step
 *            2  groups                           first, headers of groups, packed numbers
 *
 * A group is 128 integers, the last one fewer. Its header is a byte, width plus 128 if it has
 * deltas, and a base. The packed numbers, of `width` bits, are
 *
 *   values   each minus the base, the least of them
 *   deltas   each minus the one before (of the group before too; `first` before the first), minus
 *            the base, the least delta
 *
 * whichever takes fewer bits. Above 32 bits the lower 32 of all numbers come first, then the rest.
 * Width 64: doubles, not packed, where no difference of two is a safe integer.
 */
import { bitsOf, GROUP, load, loadedDoubles, pack, packedBytes, unpack } from "./bit-pack.ts";
import type { SeriesReader, SeriesWriter } from "./series-bytes.ts";
import { corruption } from "./series-bytes.ts";

const CONSTANT = 0;
const LINEAR = 1;
const GROUPS = 2;
const DELTAS = 128;
const RAW_WIDTH = 64;
const WIDTH_MAX = 53;
const U32 = 0x100000000;
/** Differences up to this are exact, and those of two of them. */
const DELTA_MAX = 2 ** 52;

const lows = new Uint32Array(GROUP);
const highs = new Uint32Array(GROUP);

/** How a group is packed. */
interface Group {
  readonly start: number;
  readonly end: number;
  readonly isDeltas: boolean;
  readonly base: number;
  readonly width: number;
}

/** Writes the first `count` (at least 1) safe integers. */
export function encodeIntegers(writer: SeriesWriter, values: Float64Array, count: number): void {
  const first = values[0] as number;
  const step = count === 1 ? 0 : stepOf(values, count);
  if (step !== undefined) {
    writer.u8(step === 0 ? CONSTANT : LINEAR);
    writer.integer(first);
    if (step !== 0) writer.integer(step);
    return;
  }
  writer.u8(GROUPS);
  writer.integer(first);
  const groups: Group[] = [];
  for (let start = 0; start < count; start += GROUP) {
    const group = groupOf(values, start, Math.min(start + GROUP, count));
    groups.push(group);
    writer.u8(group.width + (group.isDeltas ? DELTAS : 0));
    writer.integer(group.base);
  }
  for (const group of groups) if (group.width > 0) packGroup(writer, values, group);
}

/** What each is more than the one before, if that is the same and safe everywhere. */
function stepOf(values: Float64Array, count: number): number | undefined {
  const step = (values[1] as number) - (values[0] as number);
  const distance = (values[count - 1] as number) - (values[0] as number);
  if (Math.abs(distance) > DELTA_MAX) return undefined;
  for (let i = 2; i < count; i++) {
    if ((values[i] as number) - (values[i - 1] as number) !== step) return undefined;
  }
  return step;
}

function groupOf(values: Float64Array, start: number, end: number): Group {
  let min = values[start] as number;
  let max = min;
  let before = start === 0 ? min : (values[start - 1] as number);
  let deltaMin = min - before;
  let deltaMax = deltaMin;
  for (let i = start; i < end; i++) {
    const value = values[i] as number;
    const delta = value - before;
    before = value;
    if (value < min) min = value;
    if (value > max) max = value;
    if (delta < deltaMin) deltaMin = delta;
    if (delta > deltaMax) deltaMax = delta;
  }
  const areDeltasSafe = deltaMin >= -DELTA_MAX && deltaMax <= DELTA_MAX;
  const ofDeltas = areDeltasSafe ? bitsOfRange(deltaMin, deltaMax) : RAW_WIDTH;
  const ofValues = bitsOfRange(min, max);
  if (ofValues === RAW_WIDTH && ofDeltas === RAW_WIDTH) {
    return { start, end, isDeltas: false, base: 0, width: RAW_WIDTH };
  }
  if (ofValues <= ofDeltas) return { start, end, isDeltas: false, base: min, width: ofValues };
  return { start, end, isDeltas: true, base: deltaMin, width: ofDeltas };
}

function bitsOfRange(min: number, max: number): number {
  const range = max - min;
  return range <= Number.MAX_SAFE_INTEGER ? bitsOf(range) : RAW_WIDTH;
}

function packGroup(writer: SeriesWriter, values: Float64Array, group: Group): void {
  const { start, end, base, width } = group;
  const count = end - start;
  if (width === RAW_WIDTH) {
    return writer.raw(new Uint8Array(values.buffer, values.byteOffset + start * 8, count * 8));
  }
  let before = 0;
  if (group.isDeltas) before = values[start === 0 ? 0 : start - 1] as number;
  for (let i = 0; i < count; i++) {
    const value = values[start + i] as number;
    const number = value - before - base;
    lows[i] = number;
    if (width > 32) highs[i] = number / U32;
    if (group.isDeltas) before = value;
  }
  writer.raw(pack(lows, count, Math.min(width, 32)));
  if (width > 32) writer.raw(pack(highs, count, width - 32));
}

/** Reads what encodeIntegers() wrote; at most `count` integers are there. Throws CORRUPTION. */
export function decodeIntegers(reader: SeriesReader, count: number): Float64Array {
  const kind = reader.u8();
  const first = reader.safe();
  const values = new Float64Array(count);
  if (kind === CONSTANT) return values.fill(first);
  if (kind === LINEAR) {
    const step = reader.safe();
    for (let i = 0; i < count; i++) values[i] = first + i * step;
    return values;
  }
  if (kind !== GROUPS) throw corruption(`there is no kind ${kind} of integers`);
  decodeGroups(reader, values, first);
  return values;
}

function decodeGroups(reader: SeriesReader, values: Float64Array, first: number): void {
  const groups = Math.ceil(values.length / GROUP);
  const kinds = new Uint8Array(groups);
  const bases = new Float64Array(groups);
  let length = 0;
  for (let i = 0; i < groups; i++) {
    const kind = reader.u8();
    const width = kind & (DELTAS - 1);
    if (width > WIDTH_MAX && width !== RAW_WIDTH) throw corruption(`integers have ${width} bits`);
    kinds[i] = kind;
    bases[i] = reader.safe();
    length += groupBytes(Math.min(GROUP, values.length - i * GROUP), width);
  }
  load(reader.bytes, reader.at, length);
  reader.at += length;
  let before = first;
  let at = 0;
  for (let i = 0; i < groups; i++) {
    const start = i * GROUP;
    const count = Math.min(GROUP, values.length - start);
    const kind = kinds[i] as number;
    const width = kind & (DELTAS - 1);
    const base = bases[i] as number;
    if (width === RAW_WIDTH) copyRaw(values, start, loadedDoubles(at, count));
    else {
      unpackGroup(at, count, width);
      const group = { start, count, base };
      if (width > 32) addWide(values, group);
      else if (kind < DELTAS) addBase(values, group);
      if (kind >= DELTAS) addDeltas(values, group, { before, isWide: width > 32 });
    }
    at += groupBytes(count, width);
    before = values[start + count - 1] as number;
  }
}

function groupBytes(count: number, width: number): number {
  if (width <= 32) return packedBytes(count, width);
  return count * 4 + packedBytes(count, width - 32);
}

/** Fills lows, and highs if there are more than 32 bits. */
function unpackGroup(at: number, count: number, width: number): void {
  if (width === 0) lows.fill(0);
  else unpack(lows, count, { at, width: Math.min(width, 32) });
  if (width > 32) unpack(highs, count, { at: at + count * 4, width: width - 32 });
}

function copyRaw(values: Float64Array, start: number, raw: Float64Array): void {
  for (const value of raw) {
    if (!Number.isSafeInteger(value)) throw corruption(`${value} is not an integer`);
  }
  values.set(raw, start);
}

interface GroupPart {
  readonly start: number;
  readonly count: number;
  readonly base: number;
}

function addWide(values: Float64Array, { start, count, base }: GroupPart): void {
  for (let i = 0; i < count; i++) {
    values[start + i] = (highs[i] as number) * U32 + (lows[i] as number) + base;
  }
}

function addBase(values: Float64Array, { start, count, base }: GroupPart): void {
  for (let i = 0; i < count; i++) values[start + i] = (lows[i] as number) + base;
}

/** Wide deltas are in `values` already. */
function addDeltas(
  values: Float64Array,
  { start, count, base }: GroupPart,
  from: { readonly before: number; readonly isWide: boolean },
): void {
  let value = from.before;
  if (from.isWide) {
    for (let i = start; i < start + count; i++) values[i] = value += values[i] as number;
    return;
  }
  for (let i = 0; i < count; i++) values[start + i] = value += (lows[i] as number) + base;
}
