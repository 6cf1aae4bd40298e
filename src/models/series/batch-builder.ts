/**
 * A WriteBatch that is filled row by row and used again. A row is begun by adding its fields, and
 * ended by endRow(); until then dropRow() takes back what was added.
 */
import type { FieldType } from "./field-type.ts";
import { fieldType } from "./field-type.ts";
import type { WriteBatch } from "./write-batch.ts";

/** Of what is filled next: grown when it is full. */
const ROWS_AT_FIRST = 1024;
const FIELDS_AT_FIRST = 8192;

/** What a row is about. */
export interface RowPlace {
  readonly measurementId: number;
  readonly seriesId: number;
  readonly seconds: number;
  readonly nanos: number;
}

export class BatchBuilder implements WriteBatch {
  policyId = 0;
  windowHours = 0;
  rows = 0;
  /** Fields, those of the row that is not ended included. */
  fields = 0;
  measurementIds = new Uint32Array(ROWS_AT_FIRST);
  seriesIds = new Uint32Array(ROWS_AT_FIRST);
  seconds = new Float64Array(ROWS_AT_FIRST);
  nanos = new Float64Array(ROWS_AT_FIRST);
  fieldStart = new Uint32Array(ROWS_AT_FIRST + 1);
  fieldIds = new Uint16Array(FIELDS_AT_FIRST);
  fieldTypes = new Uint8Array(FIELDS_AT_FIRST);
  values = new Float64Array(FIELDS_AT_FIRST);
  readonly texts: string[] = [];
  readonly bigs = new Map<number, bigint>();
  /** Fields that more of the row can have without growing. */
  #fieldsMax = FIELDS_AT_FIRST;

  /** Empties it. */
  begin(policy: { readonly id: number; readonly windowHours: number }): void {
    this.policyId = policy.id;
    this.windowHours = policy.windowHours;
    this.rows = 0;
    this.fields = 0;
    this.texts.length = 0;
    this.bigs.clear();
  }

  /** A float, a boolean (0 or 1), or an integer that is safe. */
  addNumber(id: number, type: FieldType, value: number): void {
    const at = this.fields++;
    if (at === this.#fieldsMax) this.#growFields();
    this.fieldIds[at] = id;
    this.fieldTypes[at] = type;
    this.values[at] = value;
  }

  addInteger(id: number, value: bigint): void {
    const number = Number(value);
    const isSafe = Number.isSafeInteger(number);
    if (!isSafe) this.bigs.set(this.fields, value);
    this.addNumber(id, fieldType.integer, isSafe ? number : Number.NaN);
  }

  addText(id: number, value: string): void {
    this.addNumber(id, fieldType.string, this.texts.length);
    this.texts.push(value);
  }

  /** Ends the row. Of several values of one field the last stays. */
  endRow({ measurementId, seriesId, seconds, nanos }: RowPlace): void {
    this.addRow(measurementId, seriesId);
    this.setTime(seconds, nanos);
  }

  /** Ends the row; setTime() is called next. Apart, so that a fast caller makes no object. */
  addRow(measurementId: number, seriesId: number): void {
    const start = this.fieldStart[this.rows] as number;
    if (hasRepeat(this.fieldIds, start, this.fields)) this.#keepLast(start);
    const row = this.rows++;
    if (row === this.seconds.length) this.#growRows();
    this.measurementIds[row] = measurementId;
    this.seriesIds[row] = seriesId;
    this.fieldStart[row + 1] = this.fields;
  }

  /** The time of the row that was ended last. */
  setTime(seconds: number, nanos: number): void {
    this.seconds[this.rows - 1] = seconds;
    this.nanos[this.rows - 1] = nanos;
  }

  /** Forgets the fields that were added since the last row. */
  dropRow(): void {
    const start = this.fieldStart[this.rows] as number;
    for (let i = start; this.bigs.size > 0 && i < this.fields; i++) this.bigs.delete(i);
    this.fields = start;
  }

  #keepLast(start: number): void {
    const seen = new Set<number>();
    const kept: number[] = [];
    for (let i = this.fields - 1; i >= start; i--) {
      const id = this.fieldIds[i] as number;
      if (!seen.has(id)) kept.push(i);
      seen.add(id);
    }
    let to = start;
    for (const from of kept.toReversed()) {
      this.fieldIds[to] = this.fieldIds[from] as number;
      this.fieldTypes[to] = this.fieldTypes[from] as number;
      this.values[to] = this.values[from] as number;
      const big = this.bigs.get(from);
      this.bigs.delete(to);
      if (big !== undefined) this.bigs.set(to, big);
      to++;
    }
    for (let i = to; i < this.fields; i++) this.bigs.delete(i);
    this.fields = to;
  }

  #growFields(): void {
    this.#fieldsMax *= 2;
    this.fieldIds = grown(this.fieldIds, new Uint16Array(this.#fieldsMax));
    this.fieldTypes = grown(this.fieldTypes, new Uint8Array(this.#fieldsMax));
    this.values = grown(this.values, new Float64Array(this.#fieldsMax));
  }

  #growRows(): void {
    const length = this.seconds.length * 2;
    this.measurementIds = grown(this.measurementIds, new Uint32Array(length));
    this.seriesIds = grown(this.seriesIds, new Uint32Array(length));
    this.seconds = grown(this.seconds, new Float64Array(length));
    this.nanos = grown(this.nanos, new Float64Array(length));
    this.fieldStart = grown(this.fieldStart, new Uint32Array(length + 1));
  }
}

function grown<T extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(
  from: T,
  to: T,
): T {
  to.set(from);
  return to;
}

/** Whether an id repeats: fields come in one order nearly always, ascending or not. */
function hasRepeat(ids: Uint16Array, start: number, end: number): boolean {
  let isAscending = true;
  for (let i = start + 1; i < end; i++) {
    if ((ids[i] as number) <= (ids[i - 1] as number)) {
      isAscending = false;
      break;
    }
  }
  if (isAscending) return false;
  if (end - start > 64) return new Set(ids.subarray(start, end)).size < end - start;
  for (let i = start + 1; i < end; i++) {
    for (let j = start; j < i; j++) if (ids[i] === ids[j]) return true;
  }
  return false;
}
