/** Some of the points of a source. */
import type { Column } from "./column.ts";
import { MutableColumn } from "./mutable-column.ts";
import type { PointSource } from "./point-source.ts";

export class FilteredSource implements PointSource {
  readonly sequence: number;
  readonly hasRepeats: boolean;
  readonly #source: PointSource;
  readonly #rows: Uint32Array;
  readonly #offsets: Float64Array;

  /** The rows of which the flag is not 1. */
  constructor(source: PointSource, without: Uint8Array) {
    this.sequence = source.sequence;
    this.hasRepeats = source.hasRepeats;
    this.#source = source;
    const offsets = source.offsets();
    this.#rows = Uint32Array.from(offsets.keys()).filter((row) => without[row] !== 1);
    this.#offsets = Float64Array.from(this.#rows, (row) => offsets[row] as number);
  }

  get count(): number {
    return this.#rows.length;
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
    return this.#source.fieldIds();
  }

  column(fieldId: number): Column | undefined {
    const column = this.#source.column(fieldId);
    if (column === undefined) return undefined;
    const filtered = new MutableColumn(column.type, this.count);
    for (const [i, row] of this.#rows.entries()) {
      if (column.present?.[row] !== 0) filtered.copy(i, column, row);
    }
    return filtered.finish();
  }

  summary(): undefined {
    return undefined;
  }
}
