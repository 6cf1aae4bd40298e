/**
 * Glob patterns as Redis matches them, over binary strings (or any text):
 *
 *   *      anything      ?      one character      [abc] [a-z] [^a]   one of, none of
 *   \x     the character x itself
 *
 * An unclosed [ ends with the pattern. The work is bounded by pattern length times text length:
 * only the last * is ever tried again, because what an earlier one could still skip, it can too.
 */

const ASTERISK = 0x2a;
const QUESTION = 0x3f;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const BACKSLASH = 0x5c;
const CARET = 0x5e;
const MINUS = 0x2d;

/** Tells whether `pattern` matches all of `text`. */
export function globMatches(pattern: string, text: string): boolean {
  let inPattern = 0;
  let inText = 0;
  /** Behind the last *, and how far it has reached. */
  let retryPattern = -1;
  let retryText = 0;
  for (;;) {
    if (inPattern < pattern.length && pattern.charCodeAt(inPattern) === ASTERISK) {
      inPattern++;
      if (inPattern === pattern.length) return true;
      retryPattern = inPattern;
      retryText = inText;
      continue;
    }
    if (inText === text.length) return inPattern === pattern.length;
    const next =
      inPattern < pattern.length ? matchOne(pattern, inPattern, text.charCodeAt(inText)) : -1;
    if (next >= 0) {
      inPattern = next;
      inText++;
    } else if (retryPattern >= 0) {
      inPattern = retryPattern;
      inText = ++retryText;
    } else {
      return false;
    }
  }
}

/** Where the pattern goes on if its part at `at` matches the character; -1 if it does not. */
function matchOne(pattern: string, at: number, code: number): number {
  const part = pattern.charCodeAt(at);
  if (part === QUESTION) return at + 1;
  if (part === OPEN) return matchSet(pattern, at + 1, code);
  if (part === BACKSLASH && at + 1 < pattern.length) {
    return pattern.charCodeAt(at + 1) === code ? at + 2 : -1;
  }
  return part === code ? at + 1 : -1;
}

/** `from` is behind the [. */
function matchSet(pattern: string, from: number, code: number): number {
  const negated = pattern.charCodeAt(from) === CARET;
  let at = negated ? from + 1 : from;
  let found = false;
  while (at < pattern.length && pattern.charCodeAt(at) !== CLOSE) {
    const first = pattern.charCodeAt(at);
    if (first === BACKSLASH && at + 1 < pattern.length) {
      found ||= pattern.charCodeAt(at + 1) === code;
      at += 2;
    } else if (at + 2 < pattern.length && pattern.charCodeAt(at + 1) === MINUS) {
      const last = pattern.charCodeAt(at + 2);
      found ||= code >= Math.min(first, last) && code <= Math.max(first, last);
      at += 3;
    } else {
      found ||= first === code;
      at++;
    }
  }
  return found === negated ? -1 : Math.min(at + 1, pattern.length);
}

/** The characters that every match begins with: a range of an ordered tree to look in. */
export function globPrefix(pattern: string): string {
  const special = pattern.search(/[*?[\\]/);
  return special < 0 ? pattern : pattern.slice(0, special);
}
