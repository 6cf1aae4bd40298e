/** Rows of a result as line protocol, as InfluxDB 1.x reads it: what subscriptions send. */
import type { ColumnType, SeriesChunk, Value } from "../../influxql/result.ts";

/**
 * The lines of a chunk that has GROUP BY *: its tags are tags, its columns fields. A row without
 * any field has no line.
 */
export function linesOf({ name, tags, columns, types, rows }: SeriesChunk): string {
  const present = tags.filter(([, value]) => value !== "");
  const series = [
    escaped(name, /[, ]/g),
    ...present.map(([key, value]) => `${escapedName(key)}=${escapedName(value)}`),
  ].join(",");
  const keys = columns.map((column) => escapedName(column));
  let lines = "";
  for (const row of rows) {
    const fields: string[] = [];
    for (let at = 1; at < row.length; at++) {
      const value = row[at] as Value;
      if (value === null) continue;
      fields.push(`${keys[at] as string}=${fieldText(value, types[at] as ColumnType)}`);
    }
    if (fields.length > 0) lines += `${series} ${fields.join(",")} ${String(row[0])}\n`;
  }
  return lines;
}

/** A tag key, tag value or field key in a line. */
export function escapedName(text: string): string {
  return escaped(text, /[,= ]/g);
}

function escaped(text: string, special: RegExp): string {
  return text.replace(special, "\\$&").replaceAll("\n", "\\n");
}

function fieldText(value: string | number | bigint | boolean, type: ColumnType): string {
  if (typeof value === "string") return `"${value.replace(/["\\]/g, "\\$&")}"`;
  return type === "integer" ? `${value}i` : String(value);
}
