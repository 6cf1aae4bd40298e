/**
 * Results as CSV, as 1.x writes it: for each statement a line of columns and the rows, times as
 * integers; a blank line before columns that differ from those before. Errors, which 1.x leaves
 * out, are a table of their own.
 */
import type { Cell, ResultSeries } from "../../../engine/series/query-result.ts";
import { plainDigits } from "../../../influxql/plain-digits.ts";
import type { Events } from "./encode-json.ts";

export async function* csvText(
  events: Events,
  unit: bigint | undefined,
): AsyncGenerator<string, void, undefined> {
  let header = "";
  let statement = -1;
  for await (const event of events) {
    if (event.kind === "end") {
      if (event.error === undefined) continue;
      yield `${header === "" ? "" : "\n"}error\n${quoted(event.error)}\n`;
      header = "error";
      continue;
    }
    const own = ["name", "tags", ...event.series.columns].map(quoted).join(",");
    const isNew = own !== header || event.statementId !== statement;
    const start = isNew ? `${header === "" ? "" : "\n"}${own}\n` : "";
    [header, statement] = [own, event.statementId];
    yield start + rowsText(event.series, unit ?? 1n);
  }
}

function rowsText({ name, tags, rows, types }: ResultSeries, unit: bigint): string {
  const tagText = tags.map(([key, value]) => `${escaped(key)}=${escaped(value)}`).join(",");
  const head = `${quoted(name)},${quoted(tagText)}`;
  const isTimed = types[0] === "time";
  let text = "";
  for (const row of rows) {
    text += head;
    for (const [at, cell] of row.entries()) {
      const isTime = at === 0 && isTimed && typeof cell === "bigint";
      text += `,${quoted(isTime ? String(cell / unit) : cellText(cell))}`;
    }
    text += "\n";
  }
  return text;
}

function cellText(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return plainDigits(cell);
  return typeof cell === "object" ? `[${cell.join(" ")}]` : String(cell);
}

function escaped(text: string): string {
  return text.replaceAll(/[,= ]/g, "\\$&");
}

/** A field, in quotes where it needs them. */
function quoted(field: string): string {
  return /^\s|[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
