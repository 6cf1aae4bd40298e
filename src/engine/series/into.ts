/** SELECT … INTO: rows of a result become points, as line protocol, and are written. */
import type { Target } from "../../influxql/ast.ts";
import type { SeriesChunk, Value } from "../../influxql/result.ts";
import type { ResultSeries } from "./query-result.ts";

/** Where points are written to. */
export type WriteLines = (request: {
  readonly database: string;
  readonly policy: string;
  readonly lines: Uint8Array;
}) => Promise<unknown>;

/** Lines for the rows of a chunk, and how many; rows without a value make none. */
export function linesOf(
  chunk: SeriesChunk,
  target: Target,
): { readonly lines: Uint8Array; readonly count: number } {
  const name = target.isSameName ? chunk.name : target.name;
  const tags = chunk.tags.filter(([, value]) => value !== "");
  const head = [escapeName(name), ...tags.map((tag) => tag.map(escapeKey).join("="))].join(",");
  const lines: string[] = [];
  for (const row of chunk.rows) {
    const fields: string[] = [];
    for (const [at, column] of chunk.columns.entries()) {
      const value = row[at] ?? null;
      if (at === 0 || value === null) continue;
      fields.push(`${escapeKey(column)}=${fieldText(value, chunk.types[at] === "integer")}`);
    }
    if (fields.length > 0) lines.push(`${head} ${fields.join(",")} ${row[0]}`);
  }
  return { lines: Buffer.from(lines.join("\n")), count: lines.length };
}

function fieldText(value: Exclude<Value, null>, isInteger: boolean): string {
  switch (typeof value) {
    case "bigint":
      return `${value}i`;
    case "number":
      return isInteger ? `${value}i` : String(value);
    case "boolean":
      return value ? "true" : "false";
    default:
      return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  }
}

function escapeName(name: string): string {
  return name.replaceAll(/[, ]/g, "\\$&");
}

function escapeKey(key: string): string {
  return key.replaceAll(/[,= ]/g, "\\$&");
}

/** What SELECT … INTO answers. */
export function writtenTable(count: number): ResultSeries {
  return {
    name: "result",
    tags: [],
    columns: ["time", "written"],
    types: ["time", "integer"],
    rows: [[0n, count]],
    isPartial: false,
  };
}
