/** Points of one series in one window of a head, sorted by time. */
import type { Column } from "./column.ts";
import { fieldType } from "./field-type.ts";
import type { FieldType } from "./field-type.ts";
import type { Head, HeadRange, HeadWindow } from "./head.ts";
import type { PointSource } from "./point-source.ts";
import { MutableColumn } from "./mutable-column.ts";
import type { Shape } from "./shape.ts";

export class HeadSource implements PointSource {
  readonly sequence: number;
  readonly count: number;
  readonly hasRepeats: boolean;
  readonly #head: Head;
  readonly #rows: Int32Array;
  readonly #offsets: Float64Array;
  /** The shape of all rows, if they have the same. */
  readonly #shape: Shape | undefined;

  private constructor(head: Head, rows: Int32Array) {
    this.sequence = head.sequence;
    this.count = rows.length;
    this.#head = head;
    this.#rows = rows;
    this.#offsets = head.offsetsOf(rows);
    this.#shape = head.commonShapeOf(rows);
    let order = orderOf(this.#offsets);
    if (order === "unordered") {
      // Equal times stay in the order in which they came.
      rows.sort((a, b) => head.offsetOf(a) - head.offsetOf(b) || a - b);
      this.#offsets = head.offsetsOf(rows);
      order = orderOf(this.#offsets);
    }
    this.hasRepeats = order !== "ascending";
  }

  /** Undefined when the series has no point in these rows. */
  static of(
    head: Head,
    window: HeadWindow,
    part: HeadRange & { readonly seriesId: number },
  ): HeadSource | undefined {
    const rows = head.rowsOf(window, part.seriesId, part);
    return rows.length === 0 ? undefined : new HeadSource(head, rows);
  }

  get firstOffset(): number {
    return this.#offsets[0] as number;
  }

  get lastOffset(): number {
    return this.#offsets[this.count - 1] as number;
  }

  offsets(): Float64Array {
    return this.#offsets;
  }

  fieldIds(): readonly number[] {
    if (this.#shape !== undefined) return this.#shape.sortedIds;
    const ids = new Set<number>();
    let last: Shape | undefined;
    for (const row of this.#rows) {
      const shape = this.#head.shapeOf(row);
      if (shape !== last) for (const id of shape.fieldIds) ids.add(id);
      last = shape;
    }
    return [...ids].sort((a, b) => a - b);
  }

  column(fieldId: number): Column | undefined {
    const head = this.#head;
    const shape = this.#shape;
    if (shape !== undefined) {
      const place = shape.placeOf(fieldId);
      if (place < 0) return undefined;
      const column = this.#plainColumn(place, shape.typeAt(place));
      if (column !== undefined) return column;
    }
    const type = this.#typeOf(fieldId);
    if (type === undefined) return undefined;
    const column = new MutableColumn(type, this.count);
    let last: Shape | undefined;
    let place = -1;
    for (let i = 0; i < this.count; i++) {
      const row = this.#rows[i] as number;
      const ofRow = head.shapeOf(row);
      if (ofRow !== last) {
        place = ofRow.placeOf(fieldId);
        if (place >= 0 && ofRow.types[place] !== type) place = -1;
        last = ofRow;
      }
      if (place >= 0) putValue(column, i, { head, number: head.valueOf(row, place) });
    }
    return column.finish();
  }

  /** Numbers that all points have; undefined if some of them are 64-bit. */
  #plainColumn(place: number, type: FieldType): Column | undefined {
    if (type !== fieldType.float && type !== fieldType.integer) return undefined;
    const values = this.#head.valuesOf(this.#rows, place);
    return values === undefined ? undefined : { type, values, present: undefined };
  }

  summary(): undefined {
    return undefined;
  }

  /** The type that the newest row with the field gives it. */
  #typeOf(fieldId: number): FieldType | undefined {
    let newest = -1;
    let type: FieldType | undefined;
    let last: Shape | undefined;
    let place = -1;
    for (const row of this.#rows) {
      const shape = this.#head.shapeOf(row);
      if (shape !== last) place = shape.placeOf(fieldId);
      last = shape;
      if (place < 0 || row < newest) continue;
      newest = row;
      type = shape.typeAt(place);
    }
    return type;
  }
}

function putValue(
  column: MutableColumn,
  at: number,
  from: { readonly head: Head; readonly number: number },
): void {
  const { head, number } = from;
  if (column.type === fieldType.string) return column.setText(at, head.text(number));
  const value = head.value(number);
  if (value === value) column.setNumber(at, value);
  else column.setBig(at, head.big(number));
}

function orderOf(offsets: Float64Array): "ascending" | "repeats" | "unordered" {
  let order: "ascending" | "repeats" = "ascending";
  for (let i = 1; i < offsets.length; i++) {
    const step = (offsets[i] as number) - (offsets[i - 1] as number);
    if (step < 0) return "unordered";
    if (step === 0) order = "repeats";
  }
  return order;
}
