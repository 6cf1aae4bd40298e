/** A report of `cronosdb inspect` for people, and as JSON. */
import { eventsPrefix } from "../../models/events/rows.ts";
import { formatSize } from "../../server/config/units.ts";
import type { DataReport } from "./inspect-data.ts";

/** Several lines; the last one is the verdict. */
export function formatReport({ dataDir, log, store, faults }: DataReport): string {
  const lines = [`Data directory ${dataDir}`, "", `Log: ${log.segments.length} segments`];
  const header = ["first", "last", "records", "size", "puts", "deletes", "ranges", "from", "to"];
  const rows = log.segments.map((each) => [
    String(each.firstIndex),
    String(each.lastIndex),
    String(each.recordCount),
    roundSize(each.bytesWritten),
    String(each.puts),
    String(each.deletes),
    String(each.rangeDeletes),
    formatTime(each.firstTime),
    formatTime(each.lastTime),
  ]);
  if (rows.length > 0) lines.push(...table([header, ...rows]));
  for (const { file, tornTailBytes } of log.segments) {
    if (tornTailBytes === 0) continue;
    lines.push(`  torn end: ${tornTailBytes} bytes of ${file}; the next start cuts them`);
  }
  lines.push("");
  if (store === undefined) lines.push("Store: nothing was flushed yet");
  else {
    const size = roundSize(store.bytes);
    lines.push(`Store: ${store.rows} rows, ${size}, up to record ${store.appliedIndex}`);
    const models = [...store.byFirstByte].map(([byte, count]) => [
      modelName(byte),
      String(count.rows),
      roundSize(count.bytes),
    ]);
    if (models.length > 0) lines.push(...table([["model", "rows", "size"], ...models]));
  }
  lines.push("", ...faults.map((fault) => `FAULT ${fault}`));
  lines.push(faults.length === 0 ? "Every checksum is right" : `${faults.length} faults`);
  return lines.join("\n");
}

/** One JSON object. */
export function reportJson({ store, ...report }: DataReport): string {
  const isSound = report.faults.length === 0;
  if (store === undefined) return JSON.stringify({ ...report, isSound });
  const byModel = [...store.byFirstByte].map(([byte, count]) => {
    return { model: modelName(byte), ...count };
  });
  const { byFirstByte: _, ...rest } = store;
  return JSON.stringify({ ...report, store: { ...rest, byModel }, isSound });
}

/** The first byte of a key says which model the row is of. */
function modelName(byte: number): string {
  return byte === eventsPrefix.charCodeAt(0) ? "events" : `0x${byte.toString(16).padStart(2, "0")}`;
}

function formatTime(ms: number): string {
  return ms === 0 ? "-" : new Date(ms).toISOString();
}

function roundSize(bytes: number): string {
  const unit = [2 ** 30, 2 ** 20, 2 ** 10].find((each) => bytes >= 10 * each) ?? 1;
  return formatSize(Math.round(bytes / unit) * unit);
}

/** Right-aligned columns. */
function table(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) => {
    return Math.max(...rows.map((row) => (row[at] ?? "").length));
  });
  return rows.map((row) => `  ${row.map((cell, at) => cell.padStart(widths[at] ?? 0)).join("  ")}`);
}
