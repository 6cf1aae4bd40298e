/** What a query gives: series of rows, piece by piece, and how each of its statements ended. */
import type { ErrorCode } from "../../base/errors.ts";
import type { ColumnType, Value } from "../../influxql/result.ts";

/** A value of a result; lists are destinations of subscriptions. */
export type Cell = Value | readonly string[];

/** Some rows of one series; `isPartial`: more rows of the same series follow. */
export interface ResultSeries {
  /** "" for a table without a name. */
  readonly name: string;
  readonly tags: readonly (readonly [string, string])[];
  readonly columns: readonly string[];
  readonly types: readonly ColumnType[];
  readonly rows: readonly (readonly Cell[])[];
  readonly isPartial: boolean;
  /** Times are shown as the clocks of this zone show them. */
  readonly timeZone?: string;
}

/** Something the user is told beside the rows. */
export interface Message {
  readonly level: "warning" | "info";
  readonly text: string;
}

/** The statements of a query answer one after the other, each with any series and one end. */
export type QueryEvent =
  | { readonly kind: "series"; readonly statementId: number; readonly series: ResultSeries }
  | {
      readonly kind: "end";
      readonly statementId: number;
      readonly messages: readonly Message[];
      /** Why the statement failed, in the words of 1.x. */
      readonly error: string | undefined;
      /** Of that error; absent for a statement that was not executed. */
      readonly code?: ErrorCode | undefined;
    };

/** A series without times and tags, as SHOW gives them. */
export function table(
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
  name = "",
): ResultSeries {
  const types = columns.map(() => "unknown" as const);
  return { name, tags: [], columns, types, rows, isPartial: false };
}
