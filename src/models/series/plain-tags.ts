/** Tags of a key without escapes, as clients send them: ascending, nothing wrong with them. */
import { byte, textAt } from "./line-scan.ts";
import { timeName } from "./line-text.ts";
import type { Tag } from "./series-tags.ts";

/**
 * The tags (binary) between the end of the measurement, where a comma is, and `end`; undefined if
 * there is anything about them that scanLine() has to look at. There is no backslash and no space.
 */
export function plainTags(bytes: Buffer, start: number, end: number): Tag[] | undefined {
  const tags: Tag[] = [];
  let before = "";
  for (let at = start; at < end; ) {
    const keyStart = at + 1;
    const equals = endOfPart(bytes, keyStart, end);
    if (equals === end || equals === keyStart || bytes[equals] !== byte.equals) return undefined;
    const valueEnd = endOfPart(bytes, equals + 1, end);
    if (valueEnd === equals + 1 || bytes[valueEnd] === byte.equals) return undefined;
    const key = textAt(bytes, keyStart, equals);
    if (key <= before || key === timeName) return undefined;
    tags.push([key, textAt(bytes, equals + 1, valueEnd)]);
    before = key;
    at = valueEnd;
  }
  return tags;
}

/** Where the next comma or equals sign is, or `end`. */
function endOfPart(bytes: Buffer, start: number, end: number): number {
  let i = start;
  while (i < end && bytes[i] !== byte.comma && bytes[i] !== byte.equals) i++;
  return i;
}
