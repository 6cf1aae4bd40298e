/**
 * From the bytes of line protocol to a WriteBatch: series, measurements and fields are looked up,
 * and made if they are new, in the operation that stores the points.
 *
 *   line ──usual──────▶ fast: key by its bytes, fields by the order they came in before
 *     └──anything else─▶ exact (line-scan.ts): cut, unescaped, checked in the words of 1.x
 *
 * The fast way does nothing when it gives a line up, so that the exact way decides alone about all
 * that is unusual: new fields, escapes, conflicts, faults, and series beyond the limits.
 */
import type { Transaction } from "../../shard/transaction.ts";
import type { BatchBuilder } from "./batch-builder.ts";
import type { Catalog } from "./catalog.ts";
import { FastLines } from "./fast-lines.ts";
import type { NewKeys } from "./fast-lines.ts";
import type { FieldType } from "./field-type.ts";
import { fieldType, fieldTypeName } from "./field-type.ts";
import { hashKey, KeyCache } from "./key-cache.ts";
import type { HashedKey } from "./key-cache.ts";
import type { LineSource } from "./line-source.ts";
import type { LineParts, Span } from "./line-scan.ts";
import { byte, endOfFieldKey, endOfFieldValue, endOfLine, isBlank } from "./line-scan.ts";
import { scanLine, skipWhite, textAt } from "./line-scan.ts";
import { timeName, unescapeName, unescapeString, unescapeTag } from "./line-text.ts";
import { MeasurementShape } from "./measurement-shape.ts";
import type { PointTime } from "./precision.ts";
import { plainTags } from "./plain-tags.ts";
import { timeOfText } from "./precision.ts";
import type { SeriesIndex } from "./series-index.ts";
import { isSeriesError } from "./series-error.ts";
import { SeriesLimits } from "./series-limits.ts";
import type { SeriesMaxima } from "./series-limits.ts";
import type { Tag } from "./series-tags.ts";
import { textOf } from "./series-tags.ts";

/** Where a slice of a body ends: what comes first. */
export interface SliceLimits {
  readonly lines: number;
  readonly bytes: number;
  /** Asked each few lines: whether it has taken long enough. */
  readonly isOver: () => boolean;
}

/** Lines between two looks at the time. */
const LINES_UNASKED = 64;

export interface LineWriterOptions {
  readonly catalog: Catalog;
  readonly index: SeriesIndex;
  readonly max: SeriesMaxima;
}

interface OpenSlice {
  readonly tx: Transaction;
  readonly source: LineSource;
  readonly batch: BatchBuilder;
}

export class LineWriter implements NewKeys {
  readonly #catalog: Catalog;
  readonly #index: SeriesIndex;
  readonly #limits: SeriesLimits;
  readonly #keys = new KeyCache<MeasurementShape>();
  readonly #shapes = new Map<number, MeasurementShape>();
  readonly #fast = new FastLines(this.#keys, this);
  #generation = "";
  /** Of the slice that is being read. */
  #slice: OpenSlice | undefined;

  constructor(options: LineWriterOptions) {
    this.#catalog = options.catalog;
    this.#index = options.index;
    this.#limits = new SeriesLimits(options);
  }

  /**
   * Reads lines from `from` on into `batch`, in the operation that will store it. Returns where the
   * next slice starts; the end of the bytes: there is none.
   */
  readSlice(slice: OpenSlice, from: number, limits: SliceLimits): number {
    this.#forgetVoid();
    const { source, batch, tx } = slice;
    const { bytes, report } = source;
    batch.begin(source.policy);
    this.#fast.begin(source, batch);
    this.#slice = slice;
    const stop = Math.min(bytes.length, from + limits.bytes);
    let at = from;
    for (let lines = 0; at < stop && lines < limits.lines; lines++) {
      const next = this.#fast.read(at);
      at = next >= 0 ? next : this.#readExactly(slice, at);
      if (lines % LINES_UNASKED === LINES_UNASKED - 1 && limits.isOver()) break;
    }
    this.#slice = undefined;
    report.read += this.#fast.takeRead();
    report.stored += batch.rows;
    this.#index.flush(tx);
    this.#limits.endSlice();
    return at;
  }

  /** Caches of ids end with the ids: something was removed, or taken back. */
  #forgetVoid(): void {
    const generation = `${this.#catalog.generation} ${this.#index.generation}`;
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#keys.clear();
    this.#shapes.clear();
    this.#limits.clear();
  }

  /** Reads any line; returns where the next one starts. */
  #readExactly(slice: OpenSlice, from: number): number {
    const { source, batch } = slice;
    const { bytes, report } = source;
    const end = endOfLine(bytes, from, bytes.length);
    const start = skipWhite(bytes, from, end);
    if (start === end || bytes[start] === byte.hash) return end + 1;
    const parts = scanLine(bytes, start, end);
    const time = typeof parts === "string" ? parts : timeOf(source, parts, end);
    if (typeof parts === "string" || typeof time === "string") {
      const reason = typeof parts === "string" ? parts : String(time);
      report.fault(bytes.toString("utf8", start, end), reason);
      return end + 1;
    }
    report.read++;
    if (source.oldest !== undefined && isBefore(time, source.oldest)) {
      report.dropBeyondRetention();
      return end + 1;
    }
    const reason = this.#add(slice, parts, time);
    if (reason !== undefined) {
      batch.dropRow();
      report.drop(reason);
    }
    return end + 1;
  }

  /** Adds the point of a line; or tells why it is dropped. */
  #add(slice: OpenSlice, parts: LineParts, time: PointTime): string | undefined {
    const { source, batch } = slice;
    const { bytes } = source;
    const name = unescapeName(textAt(bytes, parts.measurement.start, parts.measurement.end));
    const tags = tagsOf(bytes, parts);
    if (tags.some(([key]) => key === timeName)) {
      return `invalid tag key: input tag "time" on measurement "${textOf(name)}" is invalid`;
    }
    const fields = fieldsOf(bytes, parts.fields);
    if (fields.length === 0) {
      return `invalid field name: input field "time" on measurement "${textOf(name)}" is invalid`;
    }
    const shape = this.#shapeOf(slice, textOf(name));
    for (const [place, field] of fields.entries()) {
      const fault = this.#addField(slice, { shape, place, field });
      if (fault !== undefined) return fault;
    }
    const series = this.#seriesOf(slice, shape, { key: parts.key, tags });
    if (typeof series === "string") return series;
    batch.endRow({ ...time, measurementId: shape.measurement.id, seriesId: series });
    return undefined;
  }

  #shapeOf({ tx, source }: OpenSlice, name: string): MeasurementShape {
    const measurement = this.#catalog.ensureMeasurement(tx, source.database, name);
    let shape = this.#shapes.get(measurement.id);
    if (shape === undefined) {
      this.#shapes.set(measurement.id, (shape = new MeasurementShape(measurement)));
    }
    return shape;
  }

  #addField(slice: OpenSlice, { shape, place, field }: PlacedField): string | undefined {
    const { tx, batch } = slice;
    const { raw, value } = field;
    const type = typeOf(value);
    let slot = shape.find(raw);
    if (slot === undefined) {
      const { measurement } = shape;
      const name = textOf(unescapeName(raw));
      const known = measurement.field(name);
      shape.remember(raw, known ?? this.#catalog.createField(tx, measurement, { name, type }));
      slot = shape.find(raw);
    }
    if (slot === undefined || slot.type !== type) {
      const input = `input field "${textOf(unescapeName(raw))}"`;
      const types = [fieldTypeName(type), fieldTypeName(slot?.type ?? type)] as const;
      return (
        `field type conflict: ${input} on measurement "${shape.measurement.name}" ` +
        `is type ${types[0]}, already exists as type ${types[1]}`
      );
    }
    shape.order[place] = slot;
    if (typeof value === "bigint") batch.addInteger(slot.id, value);
    else if (typeof value === "string") batch.addText(slot.id, value);
    else batch.addNumber(slot.id, type, Number(value));
    return undefined;
  }

  /** See NewKeys. */
  shapeOf({ database }: LineSource, name: string): MeasurementShape | undefined {
    const measurement = this.#catalog.measurement(database, textOf(name));
    return measurement === undefined ? undefined : this.#shapes.get(measurement.id);
  }

  /** See NewKeys. */
  seriesOf(key: HashedKey, shape: MeasurementShape, tagsStart: number): number {
    const slice = this.#slice as OpenSlice;
    const tags = plainTags(slice.source.bytes, tagsStart, key.end);
    if (tags === undefined) return -1;
    const series = this.#ensure(slice, shape, tags);
    if (typeof series === "string") return -1;
    this.#keys.add(key, { measurement: shape, seriesId: series });
    return series;
  }

  /** The id of the series; or why it cannot be made. */
  #seriesOf(
    slice: OpenSlice,
    shape: MeasurementShape,
    { key, tags }: { readonly key: Span; readonly tags: readonly Tag[] },
  ): number | string {
    const { bytes, database } = slice.source;
    const seed = database.id;
    const hashed = { bytes, ...key, hash: hashKey(bytes, key.start, { end: key.end, seed }) };
    const known = this.#keys.find(hashed);
    if (known === shape) return this.#keys.seriesId;
    const series = this.#ensure(slice, shape, tags);
    if (known === undefined && typeof series === "number") {
      this.#keys.add(hashed, { measurement: shape, seriesId: series });
    }
    return series;
  }

  #ensure(
    { tx, source }: OpenSlice,
    { measurement }: MeasurementShape,
    tags: readonly Tag[],
  ): number | string {
    const found = this.#index.look(tx, measurement.id, tags);
    if (typeof found === "number") return found;
    const place = { view: tx, database: source.database, measurement };
    return this.#limits.refusal(place, found) ?? this.#index.create(tx, found);
  }
}

/** A field as it stands in a line: its name raw, its value. */
interface LineField {
  readonly raw: string;
  readonly value: number | bigint | string | boolean;
}

interface PlacedField {
  readonly shape: MeasurementShape;
  readonly place: number;
  readonly field: LineField;
}

function typeOf(value: LineField["value"]): FieldType {
  switch (typeof value) {
    case "number":
      return fieldType.float;
    case "bigint":
      return fieldType.integer;
    case "string":
      return fieldType.string;
    default:
      return fieldType.boolean;
  }
}

/** Binary keys and values. */
function tagsOf(bytes: Buffer, { tags }: LineParts): Tag[] {
  return tags.map(({ key, value }) => [
    unescapeTag(textAt(bytes, key.start, key.end)),
    unescapeTag(textAt(bytes, value.start, value.end)),
  ]);
}

/** The fields that a point can have: "time" is left out. */
function fieldsOf(bytes: Buffer, { start, end }: Span): LineField[] {
  const fields: LineField[] = [];
  for (let at = start; at < end; ) {
    const keyEnd = endOfFieldKey(bytes, at, end);
    const valueEnd = endOfFieldValue(bytes, keyEnd + 1, end);
    const raw = textAt(bytes, at, keyEnd);
    at = valueEnd + 1;
    if (keyEnd + 1 < valueEnd && unescapeName(raw) !== timeName) {
      fields.push({ raw, value: valueOf(bytes, keyEnd + 1, valueEnd) });
    }
  }
  return fields;
}

/** The value between two places; scanLine() has found nothing wrong with it. */
function valueOf(bytes: Buffer, start: number, end: number): LineField["value"] {
  const first = bytes[start] as number;
  if (first === byte.quote) return unescapeString(bytes.toString("utf8", start + 1, end - 1));
  if (first === byte.minus || first === byte.dot || first <= byte.nine) {
    if (bytes[end - 1] === byte.lowerI) return BigInt(textAt(bytes, start, end - 1));
    return Number(textAt(bytes, start, end));
  }
  return first === byte.lowerT || first === byte.upperT;
}

/** The time of a line, or what is wrong with it. */
function timeOf(source: LineSource, { time }: LineParts, end: number): PointTime | string {
  if (time.start === time.end) return source.now;
  const { bytes } = source;
  try {
    const found = timeOfText(textAt(bytes, time.start, time.end), source.precision);
    return isBlank(bytes, time.end, end) ? found : "point is invalid";
  } catch (error) {
    if (isSeriesError(error)) return error.message;
    throw error;
  }
}

function isBefore(a: PointTime, b: PointTime): boolean {
  return a.seconds === b.seconds ? a.nanos < b.nanos : a.seconds < b.seconds;
}
