/**
 * Results of time series as messages and back. Both ends use it.
 */
import { CronosError } from "../../base/errors.ts";
import type { Cell, QueryEvent, ResultSeries } from "../../engine/series/query-result.ts";
import type { SeriesParameter, SourceItem, SourceQuery } from "../../engine/series/series-api.ts";
import type { ColumnType } from "../../influxql/result.ts";
import { decodeData, encodeData } from "./data-values.ts";
import type { DataMessage, DataValue } from "./data-values.ts";
import { isErrorCode } from "./grpc-status.ts";

export interface WriteSeriesRequest {
  readonly database: string;
  readonly policy: string;
  readonly precision: string;
  readonly lines: Uint8Array;
}

export interface WriteSeriesResponse {
  readonly message: string;
  readonly stored: number;
  readonly dropped: number;
  readonly unreadable: number;
}

export interface QuerySeriesRequest {
  readonly database: string;
  readonly policy: string;
  readonly text: string;
  readonly parameters: Readonly<Record<string, DataMessage>>;
}

export interface StreamSeriesRequest {
  readonly query: QuerySeriesRequest | null;
  readonly token: string;
}

interface SeriesRowsMessage {
  readonly name: string;
  readonly tags: readonly string[];
  readonly columns: readonly string[];
  readonly types: readonly string[];
  readonly rows: readonly { readonly values: readonly DataMessage[] }[];
  readonly is_partial: boolean;
}

export interface QuerySeriesPart {
  readonly statement: number;
  readonly rows?: SeriesRowsMessage;
  readonly end?: { readonly error: string; readonly error_code: string };
}

export interface StreamSeriesPart {
  readonly token: string;
  readonly rows?: SeriesRowsMessage;
  readonly gap?: boolean;
}

export function queryMessage({ text, params, database, policy }: SourceQuery): QuerySeriesRequest {
  const entries = Object.entries(params).map(([name, value]) => [name, encodeData(value)] as const);
  return { database, policy, text, parameters: Object.fromEntries(entries) };
}

/** Throws INVALID_ARGUMENT for a parameter that no query takes. */
export function queryOf(message: QuerySeriesRequest): SourceQuery {
  const { database, policy, text, parameters } = message;
  const entries = Object.entries(parameters).map(([name, value]) => {
    return [name, parameterOf(name, decodeData(value))] as const;
  });
  return { database, policy, text, params: Object.fromEntries(entries) };
}

function parameterOf(name: string, value: DataValue): SeriesParameter {
  if (typeof value === "object" && !ArrayBuffer.isView(value) && !isList(value)) {
    const members = Object.entries(value).map(([type, inner]) => {
      if (typeof inner === "object" || typeof inner === "boolean" || inner === undefined) {
        throw badParameter(name);
      }
      return [type, inner] as const;
    });
    return Object.fromEntries(members);
  }
  if (typeof value === "object" || value === undefined) throw badParameter(name);
  return value;
}

function badParameter(name: string): CronosError {
  const expected = "text, a number, an integer, a boolean, or an object of those";
  return new CronosError("INVALID_ARGUMENT", `Invalid parameter ${name}: expected ${expected}`);
}

export function eventMessage(event: QueryEvent): QuerySeriesPart {
  const { statementId: statement } = event;
  if (event.kind === "series") return { statement, rows: rowsMessage(event.series) };
  return { statement, end: { error: event.error ?? "", error_code: event.code ?? "" } };
}

export function eventOf({ statement: statementId, rows, end }: QuerySeriesPart): QueryEvent {
  if (rows !== undefined) return { kind: "series", statementId, series: rowsOf(rows) };
  const { error = "", error_code: code } = end ?? {};
  return {
    kind: "end",
    statementId,
    messages: [],
    error: error === "" ? undefined : error,
    code: isErrorCode(code) ? code : undefined,
  };
}

export function itemMessage(item: SourceItem): StreamSeriesPart {
  const { token } = item;
  return item.kind === "gap" ? { token, gap: true } : { token, rows: rowsMessage(item.chunk) };
}

export function itemOf({ token, rows }: StreamSeriesPart): SourceItem {
  return rows === undefined ? { kind: "gap", token } : { kind: "rows", token, chunk: rowsOf(rows) };
}

function rowsMessage({ name, tags, columns, types, rows, isPartial }: ResultSeries) {
  return {
    name,
    tags: tags.flat(),
    columns,
    types,
    rows: rows.map((row) => ({ values: row.map((cell) => encodeData(cell ?? undefined)) })),
    is_partial: isPartial,
  };
}

function rowsOf({ name, tags, columns, types, rows, is_partial }: SeriesRowsMessage): ResultSeries {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < tags.length; at += 2) pairs.push([tags[at] ?? "", tags[at + 1] ?? ""]);
  return {
    name,
    tags: pairs,
    columns,
    types: types.map(columnType),
    rows: rows.map(({ values }) => values.map(cellOf)),
    isPartial: is_partial,
  };
}

/** A type that we do not know is of a server that is newer. */
function columnType(name: string): ColumnType {
  return columnTypes.find((each) => each === name) ?? "unknown";
}

const columnTypes = ["time", "float", "integer", "string", "boolean", "tag"] as const;

function cellOf(message: DataMessage): Cell {
  const value = decodeData(message);
  if (value === undefined) return null;
  if (typeof value !== "object") return value;
  if (isList(value)) return value.map(String);
  throw new CronosError("INVALID_ARGUMENT", "Invalid value of a row: expected one of a column");
}

function isList(value: object): value is readonly DataValue[] {
  return Array.isArray(value);
}
