/**
 * A chunk: the points of one write as the value of one row, in the order they came. It is read when
 * the database opens, to fill the heads again; what is kept for long is sorted into blocks. So it
 * is written fast first and small second. Numbers as in series-bytes.ts.
 *
 *   format u8 (1), policy, window hours, rows, values of all rows, shapes,
 *   each shape: measurement, fields, each field: id, type u8
 *   each row:   flags u8 (1: time of the row before, 2: shape of the row before),
 *               series minus that of the row before,
 *               unless flag 2: shape,
 *               unless flag 1: seconds minus those of the row before, ns,
 *               each field: boolean 0 or 1; integer; double; string: length, UTF-8
 *
 * The row before the first has series 0, second 0, ns 0 and shape 0.
 */
import { fieldType } from "./field-type.ts";
import type { SeriesWriter } from "./series-bytes.ts";
import { corruption, NUMBER_BYTES_MAX, putBig, putDouble, putInteger } from "./series-bytes.ts";
import { SeriesReader } from "./series-bytes.ts";
import type { Shape, ShapeOf } from "./shape.ts";
import { WINDOW_HOURS_MAX } from "./series-time.ts";
import type { WriteBatch } from "./write-batch.ts";

const FORMAT = 1;
const SAME_TIME = 1;
const SAME_SHAPE = 2;
const U32_MAX = 0xffffffff;
const SECONDS_MAX = 9_223_372_037;
/** Flags, series, shape, seconds, ns. */
const ROW_BYTES_MAX = 1 + 4 * NUMBER_BYTES_MAX;
/** The least a row and a field of a shape can take: what claims more rows is damaged. */
const ROW_BYTES_MIN = 2;

/** Writes the batch; `shapes[i]` is the shape of row i. */
export function encodeChunk(
  writer: SeriesWriter,
  batch: WriteBatch,
  shapes: readonly Shape[],
): Buffer {
  writer.at = 0;
  const numbers = writeHeader(writer, batch, shapes);
  const { seriesIds, seconds, nanos, rows } = batch;
  let series = 0;
  let second = 0;
  let nano = 0;
  let shapeNumber = 0;
  for (let row = 0; row < rows; row++) {
    const shape = shapes[row] as Shape;
    writer.reserve(ROW_BYTES_MAX + shape.size * NUMBER_BYTES_MAX);
    const { bytes } = writer;
    const isSameTime = seconds[row] === second && nanos[row] === nano;
    const number = numbers.get(shape) as number;
    const isSameShape = number === shapeNumber;
    let { at } = writer;
    bytes[at++] = (isSameTime ? SAME_TIME : 0) | (isSameShape ? SAME_SHAPE : 0);
    at = putInteger(bytes, at, (seriesIds[row] as number) - series);
    series = seriesIds[row] as number;
    if (!isSameShape) at = putInteger(bytes, at, (shapeNumber = number));
    if (!isSameTime) {
      at = putInteger(bytes, at, (seconds[row] as number) - second);
      at = putInteger(bytes, at, (nano = nanos[row] as number));
      second = seconds[row] as number;
    }
    writer.at = at;
    writeValues(writer, batch, { shape, start: batch.fieldStart[row] as number });
  }
  return writer.written();
}

function writeHeader(
  writer: SeriesWriter,
  batch: WriteBatch,
  shapes: readonly Shape[],
): ReadonlyMap<Shape, number> {
  const numbers = new Map<Shape, number>();
  let last: Shape | undefined;
  for (const shape of shapes) {
    if (shape !== last && !numbers.has(shape)) numbers.set(shape, numbers.size);
    last = shape;
  }
  writer.u8(FORMAT);
  writer.integer(batch.policyId);
  writer.integer(batch.windowHours);
  writer.integer(batch.rows);
  writer.integer((batch.fieldStart[batch.rows] as number) - (batch.fieldStart[0] as number));
  writer.integer(numbers.size);
  for (const shape of numbers.keys()) {
    writer.integer(shape.measurementId);
    writer.integer(shape.size);
    for (let i = 0; i < shape.size; i++) {
      writer.integer(shape.fieldIds[i] as number);
      writer.u8(shape.types[i] as number);
    }
  }
  return numbers;
}

/** Room for all but strings is reserved. */
function writeValues(
  writer: SeriesWriter,
  batch: WriteBatch,
  row: { readonly shape: Shape; readonly start: number },
): void {
  const { types, size } = row.shape;
  const { values } = batch;
  let { bytes, at } = writer;
  for (let i = 0; i < size; i++) {
    const value = values[row.start + i] as number;
    const type = types[i];
    if (type === fieldType.float) at = putDouble(bytes, at, value);
    else if (type === fieldType.string) {
      writer.at = at;
      writer.text(batch.texts[value] as string);
      writer.reserve((size - i) * NUMBER_BYTES_MAX);
      ({ bytes, at } = writer);
    } else if (value === value) at = putInteger(bytes, at, value);
    else at = putBig(bytes, at, batch.bigs.get(row.start + i) as bigint);
  }
  writer.at = at;
}

/** Reads a chunk. Throws CORRUPTION. */
export function decodeChunk(bytes: Uint8Array): WriteBatch {
  const reader = new SeriesReader(bytes);
  if (reader.u8() !== FORMAT) throw corruption("the format of a chunk is not 1");
  const policyId = reader.count(0, U32_MAX);
  const windowHours = reader.count(1, WINDOW_HOURS_MAX);
  const rows = reader.count(0, reader.left / ROW_BYTES_MIN);
  const values = reader.count(0, reader.left);
  const shapes = readShapes(reader);
  const batch = new DecodedBatch({ policyId, windowHours, rows, values });
  readRows(reader, batch, shapes);
  if (reader.left > 0) throw corruption("a chunk goes on behind its last row");
  return batch;
}

class DecodedBatch implements WriteBatch {
  readonly policyId: number;
  readonly windowHours: number;
  readonly rows: number;
  readonly measurementIds: Uint32Array;
  readonly seriesIds: Uint32Array;
  readonly seconds: Float64Array;
  readonly nanos: Float64Array;
  readonly fieldStart: Uint32Array;
  readonly fieldIds: Uint16Array;
  readonly fieldTypes: Uint8Array;
  readonly values: Float64Array;
  readonly texts: string[] = [];
  readonly bigs = new Map<number, bigint>();

  constructor(size: {
    readonly policyId: number;
    readonly windowHours: number;
    readonly rows: number;
    readonly values: number;
  }) {
    const { rows, values } = size;
    this.policyId = size.policyId;
    this.windowHours = size.windowHours;
    this.rows = rows;
    this.measurementIds = new Uint32Array(rows);
    this.seriesIds = new Uint32Array(rows);
    this.seconds = new Float64Array(rows);
    this.nanos = new Float64Array(rows);
    this.fieldStart = new Uint32Array(rows + 1);
    this.fieldIds = new Uint16Array(values);
    this.fieldTypes = new Uint8Array(values);
    this.values = new Float64Array(values);
  }
}

function readShapes(reader: SeriesReader): readonly ShapeOf[] {
  return Array.from({ length: reader.count(0, reader.left) }, () => {
    const measurementId = reader.count(0, U32_MAX);
    const size = reader.count(0, reader.left / 2);
    const fieldIds = new Uint16Array(size);
    const types = new Uint8Array(size);
    for (let i = 0; i < size; i++) {
      fieldIds[i] = reader.count(0, 0xffff);
      const type = reader.u8();
      if (type < fieldType.float || type > fieldType.boolean) throw corruption("no such type");
      types[i] = type;
    }
    return { measurementId, fieldIds, types };
  });
}

function readRows(reader: SeriesReader, batch: DecodedBatch, shapes: readonly ShapeOf[]): void {
  let series = 0;
  let second = 0;
  let nano = 0;
  let shapeNumber = 0;
  let at = 0;
  for (let row = 0; row < batch.rows; row++) {
    const flags = reader.u8();
    series += reader.count(-series, U32_MAX - series);
    if ((flags & SAME_SHAPE) === 0) shapeNumber = reader.count(0, shapes.length - 1);
    if ((flags & SAME_TIME) === 0) {
      second += reader.count(-SECONDS_MAX - second, SECONDS_MAX - second);
      nano = reader.count(0, 999_999_999);
    }
    const shape = shapes[shapeNumber];
    if (shape === undefined || at + shape.types.length > batch.values.length) {
      throw corruption("a chunk has fewer values than its rows");
    }
    batch.seriesIds[row] = series;
    batch.measurementIds[row] = shape.measurementId;
    batch.seconds[row] = second;
    batch.nanos[row] = nano;
    readValues(reader, batch, { shape, at });
    at += shape.types.length;
    batch.fieldStart[row + 1] = at;
  }
  if (at !== batch.values.length) throw corruption("a chunk has more values than its rows");
}

function readValues(
  reader: SeriesReader,
  batch: DecodedBatch,
  row: { readonly shape: ShapeOf; readonly at: number },
): void {
  const { types, fieldIds } = row.shape;
  batch.fieldIds.set(fieldIds, row.at);
  batch.fieldTypes.set(types, row.at);
  for (let i = 0; i < types.length; i++) {
    const type = types[i];
    let value: number;
    if (type === fieldType.float) value = reader.double();
    else if (type === fieldType.string) value = batch.texts.push(reader.text()) - 1;
    else if (type === fieldType.boolean) value = reader.count(0, 1);
    else {
      value = reader.integer();
      if (value !== value) batch.bigs.set(row.at + i, reader.big);
    }
    batch.values[row.at + i] = value;
  }
}
