/** What tests of queries share: a context, and results as lines that can be compared. */
import assert from "node:assert/strict";
import { executeSelect } from "../execute-select.ts";
import { parseQuery } from "../parse.ts";
import type { SelectContext, SelectLimits, Value } from "../result.ts";
import type { SelectData } from "../select-data.ts";

export const testLimits: SelectLimits = {
  seriesMax: 0,
  pointsMax: 0,
  bucketsMax: 100_000,
  heldMax: 0,
  chunkRows: 1000,
};

/** A query in the database "db" of `data`, late in 2023. */
export function contextOf(data: SelectData): SelectContext {
  return {
    data,
    database: "db",
    policy: "",
    now: 1_700_000_000_000_000_000n,
    limits: testLimits,
    signal: new AbortController().signal,
    pause: () => Promise.resolve(),
    clock: () => 0,
    random: () => 0.5,
    warn: () => undefined,
  };
}

/** The result as lines: one for each series, with its tags and columns, one for each row. */
export async function runQuery(text: string, context: SelectContext): Promise<string[]> {
  const lines: string[] = [];
  for (const statement of parseQuery(text)) {
    assert.ok(statement.kind === "select");
    try {
      for await (const chunk of executeSelect(statement, context)) {
        const tags = chunk.tags.map(([key, value]) => `${key}=${value}`).join(",");
        lines.push(`${chunk.name}${tags && `{${tags}}`}: ${chunk.columns.join(", ")}`);
        for (const [time = null, ...values] of chunk.rows) {
          lines.push([String(Number(time) / 1e9), ...values.map(textOf)].join(" "));
        }
      }
    } catch (error) {
      assert.ok(error instanceof Error);
      lines.push(`error: ${error.message}`);
    }
  }
  return lines;
}

function textOf(value: Value): string {
  if (value === null) return "-";
  const isNumber = typeof value === "number" || typeof value === "bigint";
  return isNumber ? String(Number(Number(value).toPrecision(9))) : String(value);
}
