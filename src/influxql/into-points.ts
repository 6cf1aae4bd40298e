/**
 * The points that SELECT … INTO writes: rows of a result. Tags grouped by stay tags; every other
 * column becomes a field, tags that were selected too (as strings). Nulls are left out, and rows of
 * nulls alone.
 */
import type { Target } from "./ast.ts";
import type { FieldValue } from "./functions/point-function.ts";
import type { ColumnType, SeriesChunk } from "./result.ts";
import type { Tags } from "./select-data.ts";

export interface FieldOfPoint {
  readonly name: string;
  readonly type: "float" | "integer" | "string" | "boolean";
  readonly value: FieldValue;
}

export interface PointOfRow {
  readonly measurement: string;
  /** Without empty ones, which are no tags. */
  readonly tags: Tags;
  readonly fields: readonly FieldOfPoint[];
  /** ns since 1970. */
  readonly time: bigint;
}

/** The points of a chunk, for a target. */
export function* pointsOfChunk(chunk: SeriesChunk, target: Target): Iterable<PointOfRow> {
  const measurement = target.isSameName ? chunk.name : target.name;
  const tags = chunk.tags.filter(([, value]) => value !== "");
  for (const [time, ...values] of chunk.rows) {
    if (typeof time !== "bigint") continue;
    const fields: FieldOfPoint[] = [];
    for (const [i, value] of values.entries()) {
      const name = chunk.columns[i + 1] ?? "";
      if (value === null) continue;
      fields.push({ name, type: fieldTypeOf(chunk.types[i + 1], value), value });
    }
    if (fields.length > 0) yield { measurement, tags, fields, time };
  }
}

function fieldTypeOf(type: ColumnType | undefined, value: FieldValue): FieldOfPoint["type"] {
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "boolean";
    case "bigint":
      return "integer";
    case "number":
      return type === "integer" ? "integer" : "float";
  }
}
