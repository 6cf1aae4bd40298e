/** A subquery as a source: its rows are points, its columns fields, what it groups by tags. */
import type { Column } from "../../models/series/column.ts";
import { fieldType } from "../../models/series/field-type.ts";
import type { PointBatch } from "../../models/series/series-scan.ts";
import { HOUR_NS_BIG, windowStartOf } from "../../models/series/series-time.ts";
import type { ColumnType, Value } from "../result.ts";
import type { SourceColumns } from "./expand.ts";
import { strongerType } from "./types.ts";
import { fieldName } from "./column-names.ts";
import type { RowGroup, RowSource } from "./row-source.ts";
import type { SelectRun } from "./run-select.ts";
import { selectors } from "./run-select.ts";
import type { TimeBounds } from "./time-bounds.ts";
import type { Field } from "../ast.ts";

export class SubquerySource implements RowSource {
  readonly columns: SourceColumns;
  readonly columnNames: readonly string[];
  readonly #run: SelectRun;

  constructor(run: SelectRun) {
    const { plan } = run;
    const fields = new Map<string, ColumnType>();
    for (const [i, field] of plan.fields.entries()) {
      const type = plan.types[i + 1] ?? "unknown";
      const name = outerName(field);
      if (type !== "unknown") fields.set(name, strongerType(type, fields.get(name) ?? "unknown"));
    }
    this.columns = { fields, tags: new Set(plan.dimensions) };
    this.columnNames = plan.fields.map(outerName);
    this.#run = run;
  }

  *groups(): Iterable<RowGroup> {
    const { compiled, calls } = this.#run.plan;
    const isOfSelectors = calls.length > 0 && calls.every(({ name }) => selectors.has(name));
    const isUnordered = isOfSelectors && compiled.interval === undefined;
    for (const group of this.#run.groups()) {
      const run = this.#run;
      yield {
        name: group.name,
        tags: group.tags,
        isUnordered,
        async *batches(bounds) {
          for await (const rows of run.rows(group)) {
            yield* rowBatches(rows, run.plan.types, bounds);
          }
        },
      };
    }
  }
}

/** The name an outer query knows a column by. */
function outerName(field: Field): string {
  return fieldName(field);
}

/** Windows that rows are cut into: offsets in them are exact. */
const WINDOW_HOURS = 168;

/** Rows (in the order of the result) as batches in windows, each ascending. */
export function* rowBatches(
  rows: readonly (readonly Value[])[],
  types: readonly ColumnType[],
  bounds: TimeBounds,
): Iterable<PointBatch> {
  let from = 0;
  while (from < rows.length) {
    const startHour = windowOfRow(rows[from]);
    let to = from + 1;
    while (to < rows.length && windowOfRow(rows[to]) === startHour) to++;
    const part = rows.slice(from, to).filter((row) => {
      const time = timeOf(row);
      return time >= bounds.from && time <= bounds.to;
    });
    if (!bounds.isAscending) part.reverse();
    if (part.length > 0) yield new RowBatch(part, types, startHour);
    from = to;
  }
}

function timeOf(row: readonly Value[] | undefined): bigint {
  const time = row?.[0];
  return typeof time === "bigint" ? time : 0n;
}

function windowOfRow(row: readonly Value[] | undefined): number {
  return windowStartOf(timeOf(row), WINDOW_HOURS);
}

class RowBatch implements PointBatch {
  readonly startHour: number;
  readonly count: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly #rows: readonly (readonly Value[])[];
  readonly #types: readonly ColumnType[];
  readonly #offsets: Float64Array;

  constructor(
    rows: readonly (readonly Value[])[],
    types: readonly ColumnType[],
    startHour: number,
  ) {
    const start = BigInt(startHour) * HOUR_NS_BIG;
    this.startHour = startHour;
    this.count = rows.length;
    this.#rows = rows;
    this.#types = types;
    this.#offsets = Float64Array.from(rows, (row) => Number(timeOf(row) - start));
    this.firstOffset = this.#offsets[0] ?? 0;
    this.lastOffset = this.#offsets[rows.length - 1] ?? 0;
  }

  offsets(): Float64Array {
    return this.#offsets;
  }

  column(field: number): Column | undefined {
    const values = this.#rows.map((row) => row[field + 1] ?? null);
    return columnOf(values, this.#types[field + 1] ?? "unknown");
  }

  summary(): undefined {
    return undefined;
  }
}

function columnOf(values: readonly Value[], type: ColumnType): Column | undefined {
  const present = Uint8Array.from(values, (value) => (value === null ? 0 : 1));
  switch (type) {
    case "float":
      return { type: fieldType.float, values: Float64Array.from(values, Number), present };
    case "integer": {
      const isWide = values.some((value) => typeof value === "bigint");
      const numbers = isWide
        ? BigInt64Array.from(values, (value) => BigInt(value ?? 0))
        : Float64Array.from(values, Number);
      return { type: fieldType.integer, values: numbers, present };
    }
    case "string":
    case "tag":
      return {
        type: fieldType.string,
        values: values.map((value) => (typeof value === "string" ? value : "")),
        present,
      };
    case "boolean":
      return {
        type: fieldType.boolean,
        values: Uint8Array.from(values, (value) => (value === true ? 1 : 0)),
        present,
      };
    default:
      return undefined;
  }
}
