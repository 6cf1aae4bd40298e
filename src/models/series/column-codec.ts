/** Values of one column of a block as bytes; see block.ts for what stands around them. */
import type { Column, Presence } from "./column.ts";
import { fieldType } from "./field-type.ts";
import type { FieldType } from "./field-type.ts";
import { decodeFlags, encodeFlags } from "./flag-codec.ts";
import { decodeBits, decodeFloats, encodeBits, encodeFloats } from "./float-codec.ts";
import { decodeIntegers, encodeIntegers } from "./integer-codec.ts";
import type { SeriesReader, SeriesWriter } from "./series-bytes.ts";
import { columnKinds, summarise } from "./summary.ts";
import type { NumberSummary } from "./summary.ts";
import { decodeTexts, encodeTexts } from "./text-codec.ts";
import { corruption } from "./series-bytes.ts";

/** What the directory of the block says of an encoded column. */
interface CodedColumn {
  /** Bits of `columnKinds` without the type. */
  readonly kind: number;
  /** Points that have a value. */
  readonly count: number;
  readonly summary: NumberSummary | undefined;
}

interface Rows {
  readonly start: number;
  readonly end: number;
}

/** Writes the values of some rows, of which at least one has one. */
export function encodeColumn(writer: SeriesWriter, column: Column, rows: Rows): CodedColumn {
  const { start, end } = rows;
  const present = column.present?.subarray(start, end);
  let count = end - start;
  let sparse = 0;
  if (present?.includes(0) === true) {
    sparse = columnKinds.sparse;
    encodeFlags(writer, present, count);
    count = present.reduce((sum, flag) => sum + flag, 0);
  }
  const places = sparse === 0 ? undefined : present;
  if (column.type === fieldType.string) {
    const texts = column.values.slice(start, end);
    encodeTexts(writer, places === undefined ? texts : texts.filter((_, i) => places[i] === 1));
    return { kind: sparse, count, summary: undefined };
  }
  if (column.type === fieldType.boolean) {
    encodeFlags(writer, dense(column.values.subarray(start, end), places), count);
    return { kind: sparse, count, summary: undefined };
  }
  if (column.values instanceof BigInt64Array) {
    const values = dense(column.values.slice(start, end), places);
    encodeBits(writer, new Float64Array(values.buffer), count);
    return { kind: sparse | columnKinds.wide, count, summary: undefined };
  }
  const values = dense(column.values.subarray(start, end), places);
  if (column.type === fieldType.float) encodeFloats(writer, values, count);
  else encodeIntegers(writer, values, count);
  const summary = summarise(values, count);
  if (summary === undefined) return { kind: sparse, count, summary };
  const sum = summary.sum === undefined ? 0 : columnKinds.sum;
  return { kind: sparse | columnKinds.summary | sum, count, summary };
}

/** The values of points that have one. */
function dense<T extends Float64Array | BigInt64Array | Uint8Array>(
  values: T,
  present: Presence,
): T {
  if (present === undefined) return values;
  return values.filter((_value, i) => present[i] === 1) as T;
}

/** A column as the directory of its block tells it. */
interface StoredColumn {
  readonly type: FieldType;
  readonly kind: number;
  readonly count: number;
  readonly points: number;
}

/** Reads what encodeColumn() wrote. Throws CORRUPTION. */
export function decodeColumn(reader: SeriesReader, column: StoredColumn): Column {
  const { type, count, points } = column;
  const present = readPresence(reader, column);
  if (type === fieldType.string) {
    const texts = decodeTexts(reader, count);
    return { type, values: present === undefined ? texts : spreadTexts(texts, present), present };
  }
  if (type === fieldType.boolean) {
    const values = decodeFlags(reader, count);
    return { type, values: spread(values, new Uint8Array(points), present), present };
  }
  if (type === fieldType.float) {
    const values = decodeFloats(reader, count);
    return { type, values: spread(values, new Float64Array(points), present), present };
  }
  if ((column.kind & columnKinds.wide) !== 0) {
    const values = new BigInt64Array(decodeBits(reader, count).buffer);
    return { type, values: spreadBigs(values, points, present), present };
  }
  const values = decodeIntegers(reader, count);
  return { type, values: spread(values, new Float64Array(points), present), present };
}

function readPresence(reader: SeriesReader, column: StoredColumn): Presence {
  if ((column.kind & columnKinds.sparse) === 0) return undefined;
  const present = decodeFlags(reader, column.points);
  let count = 0;
  for (const flag of present) count += flag;
  if (count !== column.count) throw corruption("a column has not as many values as it tells");
  return present;
}

/** Puts the values where the points are that have them. */
function spread<T extends Float64Array | Uint8Array>(values: T, into: T, present: Presence): T {
  if (present === undefined) return values;
  let next = 0;
  for (let i = 0; i < present.length; i++) {
    if (present[i] === 1) into[i] = values[next++] as number;
  }
  return into;
}

function spreadBigs(values: BigInt64Array, points: number, present: Presence): BigInt64Array {
  if (present === undefined) return values;
  const into = new BigInt64Array(points);
  let next = 0;
  for (let i = 0; i < points; i++) if (present[i] === 1) into[i] = values[next++] as bigint;
  return into;
}

function spreadTexts(texts: readonly string[], present: Uint8Array): string[] {
  let next = 0;
  return Array.from(present, (flag) => (flag === 1 ? (texts[next++] as string) : ""));
}
