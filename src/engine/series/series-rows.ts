/**
 * Results of queries as objects: a row has a member for each column. The events of a query, piece
 * by piece, become rows one by one, or all series at once.
 */
import { CronosError } from "../../base/errors.ts";
import type { Cell, QueryEvent, ResultSeries } from "./query-result.ts";

/** Rows that are gathered at most; whoever wants more takes them one by one. */
export const GATHERED_ROWS_MAX = 1_000_000;

const NS_PER_MS = 1_000_000n;

/** How times are told: Unix ms as numbers, or ns since 1970 as bigints. */
export type SeriesTimes = "ms" | "ns";

/** Integers are numbers while those hold them exactly, bigints beyond; null: there is no value. */
export type SeriesRow = Readonly<Record<string, Cell>>;

/** One series of a result. */
export interface SeriesResult<Row> {
  /** Which of the statements gave it, from 0. */
  readonly statement: number;
  /** Of the measurement; "" for a table without a name. */
  readonly name: string;
  /** Of GROUP BY. */
  readonly tags: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** Makes objects of rows. */
export class RowReader<Row> {
  readonly #times: SeriesTimes;

  constructor(times: SeriesTimes = "ms") {
    if (times !== "ms" && times !== "ns") {
      const text = `Invalid times "${String(times)}": expected "ms" or "ns"`;
      throw new CronosError("INVALID_ARGUMENT", text);
    }
    this.#times = times;
  }

  read({ columns, types, rows }: Pick<ResultSeries, "columns" | "types" | "rows">): Row[] {
    return rows.map((row) => {
      const members = columns.map((column, at) => {
        const cell = row[at] ?? null;
        return [column, types[at] === "time" ? this.#time(cell) : cell] as const;
      });
      // The caller says what the statement gives.
      return Object.fromEntries(members) as Row;
    });
  }

  /** Exact in ms; below that a double tells Unix ms to a quarter of a microsecond. */
  #time(cell: Cell): Cell {
    if (typeof cell !== "bigint" || this.#times === "ns") return cell;
    return Number(cell / NS_PER_MS) + Number(cell % NS_PER_MS) / 1e6;
  }
}

/** All rows of all series. Throws the error of a statement when it comes to it. */
export async function* rowsOf<Row>(
  events: AsyncIterable<QueryEvent>,
  times?: SeriesTimes,
): AsyncGenerator<Row, undefined, undefined> {
  const reader = new RowReader<Row>(times);
  for await (const event of events) {
    if (event.kind === "series") yield* reader.read(event.series);
    else throwFailure(event);
  }
  return undefined;
}

interface GatheredSeries<Row> extends SeriesResult<Row> {
  readonly rows: Row[];
}

/** All series. Rejects with the error of a statement, and with TOO_LARGE for too many rows. */
export async function collectedSeries<Row>(
  events: AsyncIterable<QueryEvent>,
  times?: SeriesTimes,
): Promise<readonly SeriesResult<Row>[]> {
  const reader = new RowReader<Row>(times);
  const all: GatheredSeries<Row>[] = [];
  let gathered = 0;
  let open: GatheredSeries<Row> | undefined;
  for await (const event of events) {
    if (event.kind === "end") {
      throwFailure(event);
      continue;
    }
    const { name, tags, columns, isPartial, rows } = event.series;
    gathered += rows.length;
    if (gathered > GATHERED_ROWS_MAX) {
      const most = `Result has more than ${GATHERED_ROWS_MAX} rows`;
      throw new CronosError("TOO_LARGE", `${most}: take them one by one with rows()`);
    }
    if (open === undefined) {
      const statement = event.statementId;
      open = { statement, name, tags: Object.fromEntries(tags), columns, rows: [] };
      all.push(open);
    }
    for (const row of reader.read(event.series)) open.rows.push(row);
    if (!isPartial) open = undefined;
  }
  return all;
}

function throwFailure({ error, code, statementId }: Extract<QueryEvent, { kind: "end" }>): void {
  if (error === undefined) return;
  const details = { statement: statementId };
  throw new CronosError(code ?? "INVALID_ARGUMENT", error, { details });
}
