/** Time series for users of the library: db.series("metrics").write(…), and in db.transact(). */
import { CronosError } from "../../base/errors.ts";
import type { WriteReport } from "../../models/series/write-report.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ApiKeyInfo, NewApiKey, SeriesKeys } from "../auth/series-keys.ts";
import type { Point } from "./point-lines.ts";
import { linesOfPoints } from "./point-lines.ts";
import type { StreamItem } from "./query-stream.ts";
import type { SeriesStreams } from "./series-streams.ts";
import type { SeriesWriteService, WriteLines } from "./write-service.ts";

export interface SeriesWriteOptions {
  /** Name of the retention policy; absent: the default one. */
  readonly policy?: string;
  /** Unit of the timestamps of lines: n, u, ms, s, m or h; absent: n. */
  readonly precision?: string;
}

/** Points, or line protocol. */
export type SeriesInput = readonly Point[] | string | Uint8Array;

/** One database of time series. */
export interface SeriesApi {
  /**
   * Writes points; resolves once they are durable. Rejects with NOT_FOUND for an unknown database
   * or policy, and with INVALID_ARGUMENT when some were not stored: the others are.
   */
  write(input: SeriesInput, options?: SeriesWriteOptions): Promise<void>;
  /**
   * A SELECT that stays: new rows as they are written, or windows of GROUP BY time as they close,
   * and again when points come late. Leave the loop to end it; it ends with the database. Throws
   * INVALID_ARGUMENT, NOT_FOUND, and OVERLOADED when there are too many. See
   * docs/continuous-queries.md.
   */
  stream(select: string, options?: SeriesStreamOptions): AsyncIterableIterator<StreamItem>;
  /** API keys of the database. */
  readonly keys: SeriesKeysApi;
}

export interface SeriesStreamOptions {
  /** Policy of sources that name none; absent: the default one. */
  readonly policy?: string;
  /** Of the last item that was taken: goes on behind it. */
  readonly token?: string;
}

/** What the operations are done by. */
export interface SeriesServices {
  readonly writes: SeriesWriteService;
  readonly keys: SeriesKeys;
  readonly streams: Pick<SeriesStreams, "open">;
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

export function seriesApi(
  { writes, keys, streams }: SeriesServices,
  database: string,
): SeriesApi {
  return {
    keys: {
      create: (key) => keys.create({ ...key, database }),
      list: async () => keys.list(database),
      revoke: (name) => keys.drop(database, name),
    },
    stream: (text, options) => streams.open({ text, database, ...options }),
    write: async (input, options) => {
      refuseDropped(await writes.write(requestOf(database, input, options)));
    },
  };
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

function refuseDropped({ message, stored, dropped, unreadable }: WriteReport): void {
  if (message === undefined) return;
  throw new CronosError("INVALID_ARGUMENT", message, { details: { stored, dropped, unreadable } });
}
