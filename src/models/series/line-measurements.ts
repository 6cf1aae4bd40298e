/** Which measurements line protocol has points of, without reading the points. */
import { byte, endOfLine, scanLine, skipWhite, textAt } from "./line-scan.ts";
import { unescapeName } from "./line-text.ts";

/** Names of measurements, in UTF-8's text, each once; lines with faults have none. */
export function measurementsOfLines(lines: Uint8Array): ReadonlySet<string> {
  const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
  const raw = new Set<string>();
  for (let at = 0; at < bytes.length; ) {
    const end = endOfLine(bytes, at, bytes.length);
    const start = skipWhite(bytes, at, end);
    at = end + 1;
    if (start === end || bytes[start] === byte.hash) continue;
    const parts = scanLine(bytes, start, end);
    if (typeof parts === "string") continue;
    raw.add(textAt(bytes, parts.measurement.start, parts.measurement.end));
  }
  return new Set([...raw].map((name) => {
    return Buffer.from(unescapeName(name), "latin1").toString("utf8");
  }));
}
