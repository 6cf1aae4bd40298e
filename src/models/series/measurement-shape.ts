/**
 * What the parser of line protocol knows of a measurement: its fields by their names as they stand
 * in lines, and the order they came in last. The next line is nearly always the same, so each name
 * is compared with one, instead of being looked up.
 */
import type { FieldType } from "./field-type.ts";
import type { Measurement } from "./measurement.ts";

/** A field, and its name as lines have it. */
export interface FieldSlot {
  readonly raw: Uint8Array;
  readonly id: number;
  readonly type: FieldType;
}

/** Spellings of fields that are remembered. */
const SLOTS_MAX = 10_000;

export class MeasurementShape {
  readonly measurement: Measurement;
  /** By place in the line. */
  readonly order: FieldSlot[] = [];
  readonly #byRaw = new Map<string, FieldSlot>();

  constructor(measurement: Measurement) {
    this.measurement = measurement;
  }

  /** The field whose name stands in a line as `raw` (binary). */
  find(raw: string): FieldSlot | undefined {
    return this.#byRaw.get(raw);
  }

  remember(raw: string, { id, type }: { readonly id: number; readonly type: FieldType }): void {
    if (this.#byRaw.size >= SLOTS_MAX) this.#byRaw.clear();
    this.#byRaw.set(raw, { raw: Buffer.from(raw, "latin1"), id, type });
  }
}
