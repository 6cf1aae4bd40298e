/** Names and values of line protocol without their escapes. All text is binary here. */
import { binaryOf } from "./series-tags.ts";

/** A measurement or the name of a field: a backslash before one of , " = and space goes. */
export function unescapeName(raw: string): string {
  return raw.includes("\\") ? raw.replaceAll(/\\([," =])/g, "$1") : raw;
}

/** A tag's key or value: a backslash before one of , = and space goes. */
export function unescapeTag(raw: string): string {
  return raw.includes("\\") ? raw.replaceAll(/\\([,= ])/g, "$1") : raw;
}

/** What stands between the quotes of a string: a backslash before a quote or a backslash goes. */
export function unescapeString(raw: string): string {
  return raw.includes("\\") ? raw.replaceAll(/\\(["\\])/g, "$1") : raw;
}

/** The name of the column that points cannot bring themselves. */
export const timeName: string = binaryOf("time");
