/** Several sources that do not overlap as one, which costs less than merging them. */
import type { Column } from "./column.ts";
import { fieldType } from "./field-type.ts";
import { MergedSource } from "./merged-source.ts";
import { MutableColumn } from "./mutable-column.ts";
import type { PointSource } from "./point-source.ts";

/** The sources, at least one, as one without repeats. */
export function joinSources(sources: readonly PointSource[]): PointSource {
  const sorted = sources.toSorted((a, b) => a.firstOffset - b.firstOffset);
  const isApart = sorted.every((source, i) => {
    const before = sorted[i - 1];
    const isBehind = before === undefined || before.lastOffset < source.firstOffset;
    return isBehind && !source.hasRepeats;
  });
  return isApart ? new ConcatenatedSource(sorted) : new MergedSource(sources);
}

class ConcatenatedSource implements PointSource {
  readonly sequence: number;
  readonly count: number;
  readonly hasRepeats = false;
  readonly #sources: readonly PointSource[];
  #offsets: Float64Array | undefined;

  constructor(sources: readonly PointSource[]) {
    this.#sources = sources;
    this.sequence = Math.max(...sources.map(({ sequence }) => sequence));
    this.count = sources.reduce((sum, { count }) => sum + count, 0);
  }

  get firstOffset(): number {
    return (this.#sources[0] as PointSource).firstOffset;
  }

  get lastOffset(): number {
    return (this.#sources.at(-1) as PointSource).lastOffset;
  }

  offsets(): Float64Array {
    return (this.#offsets ??= concatenate(
      this.#sources.map((source) => source.offsets()),
      this.count,
    ));
  }

  fieldIds(): readonly number[] {
    const ids = new Set(this.#sources.flatMap((source) => source.fieldIds()));
    return [...ids].sort((a, b) => a - b);
  }

  column(fieldId: number): Column | undefined {
    const columns = this.#sources.map((source) => source.column(fieldId));
    return this.#numbers(columns) ?? this.#mixed(columns);
  }

  summary(): undefined {
    return undefined;
  }

  /** Undefined unless all points have a number, of the same type. */
  #numbers(columns: readonly (Column | undefined)[]): Column | undefined {
    const type = columns[0]?.type;
    if (type !== fieldType.float && type !== fieldType.integer) return undefined;
    const parts: Float64Array[] = [];
    for (const column of columns) {
      if (column?.type !== type || column.present !== undefined) return undefined;
      if (!(column.values instanceof Float64Array)) return undefined;
      parts.push(column.values);
    }
    return { type, values: concatenate(parts, this.count), present: undefined };
  }

  #mixed(columns: readonly (Column | undefined)[]): Column | undefined {
    const type = this.#newestType(columns);
    if (type === undefined) return undefined;
    const mixed = new MutableColumn(type, this.count);
    let at = 0;
    for (const [i, { count }] of this.#sources.entries()) {
      const column = columns[i];
      if (column?.type === type) {
        for (let row = 0; row < count; row++) {
          if (column.present?.[row] !== 0) mixed.copy(at + row, column, row);
        }
      }
      at += count;
    }
    return mixed.finish();
  }

  /** The type that the source of the largest sequence gives the field. */
  #newestType(columns: readonly (Column | undefined)[]): Column["type"] | undefined {
    let newest = -1;
    let type: Column["type"] | undefined;
    for (const [i, { sequence }] of this.#sources.entries()) {
      const column = columns[i];
      if (column === undefined || sequence <= newest) continue;
      newest = sequence;
      type = column.type;
    }
    return type;
  }
}

function concatenate(parts: readonly Float64Array[], count: number): Float64Array {
  const all = new Float64Array(count);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
