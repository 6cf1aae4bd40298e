/**
 * What the parser throws, and the only thing: the text InfluxDB 1.x answers with, so that clients
 * which match on it go on working. Hence it keeps not to the style of our other messages.
 */
import { CronosError } from "../base/errors.ts";

/** A text that is no statement. The message is what the user gets. */
export class ParseError extends CronosError {
  constructor(reason: string) {
    super("INVALID_ARGUMENT", `error parsing query: ${reason}`);
  }
}

/** Says where in `text`: line and character, both counted from 1. */
export function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  let line = 1;
  for (let at = before.indexOf("\n"); at >= 0; at = before.indexOf("\n", at + 1)) line++;
  // Characters, not UTF-16 units; and the end of the text may be told as one behind it.
  const chars = Array.from(before.slice(lineStart)).length;
  const char = chars + Math.max(0, offset - text.length) + 1;
  return `line ${line}, char ${char}`;
}
