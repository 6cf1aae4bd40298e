/** Names and strings as they are written in a query. */
import { isNameChar, isDigit, keywordOf } from "./token.ts";

/** Writes a string between single quotes. */
export function quoteString(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("'", "\\'")}'`;
}

/**
 * Writes names joined by dots, in double quotes where they need them; all but the last get them
 * always, and an empty one in the middle gets none.
 */
export function quoteName(...segments: readonly string[]): string {
  const last = segments.length - 1;
  return segments
    .map((segment, at) => {
      const isForced = segment === "" ? at === 0 || at === last : at < last;
      return isForced || needsQuotes(segment) ? quoted(segment) : segment;
    })
    .join(".");
}

function quoted(name: string): string {
  return `"${name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')}"`;
}

function needsQuotes(name: string): boolean {
  if (keywordOf(name) !== undefined || isDigit(name.charAt(0))) return true;
  for (const char of name) if (!isNameChar(char)) return true;
  return false;
}
