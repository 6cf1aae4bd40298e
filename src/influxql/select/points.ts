/**
 * Points of one stream (a series, or a group of rows of a subquery) as the query sees them: columns
 * by *slot* instead of by field id, cast to the slot's type; tags; filtered by the condition.
 */
import type { Column } from "../../models/series/column.ts";
import { fieldType } from "../../models/series/field-type.ts";
import type { ColumnSummary, PointBatch } from "../../models/series/series-scan.ts";
import { timeAt } from "../../models/series/series-time.ts";
import { toInt, truncateToInt } from "../functions/int64.ts";
import type { FieldValue } from "../functions/point-function.ts";
import type { ColumnType, Value } from "../result.ts";
import type { Tags } from "../select-data.ts";
import type { Slot } from "./plan.ts";

/** Where the slots' values are in the batches of one input. */
export interface Binding {
  readonly slots: readonly Slot[];
  /** By slot: place of the column in a batch, or -1. */
  readonly places: readonly number[];
  /** Slots that are tags of the stream, with the tag's name. */
  readonly tagSlots: ReadonlyMap<number, string>;
  /** Whether the points are rows of a subquery: they count even if no slot has a value. */
  readonly isRows: boolean;
}

const absent = Symbol("absent");

/** Where a slot's values come from: a column, or the same for every point. */
interface SlotReader {
  readonly column: Column | undefined;
  readonly constant: Value;
}

/** A batch as a query reads it. Columns are looked up once. */
export class Points {
  readonly startHour: number;
  readonly count: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly tags: Tags;
  readonly #batch: PointBatch;
  readonly #binding: Binding;
  readonly #columns: (Column | typeof absent | undefined)[] = [];
  readonly #readers: (SlotReader | undefined)[] = [];
  #offsets: Float64Array | undefined;

  constructor(batch: PointBatch, binding: Binding, tags: Tags) {
    this.startHour = batch.startHour;
    this.count = batch.count;
    this.firstOffset = batch.firstOffset;
    this.lastOffset = batch.lastOffset;
    this.tags = tags;
    this.#batch = batch;
    this.#binding = binding;
  }

  get offsets(): Float64Array {
    return (this.#offsets ??= this.#batch.offsets());
  }

  get isRows(): boolean {
    return this.#binding.isRows;
  }

  /** Column of a slot that is a field; undefined: no point has it. */
  column(slot: number): Column | undefined {
    const known = this.#columns[slot];
    if (known !== undefined) return known === absent ? undefined : known;
    const place = this.#binding.places[slot] ?? -1;
    const own = place === -1 ? undefined : this.#batch.column(place);
    const type = this.#binding.slots[slot]?.type ?? "unknown";
    const column = own === undefined ? undefined : castColumn(own, type);
    this.#columns[slot] = column ?? absent;
    return column;
  }

  /** Summary of a slot's column, if it is known and holds for the slot's type. */
  summary(slot: number): ColumnSummary | "absent" | undefined {
    const place = this.#binding.places[slot] ?? -1;
    return place === -1 ? "absent" : this.#batch.summary(place);
  }

  /** The value of a slot, a tag's too; null: the point has none. */
  value(slot: number, row: number): Value {
    const { column, constant } = this.#readers[slot] ?? this.#makeReader(slot);
    if (column === undefined) return constant;
    if (column.present !== undefined && column.present[row] !== 1) return null;
    return valueAt(column, row);
  }

  #makeReader(slot: number): SlotReader {
    const tag = this.#binding.tagSlots.get(slot);
    const reader =
      tag === undefined
        ? { column: this.column(slot), constant: null }
        : { column: undefined, constant: tagValue(this.tags, tag) ?? null };
    this.#readers[slot] = reader;
    return reader;
  }

  time(row: number): bigint {
    return timeAt(this.startHour, this.offsets[row] ?? 0);
  }
}

/** Value of a tag; undefined: there is none, or an empty one. */
export function tagValue(tags: Tags, key: string): string | undefined {
  for (const [name, value] of tags) if (name === key) return value === "" ? undefined : value;
  return undefined;
}

export function has(column: Column, row: number): boolean {
  return column.present === undefined || column.present[row] === 1;
}

/** The value of a point that has one. */
export function valueAt(column: Column, row: number): FieldValue {
  const value = column.values[row] ?? 0;
  if (typeof value === "number" && column.type !== fieldType.boolean) return value;
  if (column.type === fieldType.boolean) return value === 1;
  return typeof value === "bigint" ? toInt(value) : value;
}

const columnTypes: Readonly<Record<string, ColumnType>> = {
  [fieldType.float]: "float",
  [fieldType.integer]: "integer",
  [fieldType.string]: "string",
  [fieldType.boolean]: "boolean",
};

function castColumn(column: Column, type: ColumnType): Column | undefined {
  const own = columnTypes[column.type];
  if (own === type || type === "unknown") return column;
  if (own === "integer" && type === "float") {
    const values =
      column.type === fieldType.integer && column.values instanceof Float64Array
        ? column.values
        : Float64Array.from(column.values as BigInt64Array, Number);
    return { type: fieldType.float, values, present: column.present };
  }
  if (own === "string" && type === "tag") return column;
  if (column.type !== fieldType.float || type !== "integer") return undefined;
  return { type: fieldType.integer, values: truncated(column.values), present: column.present };
}

function truncated(values: Float64Array): Float64Array | BigInt64Array {
  const whole = values.map(Math.trunc);
  if (whole.every(Number.isSafeInteger)) return whole;
  return BigInt64Array.from(values, (value) => BigInt(truncateToInt(value)));
}

/** The points at `rows` of a batch, ascending. */
export class SelectedBatch implements PointBatch {
  readonly startHour: number;
  readonly count: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly #batch: PointBatch;
  readonly #rows: Uint32Array;
  readonly #offsets: Float64Array;

  constructor(batch: PointBatch, rows: Uint32Array) {
    const offsets = batch.offsets();
    this.startHour = batch.startHour;
    this.count = rows.length;
    this.#batch = batch;
    this.#rows = rows;
    this.#offsets = Float64Array.from(rows, (row) => offsets[row] ?? 0);
    this.firstOffset = this.#offsets[0] ?? 0;
    this.lastOffset = this.#offsets[rows.length - 1] ?? 0;
  }

  offsets(): Float64Array {
    return this.#offsets;
  }

  column(field: number): Column | undefined {
    const column = this.#batch.column(field);
    return column === undefined ? undefined : selectRows(column, this.#rows);
  }

  summary(): undefined {
    return undefined;
  }
}

function selectRows(column: Column, rows: Uint32Array): Column {
  const { present } = column;
  const kept =
    present === undefined ? undefined : Uint8Array.from(rows, (row) => present[row] ?? 0);
  switch (column.type) {
    case fieldType.float:
      return { ...column, values: pickFloats(column.values, rows), present: kept };
    case fieldType.integer: {
      const { values } = column;
      const picked =
        values instanceof Float64Array
          ? pickFloats(values, rows)
          : BigInt64Array.from(rows, (row) => values[row] ?? 0n);
      return { ...column, values: picked, present: kept };
    }
    case fieldType.string:
      return {
        ...column,
        values: Array.from(rows, (row) => column.values[row] ?? ""),
        present: kept,
      };
    case fieldType.boolean:
      return {
        ...column,
        values: Uint8Array.from(rows, (row) => column.values[row] ?? 0),
        present: kept,
      };
  }
}

function pickFloats(values: Float64Array, rows: Uint32Array): Float64Array {
  const picked = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) picked[i] = values[rows[i] ?? 0] ?? 0;
  return picked;
}
