/**
 * A block: at most 1,024 points of one series in one window, in the order of time, each time once,
 * with all fields of the series. Numbers as in series-bytes.ts.
 *
 *   format u8 (1), points, last offset minus first, bytes of times, columns,
 *   each column: field minus the one before, kind u8, bytes of its data,
 *                if kind & 8: values,
 *                if kind & 16: least and greatest value; if kind & 32 too: sum
 *   times, data of each column
 *
 *   kind    type, plus 8: not all points have the field, 16: summary, 32: sum, 64: integers of
 *           which some are not safe
 *   times   nothing if they are as far apart as each other; else the power of ten that divides all
 *           distances, u8, and each offset minus the first, divided by it (integer-codec.ts)
 *   data    flags which points have the field, if not all do; values of those that do
 *
 * The first offset stands in the row's key. Columns are decoded when they are asked for.
 */
import type { Column, Presence } from "./column.ts";
import { fieldType } from "./field-type.ts";
import type { FieldType } from "./field-type.ts";
import { decodeColumn, encodeColumn } from "./column-codec.ts";
import { decodeIntegers, encodeIntegers } from "./integer-codec.ts";
import type { PointSource } from "./point-source.ts";
import { corruption, SeriesReader, SeriesWriter } from "./series-bytes.ts";
import type { ColumnSummary } from "./series-scan.ts";
import { columnKinds, summaryOf } from "./summary.ts";

/** Points of a block, at most. */
export const BLOCK_POINTS_MAX = 1024;

const FORMAT = 1;
const DISTANCE_MAX = 168 * 3.6e12;
const POWER_MAX = 12;

const directory = new SeriesWriter();
const data = new SeriesWriter();
const scaled = new Float64Array(BLOCK_POINTS_MAX);

/** What a block is made of: rows `start` to `end` (not included) of these columns. */
export interface BlockPoints {
  readonly offsets: Float64Array;
  /** By field id, ascending; all as long as `offsets`. */
  readonly columns: readonly (readonly [fieldId: number, column: Column])[];
  readonly start: number;
  readonly end: number;
}

/** The bytes of a block; valid until the next call. */
export function encodeBlock(points: BlockPoints): Uint8Array {
  const { offsets, start, end } = points;
  const first = offsets[start] as number;
  directory.at = 0;
  data.at = 0;
  encodeTimes(data, offsets.subarray(start, end));
  directory.u8(FORMAT);
  directory.integer(end - start);
  directory.integer((offsets[end - 1] as number) - first);
  directory.integer(data.at);
  const columns = points.columns.filter(([, { present }]) => hasAny(present, start, end));
  directory.integer(columns.length);
  let before = 0;
  for (const [fieldId, column] of columns) {
    directory.integer(fieldId - before);
    before = fieldId;
    encodeEntry(column, start, end);
  }
  directory.raw(data.written());
  return directory.written();
}

function encodeEntry(column: Column, start: number, end: number): void {
  const at = data.at;
  const coded = encodeColumn(data, column, { start, end });
  directory.u8(column.type | coded.kind);
  directory.integer(data.at - at);
  if ((coded.kind & columnKinds.sparse) !== 0) directory.integer(coded.count);
  if (coded.summary === undefined) return;
  directory.double(coded.summary.min);
  directory.double(coded.summary.max);
  if (coded.summary.sum !== undefined) directory.double(coded.summary.sum);
}

function hasAny(present: Presence, start: number, end: number): boolean {
  if (present === undefined) return true;
  for (let i = start; i < end; i++) if (present[i] === 1) return true;
  return false;
}

function encodeTimes(writer: SeriesWriter, offsets: Float64Array): void {
  const count = offsets.length;
  const first = offsets[0] as number;
  const step = ((offsets[count - 1] as number) - first) / (count - 1);
  if (count <= 2 || offsets.every((offset, i) => offset - first === i * step)) return;
  let power = POWER_MAX;
  for (let i = 1; i < count; i++) {
    while (((offsets[i] as number) - first) % 10 ** power !== 0) power--;
  }
  for (let i = 0; i < count; i++) scaled[i] = ((offsets[i] as number) - first) / 10 ** power;
  writer.u8(power);
  encodeIntegers(writer, scaled, count);
}

interface ColumnEntry {
  readonly fieldId: number;
  readonly type: FieldType;
  readonly kind: number;
  readonly count: number;
  readonly summary: ColumnSummary | undefined;
  /** Where the data is in the block. */
  start: number;
  readonly length: number;
}

/** A stored block. Throws CORRUPTION from every method that reads bytes. */
export class BlockSource implements PointSource {
  readonly sequence: number;
  readonly count: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly hasRepeats = false;
  /** Bytes of the block. */
  readonly byteLength: number;
  readonly #bytes: Uint8Array;
  readonly #timesAt: number;
  readonly #timesEnd: number;
  readonly #entries: readonly ColumnEntry[];
  readonly #columns = new Map<number, Column>();
  #offsets: Float64Array | undefined;

  constructor(bytes: Uint8Array, place: { readonly sequence: number; readonly first: number }) {
    this.sequence = place.sequence;
    this.byteLength = bytes.length;
    this.#bytes = bytes;
    this.firstOffset = place.first;
    const reader = new SeriesReader(bytes);
    if (reader.u8() !== FORMAT) throw corruption("the format of a block is not 1");
    this.count = reader.count(1, BLOCK_POINTS_MAX);
    this.lastOffset = place.first + reader.count(0, DISTANCE_MAX);
    const timesLength = reader.count(0, reader.left);
    this.#entries = readEntries(reader, this.count);
    this.#timesAt = reader.at;
    this.#timesEnd = reader.at + timesLength;
    let at = this.#timesEnd;
    for (const entry of this.#entries) {
      entry.start = at;
      at += entry.length;
    }
    if (at !== bytes.length) throw corruption("a block is not as long as its columns");
  }

  offsets(): Float64Array {
    return (this.#offsets ??= this.#readOffsets());
  }

  fieldIds(): readonly number[] {
    return this.#entries.map(({ fieldId }) => fieldId);
  }

  column(fieldId: number): Column | undefined {
    const known = this.#columns.get(fieldId);
    if (known !== undefined) return known;
    const entry = this.#entryOf(fieldId);
    if (entry === undefined) return undefined;
    const { type, kind, count } = entry;
    const reader = new SeriesReader(this.#bytes.subarray(entry.start, entry.start + entry.length));
    const column = decodeColumn(reader, { type, kind, count, points: this.count });
    if (reader.left > 0) throw corruption("a column goes on behind its last value");
    this.#columns.set(fieldId, column);
    return column;
  }

  summary(fieldId: number): ColumnSummary | "absent" | undefined {
    const entry = this.#entryOf(fieldId);
    return entry === undefined ? "absent" : entry.summary;
  }

  #entryOf(fieldId: number): ColumnEntry | undefined {
    return this.#entries.find((entry) => entry.fieldId === fieldId);
  }

  #readOffsets(): Float64Array {
    const { firstOffset: first, lastOffset: last, count } = this;
    if (this.#timesAt === this.#timesEnd) return evenOffsets(first, last, count);
    const reader = new SeriesReader(this.#bytes.subarray(this.#timesAt, this.#timesEnd));
    const power = reader.u8();
    if (power > POWER_MAX) throw corruption(`times are in units of 10^${power} ns`);
    const unit = 10 ** power;
    const offsets = decodeIntegers(reader, count);
    let before = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const offset = (offsets[i] as number) * unit + first;
      if (offset <= before) throw corruption("times of a block do not ascend");
      offsets[i] = before = offset;
    }
    if (offsets[0] !== first || before !== last) throw corruption("times are not as told");
    return offsets;
  }
}

function evenOffsets(first: number, last: number, count: number): Float64Array {
  const step = count === 1 ? 0 : (last - first) / (count - 1);
  if (count > 1 && (step < 1 || !Number.isInteger(step))) {
    throw corruption("times of a block are not even");
  }
  const offsets = new Float64Array(count);
  for (let i = 0; i < count; i++) offsets[i] = first + i * step;
  return offsets;
}

function readEntries(reader: SeriesReader, points: number): readonly ColumnEntry[] {
  const entries: ColumnEntry[] = [];
  const columns = reader.count(0, reader.left);
  let fieldId = 0;
  for (let i = 0; i < columns; i++) {
    fieldId += reader.count(i === 0 ? 0 : 1, 0xffff);
    const kind = reader.u8();
    const type = (kind & columnKinds.type) as FieldType;
    if (type < fieldType.float || type > fieldType.boolean) throw corruption("no such type");
    const length = reader.count(0, reader.left);
    const count = (kind & columnKinds.sparse) === 0 ? points : reader.count(1, points);
    const summary = summaryOf(reader, { kind, count });
    entries.push({ fieldId, type, kind, count, summary, start: 0, length });
  }
  return entries;
}
