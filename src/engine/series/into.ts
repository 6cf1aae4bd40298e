/** SELECT … INTO: rows of a result become points, as line protocol, and are written. */
import type { SelectStatement, Target } from "../../influxql/ast.ts";
import type { SeriesChunk, Value } from "../../influxql/result.ts";
import { isTop } from "../../influxql/select/plan.ts";
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
  tagColumns: ReadonlySet<string> = noColumns,
): { readonly lines: Uint8Array; readonly count: number } {
  const name = target.isSameName ? chunk.name : target.name;
  const tags = chunk.tags.filter(([, value]) => value !== "");
  const head = [escapeName(name), ...tags.map((tag) => tag.map(escapeKey).join("="))].join(",");
  const lines: string[] = [];
  for (const row of chunk.rows) {
    const fields: string[] = [];
    let series = head;
    for (const [at, column] of chunk.columns.entries()) {
      const value = row[at] ?? null;
      if (at === 0 || value === null) continue;
      if (chunk.types[at] === "tag" && tagColumns.has(column)) {
        if (value !== "") series += `,${escapeKey(column)}=${escapeKey(String(value))}`;
        continue;
      }
      fields.push(`${escapeKey(column)}=${fieldText(value, chunk.types[at] === "integer")}`);
    }
    if (fields.length > 0) lines.push(`${series} ${fields.join(",")} ${row[0]}`);
  }
  return { lines: Buffer.from(lines.join("\n")), count: lines.length };
}

const noColumns: ReadonlySet<string> = new Set();

/** Columns that stay tags: those by which top() and bottom() choose. */
export function tagColumnsOf({ fields }: SelectStatement): ReadonlySet<string> {
  const names = fields.flatMap(({ expression }) => {
    if (expression.kind !== "call" || !isTop(expression)) return [];
    return expression.args.slice(1, -1).flatMap((arg) => {
      return arg.kind === "reference" ? [arg.name] : [];
    });
  });
  return new Set(names);
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
