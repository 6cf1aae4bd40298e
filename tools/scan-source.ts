/**
 * Reads TypeScript just well enough for the checks in tools/: which text is code and which is
 * comment or string, and what a file imports. Not a parser: it knows tokens, no grammar.
 *
 * `blankSource` keeps every position: a comment's, string's or pattern's characters become spaces
 * (its quotes and line ends stay), so that a position found in blanked code is valid in the source.
 */

/** One import, export-from or import() of a file. */
export interface ImportOf {
  readonly specifier: string;
  /** Line in the file, from 1. */
  readonly line: number;
  /** Whether it says `import { type X }`, which still loads the module. */
  readonly inlineType: boolean;
}

/** A position in the source and the depths of braces at which open templates go on. */
interface Scan {
  readonly source: string;
  readonly out: string[];
  readonly templates: number[];
  depth: number;
}

const wordsBeforePattern = /\b(?:return|typeof|case|in|of|do|else|void|delete|throw|await|yield)$/;

/** The source with comments, strings and patterns blanked; as long as the source itself. */
export function blankSource(source: string): string {
  const scan: Scan = { source, out: source.split(""), templates: [], depth: 0 };
  let at = 0;
  while (at < source.length) at = scanToken(scan, at);
  return scan.out.join("");
}

/** What the file imports, in order; `code` is its blanked source. */
export function importsOf(source: string, code: string): ImportOf[] {
  const found: ImportOf[] = [];
  const statement = /(?:^|[\n;])\s*(?:import|export)\b(?:([^;"'()=]*?)\bfrom)?\s*(["'])/;
  const call = /\bimport\s*\(\s*(["'])/;
  const forms = new RegExp(`${statement.source}|${call.source}`, "g");
  for (const match of code.matchAll(forms)) {
    const start = match.index + match[0].length;
    const end = code.indexOf(match[2] ?? match[3] ?? "", start);
    found.push({
      specifier: source.slice(start, end),
      line: lineAt(source, start),
      inlineType: /[{,]\s*type\s+\w/.test(match[1] ?? ""),
    });
  }
  return found;
}

/** The line, from 1, that position `at` is in. */
export function lineAt(source: string, at: number): number {
  return source.slice(0, at).split("\n").length;
}

/** Blanks or passes the token at `at`; returns where the next one starts. */
function scanToken(scan: Scan, at: number): number {
  const { source } = scan;
  const char = source[at];
  if (source.startsWith("//", at)) return blank(scan, at, endOf(source, "\n", at));
  if (source.startsWith("/*", at)) return blank(scan, at, endOf(source, "*/", at + 2) + 2);
  if (char === '"' || char === "'") return scanQuoted(scan, at + 1, char);
  if (char === "`") return scanTemplate(scan, at + 1);
  if (char === "/" && startsPattern(source, at)) return scanPattern(scan, at + 1);
  if (char === "{") scan.depth++;
  if (char === "}") {
    if (scan.templates.at(-1) === scan.depth) {
      scan.templates.pop();
      return scanTemplate(scan, at + 1);
    }
    scan.depth--;
  }
  return at + 1;
}

/** A string from behind its opening quote; ends at the line's end if it is not closed. */
function scanQuoted(scan: Scan, start: number, quote: string): number {
  let at = start;
  while (at < scan.source.length && scan.source[at] !== quote && scan.source[at] !== "\n") {
    at += scan.source[at] === "\\" ? 2 : 1;
  }
  return blank(scan, start, at) + 1;
}

/** The text of a template up to its end or to the next `${`, whose code is scanned as such. */
function scanTemplate(scan: Scan, start: number): number {
  let at = start;
  while (at < scan.source.length && scan.source[at] !== "`") {
    if (scan.source.startsWith("${", at)) {
      scan.templates.push(scan.depth);
      return blank(scan, start, at) + 2;
    }
    at += scan.source[at] === "\\" ? 2 : 1;
  }
  return blank(scan, start, at) + 1;
}

/** A pattern from behind its opening slash; a slash inside [...] does not end it. */
function scanPattern(scan: Scan, start: number): number {
  let at = start;
  let inClass = false;
  for (; at < scan.source.length && scan.source[at] !== "\n"; at++) {
    const char = scan.source[at];
    if (char === "/" && !inClass) break;
    if (char === "[") inClass = true;
    if (char === "]") inClass = false;
    if (char === "\\") at++;
  }
  return blank(scan, start, at) + 1;
}

/** Whether a slash opens a pattern: behind a value it divides. */
function startsPattern(source: string, at: number): boolean {
  const before = source.slice(Math.max(0, at - 20), at).trimEnd();
  return !/[\w$)\]}"'`]$/.test(before) || wordsBeforePattern.test(before);
}

function blank(scan: Scan, from: number, to: number): number {
  for (let at = from; at < to; at++) if (scan.out[at] !== "\n") scan.out[at] = " ";
  return to;
}

function endOf(source: string, mark: string, from: number): number {
  const end = source.indexOf(mark, from);
  return end < 0 ? source.length : end;
}
