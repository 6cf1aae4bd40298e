/**
 * A head: the points that are in chunks but not in blocks yet, in memory, of all policies. One head
 * takes the writes; when it is large it is frozen, and the next one goes on.
 *
 *   active ── freeze ──▶ frozen ── sealed into blocks ──▶ forgotten, and its chunks deleted
 *
 * Rows stand in the order they came, in segments of typed arrays. A row has its offset, its shape,
 * where its values begin, and the row before it of the same series and window: a series is read by
 * following that chain from its newest row, which a window's table knows.
 *
 *   windows   policy, start ─▶ series id ─▶ newest row
 *   rows      offset | shape | first value | row before
 *   values    of each row one after the other; texts and integers that are not safe stand apart
 *
 * Rows are added when they are written and seen when they are durable: a reader takes `durableRows`
 * and never looks at a row behind it. What an operation added can be taken back; what is durable
 * does not change. A row that was there twice is not merged: the later one wins when it is read.
 */
import { assert, must } from "../../base/assert.ts";
import { fieldType } from "./field-type.ts";
import { offsetIn, windowStart } from "./series-time.ts";
import { NO_ROW, SeriesTable } from "./series-table.ts";
import type { Shape } from "./shape.ts";
import { ShapeTable } from "./shape.ts";
import type { WriteBatch } from "./write-batch.ts";

const ROW_BITS = 13;
const ROW_MASK = (1 << ROW_BITS) - 1;
const VALUE_BITS = 16;
const VALUE_MASK = (1 << VALUE_BITS) - 1;
/** Of a text besides its characters. */
const TEXT_BYTES = 24;
const BIG_BYTES = 64;

class RowSegment {
  readonly offsets = new Float64Array(1 << ROW_BITS);
  readonly shapes = new Uint32Array(1 << ROW_BITS);
  readonly values = new Uint32Array(1 << ROW_BITS);
  readonly before = new Int32Array(1 << ROW_BITS);
}

const ROW_SEGMENT_BYTES = 20 << ROW_BITS;
const VALUE_SEGMENT_BYTES = 8 << VALUE_BITS;

/** The series of one policy in one window. */
export interface HeadWindow {
  readonly policyId: number;
  readonly startHour: number;
  readonly series: SeriesTable;
  /** Offset of the latest point. */
  readonly latest: number;
  /** No row is earlier than one that came before it by more than this, ns. */
  readonly lateness: number;
}

interface MutableWindow extends HeadWindow {
  latest: number;
  lateness: number;
}

/** Rows before row `end`, with offsets from `from` to `to`, both included. */
export interface HeadRange {
  readonly end: number;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface HeadMark {
  readonly values: number;
  readonly texts: number;
  readonly textBytes: number;
}

export class Head {
  /** Grows from head to head: where points have the same time, those of the larger one win. */
  readonly sequence: number;
  readonly #shapes = new ShapeTable();
  readonly #rows: RowSegment[] = [];
  readonly #values: Float64Array[] = [];
  readonly #texts: string[] = [];
  readonly #bigs = new Map<number, bigint>();
  readonly #windows = new Map<string, MutableWindow>();
  #textBytes = 0;
  #rowCount = 0;
  #valueCount = 0;
  /** Rows that are durable. */
  durableRows = 0;

  constructor(sequence: number) {
    this.sequence = sequence;
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Memory, estimated. */
  get bytes(): number {
    let bytes = this.#textBytes + this.#bigs.size * BIG_BYTES;
    for (const { series } of this.#windows.values()) bytes += series.bytes;
    bytes += this.#rows.length * ROW_SEGMENT_BYTES;
    return bytes + this.#values.length * VALUE_SEGMENT_BYTES;
  }

  windows(): Iterable<HeadWindow> {
    return this.#windows.values();
  }

  window(policyId: number, startHour: number): HeadWindow | undefined {
    return this.#windows.get(windowKey(policyId, startHour));
  }

  /** Adds the rows of a batch and returns their shapes. */
  append(batch: WriteBatch): readonly Shape[] {
    const { rows, seconds, nanos, seriesIds, windowHours } = batch;
    const shapes: Shape[] = [];
    let window: MutableWindow | undefined;
    let startHour = Number.NaN;
    for (let row = 0; row < rows; row++) {
      const second = seconds[row] as number;
      const start = windowStart(second, windowHours);
      if (start !== startHour || window === undefined) {
        window = this.#window(batch.policyId, start);
        startHour = start;
      }
      const shape = this.#shapes.of(batch, row);
      shapes.push(shape);
      const number = this.#rowCount++;
      const segment = this.#segmentFor(number);
      const at = number & ROW_MASK;
      const offset = offsetIn(start, second, nanos[row] as number);
      segment.offsets[at] = offset;
      const late = window.latest - offset;
      if (late < 0) window.latest = offset;
      else if (late > window.lateness) window.lateness = late;
      segment.shapes[at] = shape.number;
      segment.values[at] = this.#addValues(batch, row, shape);
      segment.before[at] = window.series.exchange(seriesIds[row] as number, number);
    }
    return shapes;
  }

  /** What there is now, for takeBack(). */
  mark(): HeadMark {
    return { values: this.#valueCount, texts: this.#texts.length, textBytes: this.#textBytes };
  }

  /** Takes the newest rows back, which are those of the batch; `mark` is from before them. */
  takeBack(batch: WriteBatch, mark: HeadMark): void {
    assert(this.#rowCount - batch.rows >= this.durableRows, "What is durable is not taken back");
    this.#valueCount = mark.values;
    this.#texts.length = mark.texts;
    this.#textBytes = mark.textBytes;
    for (let row = batch.rows - 1; row >= 0; row--) {
      const number = --this.#rowCount;
      const start = windowStart(batch.seconds[row] as number, batch.windowHours);
      const before = (this.#rows[number >>> ROW_BITS] as RowSegment).before[number & ROW_MASK];
      const window = this.#window(batch.policyId, start);
      window.series.exchange(batch.seriesIds[row] as number, before as number);
    }
  }

  offsetOf(row: number): number {
    return (this.#rows[row >>> ROW_BITS] as RowSegment).offsets[row & ROW_MASK] as number;
  }

  offsetsOf(rows: Int32Array): Float64Array {
    const offsets = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const segment = this.#rows[row >>> ROW_BITS] as RowSegment;
      offsets[i] = segment.offsets[row & ROW_MASK] as number;
    }
    return offsets;
  }

  /** The shape of all these rows; undefined if they have several. */
  commonShapeOf(rows: Int32Array): Shape | undefined {
    let common = -1;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const segment = this.#rows[row >>> ROW_BITS] as RowSegment;
      const shape = segment.shapes[row & ROW_MASK] as number;
      if (common === -1) common = shape;
      else if (shape !== common) return undefined;
    }
    return this.#shapes.all[common];
  }

  /** Numbers at a place of these rows' shape; undefined if one of them is kept apart. */
  valuesOf(rows: Int32Array, place: number): Float64Array | undefined {
    const values = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const segment = this.#rows[row >>> ROW_BITS] as RowSegment;
      const number = (segment.values[row & ROW_MASK] as number) + place;
      const value = (this.#values[number >>> VALUE_BITS] as Float64Array)[number & VALUE_MASK];
      if (value !== value) return undefined;
      values[i] = value as number;
    }
    return values;
  }

  shapeOf(row: number): Shape {
    const { shapes } = this.#rows[row >>> ROW_BITS] as RowSegment;
    return this.#shapes.all[shapes[row & ROW_MASK] as number] as Shape;
  }

  /** The number of a row's value at a place of its shape; see value(), text() and big(). */
  valueOf(row: number, place: number): number {
    const { values } = this.#rows[row >>> ROW_BITS] as RowSegment;
    return (values[row & ROW_MASK] as number) + place;
  }

  value(number: number): number {
    return (this.#values[number >>> VALUE_BITS] as Float64Array)[number & VALUE_MASK] as number;
  }

  text(number: number): string {
    return this.#texts[this.value(number)] as string;
  }

  big(number: number): bigint {
    return must(this.#bigs.get(number), "An integer that is not safe must be kept apart");
  }

  /** Rows of a series in the order they came. */
  rowsOf(window: HeadWindow, seriesId: number, range: HeadRange): Int32Array {
    const { end, from = 0, to = Number.POSITIVE_INFINITY } = range;
    const newest = this.#newestBefore(window.series.get(seriesId), end);
    // Rows that came before one of this time are all before `from`.
    const past = from - window.lateness;
    let count = 0;
    let first = newest;
    for (; first !== NO_ROW; first = this.#before(first)) {
      const offset = this.offsetOf(first);
      if (offset < past) break;
      if (offset >= from && offset <= to) count++;
    }
    const rows = new Int32Array(count);
    for (let row = newest; row !== first; row = this.#before(row)) {
      const offset = this.offsetOf(row);
      if (offset >= from && offset <= to) rows[--count] = row;
    }
    return rows;
  }

  /** Offset of the row of a series that came last before row `end`; undefined: it has none. */
  newestOffset(window: HeadWindow, seriesId: number, end: number): number | undefined {
    const row = this.#newestBefore(window.series.get(seriesId), end);
    return row === NO_ROW ? undefined : this.offsetOf(row);
  }

  #newestBefore(newest: number, end: number): number {
    let row = newest;
    while (row >= end) row = this.#before(row);
    return row;
  }

  #before(row: number): number {
    return (this.#rows[row >>> ROW_BITS] as RowSegment).before[row & ROW_MASK] as number;
  }

  #window(policyId: number, startHour: number): MutableWindow {
    const key = windowKey(policyId, startHour);
    let window = this.#windows.get(key);
    if (window === undefined) {
      window = { policyId, startHour, series: new SeriesTable(), latest: -1, lateness: 0 };
      this.#windows.set(key, window);
    }
    return window;
  }

  #segmentFor(row: number): RowSegment {
    const known = this.#rows[row >>> ROW_BITS];
    if (known !== undefined) return known;
    const segment = new RowSegment();
    this.#rows.push(segment);
    return segment;
  }

  /** Returns the number of the first value. All values of a row are in one segment. */
  #addValues(batch: WriteBatch, row: number, shape: Shape): number {
    const { size } = shape;
    const start = batch.fieldStart[row] as number;
    let first = this.#valueCount;
    if ((first & VALUE_MASK) + size > VALUE_MASK + 1) first = (first | VALUE_MASK) + 1;
    this.#valueCount = first + size;
    let segment = this.#values[first >>> VALUE_BITS];
    if (segment === undefined) {
      segment = new Float64Array(1 << VALUE_BITS);
      this.#values.push(segment);
    }
    const at = first & VALUE_MASK;
    const { values } = batch;
    for (let i = 0; i < size; i++) segment[at + i] = values[start + i] as number;
    if (!shape.isPlain) this.#addApart(batch, start, { shape, segment, first });
    return first;
  }

  /** Strings, and integers that are not safe. */
  #addApart(
    batch: WriteBatch,
    start: number,
    row: { readonly shape: Shape; readonly segment: Float64Array; readonly first: number },
  ): void {
    const { shape, segment, first } = row;
    const at = first & VALUE_MASK;
    for (let i = 0; i < shape.size; i++) {
      const value = segment[at + i] as number;
      if (shape.types[i] === fieldType.string) {
        const text = batch.texts[value] as string;
        segment[at + i] = this.#texts.push(text) - 1;
        this.#textBytes += text.length + TEXT_BYTES;
      } else if (value !== value) this.#bigs.set(first + i, must(batch.bigs.get(start + i)));
    }
  }
}

function windowKey(policyId: number, startHour: number): string {
  return `${policyId}/${startHour}`;
}
