/**
 * Results as JSON, in the form that 1.x writes and Go's encoder makes: <, > and & escaped, members
 * in its order, a newline at the end. Text is made while the query runs.
 *
 *   {"results":[{"statement_id":0,"series":[{"name":"m","columns":["time","v"],"values":[[…]]}]}]}
 *
 * Chunked, each piece is a document on a line of its own, with "partial":true where more follows.
 */
import type {
  Cell,
  Message,
  QueryEvent,
  ResultSeries,
} from "../../../engine/series/query-result.ts";
import { printLocalTime, printTime } from "../../../influxql/print-expression.ts";
import { zoneOffset } from "../../../influxql/select/zone-time.ts";

/** Characters gathered before they are sent. */
const PIECE_CHARS = 32 * 1024;

export type Events = AsyncIterable<QueryEvent>;

/** One document. `unit`: of times, ns; undefined: RFC 3339. */
export async function* jsonDocument(
  events: Events,
  unit: bigint | undefined,
): AsyncGenerator<string, void, undefined> {
  let text = "";
  let statements = 0;
  let inStatement = false;
  /** Series so far in the statement; whether the last one is still open. */
  let series = 0;
  let isOpen = false;
  for await (const event of events) {
    if (!inStatement) {
      text += `${statements++ === 0 ? '{"results":[' : ","}{"statement_id":${event.statementId}`;
      [inStatement, series, isOpen] = [true, 0, false];
    }
    if (event.kind === "series") {
      const rows = rowsText(event.series, unit);
      if (isOpen) text += `,${rows}`;
      else text += `${series++ === 0 ? ',"series":[' : ","}${headText(event.series)}${rows}`;
      isOpen = event.series.isPartial;
      if (!isOpen) text += tailText(event.series);
    } else {
      if (isOpen) text += tailText(undefined);
      if (series > 0) text += "]";
      text += `${endText(event)}}`;
      inStatement = false;
    }
    if (text.length < PIECE_CHARS) continue;
    yield text;
    text = "";
  }
  yield `${text}${statements === 0 ? "{}" : "]}"}\n`;
}

/** One document for each piece of a result. */
export async function* jsonChunks(
  events: Events,
  unit: bigint | undefined,
): AsyncGenerator<string, void, undefined> {
  /** The piece before, which is told whether more follows. */
  let held: { readonly statementId: number; readonly series: ResultSeries } | undefined;
  for await (const event of events) {
    if (event.kind === "series") {
      if (held !== undefined) {
        yield documentOf(held.statementId, oneSeries(held.series, unit) + partial);
      }
      held = event;
      continue;
    }
    const rows = held === undefined ? "" : oneSeries(held.series, unit);
    yield documentOf(event.statementId, rows + endText(event));
    held = undefined;
  }
}

const partial = ',"partial":true';

function documentOf(statementId: number, rest: string): string {
  return `{"results":[{"statement_id":${statementId}${rest}}]}\n`;
}

/** A series as an object. */
export function seriesJson(series: ResultSeries, unit: bigint | undefined): string {
  return headText(series) + rowsText(series, unit) + tailText(series, true);
}

function oneSeries(series: ResultSeries, unit: bigint | undefined): string {
  return `,"series":[${seriesJson(series, unit)}]`;
}

/** Name, tags, columns, and the start of the values. */
function headText({ name, tags, columns, rows, isPartial }: ResultSeries): string {
  const parts: string[] = [];
  if (name !== "") parts.push(`"name":${jsonText(name)}`);
  if (tags.length > 0) {
    const members = tags.map(([key, value]) => `${jsonText(key)}:${jsonText(value)}`);
    parts.push(`"tags":{${members.join(",")}}`);
  }
  parts.push(`"columns":[${columnsText(columns)}]`);
  if (rows.length > 0 || isPartial) parts.push('"values":[');
  return `{${parts.join(",")}`;
}

/** Texts of lists of columns: all series of a result share one. */
const columnTexts = new WeakMap<readonly string[], string>();

function columnsText(columns: readonly string[]): string {
  let text = columnTexts.get(columns);
  if (text === undefined) columnTexts.set(columns, (text = columns.map(jsonText).join(",")));
  return text;
}

/** What closes a series; `marksPartial`: it says that more of it follows. */
function tailText(series: ResultSeries | undefined, marksPartial = false): string {
  const isPartial = series?.isPartial === true;
  const hasValues = series === undefined || series.rows.length > 0 || isPartial;
  return `${hasValues ? "]" : ""}${marksPartial && isPartial ? partial : ""}}`;
}

function rowsText(series: ResultSeries, unit: bigint | undefined): string {
  const { rows, types, timeZone } = series;
  const isTimed = types[0] === "time";
  const zone = timeZone === undefined ? undefined : zoneOffset(timeZone);
  const strings = new Map<string, string>();
  const texts: string[] = [];
  let lastTime: Cell | undefined;
  let timed = "";
  for (const row of rows) {
    let text = "[";
    for (let at = 0; at < row.length; at++) {
      const cell = row[at] ?? null;
      if (at > 0) text += ",";
      if (typeof cell === "string") text += rememberedText(cell, strings);
      else if (at > 0 || !isTimed) text += cellText(cell);
      else {
        // Rows of many series have the same time one after the other.
        if (cell !== lastTime) timed = timeText(cell, unit, zone);
        lastTime = cell;
        text += timed;
      }
    }
    texts.push(`${text}]`);
  }
  // Joined, not added up: one text instead of a tree of as many pieces as there are cells.
  return texts.join(",");
}

/** Different strings of a chunk that are remembered: tags repeat from row to row. */
const STRINGS_MAX = 10_000;

function rememberedText(string: string, strings: Map<string, string>): string {
  let text = strings.get(string);
  if (text === undefined) {
    text = jsonText(string);
    if (strings.size < STRINGS_MAX) strings.set(string, text);
  }
  return text;
}

/** Messages and error of a statement. */
function endText({
  messages,
  error,
}: {
  readonly messages: readonly Message[];
  readonly error: string | undefined;
}): string {
  const list = messages.map(({ level, text }) => {
    return `{"level":"${level}","text":${jsonText(text)}}`;
  });
  const told = list.length === 0 ? "" : `,"messages":[${list.join(",")}]`;
  return `${told}${error === undefined ? "" : `,"error":${jsonText(error)}`}`;
}

function timeText(
  cell: Cell,
  unit: bigint | undefined,
  zone: ((time: bigint) => bigint) | undefined,
): string {
  if (typeof cell !== "bigint") return cellText(cell);
  if (unit !== undefined) return String(cell / unit);
  return `"${zone === undefined ? printTime(cell) : printLocalTime(cell, zone(cell))}"`;
}

/** A value as Go's encoder writes it. */
export function cellText(cell: Cell): string {
  switch (typeof cell) {
    case "string":
      return jsonText(cell);
    case "number":
      if (Number.isFinite(cell)) return Object.is(cell, -0) ? "-0" : String(cell);
      return "null";
    case "bigint":
    case "boolean":
      return String(cell);
    default:
      return cell === null ? "null" : `[${cell.map(jsonText).join(",")}]`;
  }
}

/** A string as Go's encoder writes it. */
export function jsonText(text: string): string {
  const json = JSON.stringify(text);
  if (!/[<>&\u2028\u2029]|\\[bf]/.test(json)) return json;
  return json.replaceAll(/\\.|[<>&\u2028\u2029]/g, (found) => goEscape(found));
}

function goEscape(found: string): string {
  if (found === "\\b") return String.raw`\u0008`;
  if (found === "\\f") return String.raw`\u000c`;
  if (found.startsWith("\\")) return found;
  return `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** JSON with a line for each member and four spaces of indentation a level, as Go indents it. */
export function indentedJson(json: string): string {
  let text = "";
  let level = 0;
  const line = (): string => `\n${"    ".repeat(level)}`;
  const tokens = json.trim().matchAll(/"(?:[^"\\]|\\.)*"|[^"{}[\]:,\s]+|[{}[\]:,]/g);
  let before = "";
  for (const [token] of tokens) {
    if (token === "}" || token === "]") {
      level--;
      text += before === "{" || before === "[" ? token : line() + token;
    } else {
      if (before === "{" || before === "[") text += line();
      text += token === ":" ? ": " : token;
      if (token === ",") text += line();
      if (token === "{" || token === "[") level++;
    }
    before = token;
  }
  return `${text}\n`;
}
