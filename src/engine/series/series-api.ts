/**
 * Time series for users of the library: db.series("metrics").write(…), query(), stream(), and in
 * db.transact(). The same in one process and over the network: what differs is the SeriesSource.
 */
import { CronosError } from "../../base/errors.ts";
import type { Statement } from "../../influxql/ast.ts";
import { printStatement } from "../../influxql/print-statement.ts";
import type { WriteReport } from "../../models/series/write-report.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ApiKeyInfo, NewApiKey } from "../auth/series-keys.ts";
import type { Point } from "./point-lines.ts";
import { linesOfPoints } from "./point-lines.ts";
import type { QueryEvent, ResultSeries } from "./query-result.ts";
import { RowReader, collectedSeries, rowsOf } from "./series-rows.ts";
import type { SeriesResult, SeriesRow, SeriesTimes } from "./series-rows.ts";
import type { StreamRequest } from "./series-streams.ts";
import type { SeriesWriteService, WriteLines } from "./write-service.ts";

export interface SeriesWriteOptions {
  /** Name of the retention policy; absent: the default one. */
  readonly policy?: string;
  /** Unit of the timestamps of lines: n, u, ms, s, m or h; absent: n. */
  readonly precision?: string;
}

/** Points, or line protocol. */
export type SeriesInput = readonly Point[] | string | Uint8Array;

/** What `$name` stands for; an object says the type: { regex: "…" }, { identifier: "…" }, … */
export type SeriesParameter =
  | string
  | number
  | bigint
  | boolean
  | Readonly<Record<string, string | number | bigint>>;

export interface SeriesQueryOptions {
  /** Values of the `$name`s of the text, by name. */
  readonly params?: Readonly<Record<string, SeriesParameter>>;
  /** Retention policy of measurements that name none; absent: the default one. */
  readonly policy?: string;
  /** How rows tell times: "ms" (default) numbers, Unix ms; "ns" bigints, ns since 1970. */
  readonly times?: SeriesTimes;
}

export interface SeriesRunOptions extends SeriesQueryOptions {
  /** Ends the query with CLOSED when it is aborted. */
  readonly signal?: AbortSignal;
}

export interface SeriesStreamOptions extends SeriesQueryOptions {
  /** Of the last item that was taken: what came after it is given first. */
  readonly token?: string;
}

/** What a stream gives. */
export type StreamedRows<Row> =
  | {
      readonly kind: "rows";
      /** Of the measurement. */
      readonly name: string;
      /** Of GROUP BY. */
      readonly tags: Readonly<Record<string, string>>;
      readonly rows: readonly Row[];
      readonly token: string;
    }
  /** Writes were not seen: they left the log before the stream came to them. */
  | { readonly kind: "gap"; readonly token: string };

/**
 * One database of time series. `Row` is what the caller knows of the columns: an object with a
 * member for each. Errors have the words of InfluxQL; those of statements tell in
 * `details.statement` which one failed: those before it were run, those behind it not.
 */
export interface SeriesApi {
  /**
   * Writes points; resolves once they are durable. Rejects with NOT_FOUND for an unknown database
   * or policy, and with INVALID_ARGUMENT when some were not stored: the others are.
   */
  write(input: SeriesInput, options?: SeriesWriteOptions): Promise<void>;
  /**
   * Runs statements of InfluxQL and resolves with all series they gave, in their order. Rejects
   * with TOO_LARGE for more than 1,000,000 rows: rows() gives them one by one.
   */
  query<Row = SeriesRow>(
    text: string,
    options?: SeriesRunOptions,
  ): Promise<readonly SeriesResult<Row>[]>;
  /** As query(), but all rows of all series one by one while they are read; leave the loop. */
  rows<Row = SeriesRow>(
    text: string,
    options?: SeriesRunOptions,
  ): AsyncIterableIterator<Row, undefined>;
  /**
   * Opens a query that stays: it gives every new row as it is written or, with GROUP BY time(…),
   * every window when it is over. It sees all that is written after the promise has resolved. Leave
   * the loop to end it; it ends by itself when the database closes.
   */
  stream<Row = SeriesRow>(
    text: string,
    options?: SeriesStreamOptions,
  ): Promise<AsyncIterableIterator<StreamedRows<Row>, undefined>>;
  /** Makes the database, unless it is there. */
  createDatabase(): Promise<void>;
  /** API keys of the database. */
  readonly keys: SeriesKeysApi;
}

/** API keys of one database. All reject with NOT_FOUND for an unknown database. */
export interface SeriesKeysApi {
  /** Makes a key: resolves with it, which is told this once. ALREADY_EXISTS for a used name. */
  create(key: Omit<NewApiKey, "database">): Promise<string>;
  /** In the order in which they were made. */
  list(): Promise<readonly ApiKeyInfo[]>;
  /** From the next request on the key is refused. NOT_FOUND for an unknown name. */
  revoke(name: string): Promise<void>;
}

/** One database of time series in a transaction. */
export interface SeriesScope {
  /** Writes points. Throws NOT_FOUND, and INVALID_ARGUMENT when one cannot be stored. */
  write(input: SeriesInput, options?: SeriesWriteOptions): void;
}

/** What became of a write. */
export type WriteOutcome = Pick<WriteReport, "message" | "stored" | "dropped" | "unreadable">;

export interface SourceQuery {
  readonly text: string;
  readonly params: Readonly<Record<string, SeriesParameter>>;
  readonly database: string;
  /** "": the default one. */
  readonly policy: string;
}

export type SourceStream = SourceQuery & Pick<StreamRequest, "token">;

export type SourceItem =
  | { readonly kind: "rows"; readonly chunk: ResultSeries; readonly token: string }
  | { readonly kind: "gap"; readonly token: string };

/** What answers: the services of this process, or those of a server. */
export interface SeriesSource {
  write(request: WriteLines): Promise<WriteOutcome>;
  query(request: SourceQuery, signal?: AbortSignal): AsyncIterable<QueryEvent>;
  /** Resolves when the stream sees what is written. */
  stream(request: SourceStream): Promise<AsyncIterableIterator<SourceItem, undefined>>;
}

export function seriesApi(source: SeriesSource, database: string): SeriesApi {
  const asked = (text: string, { params = {}, policy = "" }: SeriesQueryOptions): SourceQuery => {
    return { text, params, database, policy };
  };
  const run: RunStatement = async (statement) => {
    const request = asked(printStatement(statement), {});
    const results = await collectedSeries<SeriesRow>(source.query(request));
    return results.flatMap(({ rows }) => rows);
  };
  return {
    write: async (input, options) => {
      refuseDropped(await source.write(requestOf(database, input, options)));
    },
    query: (text, options = {}) => {
      const events = source.query(asked(text, options), options.signal);
      return collectedSeries(events, options.times);
    },
    rows: (text, options = {}) => {
      return rowsOf(source.query(asked(text, options), options.signal), options.times);
    },
    stream: async <Row>(text: string, { token, ...options }: SeriesStreamOptions = {}) => {
      const resumed = token === undefined ? {} : { token };
      const items = await source.stream({ ...asked(text, options), ...resumed });
      return streamedRows<Row>(items, options.times);
    },
    createDatabase: async () => {
      await run({ kind: "create database", name: database, policy: undefined });
    },
    keys: keysApi(run, database),
  };
}

/** Runs one statement and resolves with the rows of what it gives. */
type RunStatement = (statement: Statement) => Promise<readonly SeriesRow[]>;

/** As statements: they are the same here and over the network, and so is who may run them. */
function keysApi(run: RunStatement, database: string): SeriesKeysApi {
  return {
    create: async ({ name, access, pattern: source }) => {
      const pattern = source === undefined ? undefined : ({ kind: "regex", source } as const);
      const [made] = await run({ kind: "create api key", name, database, access, pattern });
      return String(made?.["key"]);
    },
    list: async () => {
      const rows = await run({ kind: "show api keys", database });
      return rows.map(({ name, privilege, pattern, created }) => ({
        name: String(name),
        access: privilege === "READ" ? "READ" : "WRITE",
        ...(typeof pattern === "string" ? { pattern } : {}),
        created: Date.parse(String(created)),
      }));
    },
    revoke: async (name) => {
      await run({ kind: "drop api key", name, database });
    },
  };
}

function streamedRows<Row>(
  items: AsyncIterableIterator<SourceItem, undefined>,
  times: SeriesTimes | undefined,
): AsyncIterableIterator<StreamedRows<Row>, undefined> {
  const reader = new RowReader<Row>(times);
  const iterator: AsyncIterableIterator<StreamedRows<Row>, undefined> = {
    next: async () => {
      const { done, value } = await items.next();
      if (done === true) return { done, value: undefined };
      if (value.kind === "gap") return { done: false, value };
      const { chunk, token } = value;
      const { name, tags } = chunk;
      const rows = reader.read(chunk);
      return {
        done: false,
        value: { kind: "rows", name, tags: Object.fromEntries(tags), rows, token },
      };
    },
    return: async () => {
      await items.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

export function seriesScope(
  tx: Transaction,
  service: SeriesWriteService,
  database: string,
): SeriesScope {
  return {
    write: (input, options) => {
      refuseDropped(service.writeIn(tx, requestOf(database, input, options)));
    },
  };
}

function requestOf(
  database: string,
  input: SeriesInput,
  options: SeriesWriteOptions = {},
): WriteLines {
  if (input instanceof Uint8Array) return { database, ...options, lines: input };
  if (typeof input === "string") return { database, ...options, lines: Buffer.from(input) };
  return { database, ...options, precision: "n", lines: Buffer.from(linesOfPoints(input)) };
}

function refuseDropped({ message, stored, dropped, unreadable }: WriteOutcome): void {
  if (message === undefined) return;
  throw new CronosError("INVALID_ARGUMENT", message, { details: { stored, dropped, unreadable } });
}
