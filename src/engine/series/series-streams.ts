/**
 * Streaming queries: opens streams (query-stream.ts) over the feed of writes. A thousand streams
 * must not make a write late, so what they have in common is done once:
 *
 *   write ──▶ its measurements, once ──▶ streams that read one of them
 *         ──▶ its rows, once for each different statement among those
 *
 * The same holds for windows that close in many streams at once.
 */
import { logIndex } from "../../base/ids.ts";
import type { LogIndex } from "../../base/ids.ts";
import { CronosError } from "../../base/errors.ts";
import type { QueryParameters } from "../../influxql/bind-parameters.ts";
import type { SeriesChunk } from "../../influxql/result.ts";
import type { WriteBatch } from "../../models/series/write-batch.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Shard } from "../../shard/shard.ts";
import type { Catalog } from "../../models/series/catalog.ts";
import { streamQuery } from "./query-stream.ts";
import type { StreamItem, StreamSource, StreamWindow } from "./query-stream.ts";
import type { SelectRunner } from "./select-runner.ts";
import type { SeriesFeed } from "./series-feed.ts";
import { withinSpan } from "./statement-span.ts";
import { statementReads } from "./statement-places.ts";
import { streamStatement } from "./stream-statement.ts";
import type { StreamStatement } from "./stream-statement.ts";

/** Streams that are open at once. */
export const STREAMS_MAX = 10_000;
/** Results of windows that are kept for the streams that ask for the same one. */
const SHARED_WINDOWS_MAX = 64;
/** Results with more rows are not kept. */
const SHARED_ROWS_MAX = 1000;

export interface StreamRequest {
  readonly text: string;
  readonly parameters?: QueryParameters;
  readonly database: string;
  readonly policy?: string;
  /** Of the last item that was taken: what came after it is given first. */
  readonly token?: string;
}

export interface SeriesStreamsOptions {
  readonly shard: Pick<Shard, "durableIndex">;
  readonly clock: Clock;
  readonly catalog: Catalog;
  readonly feed: SeriesFeed;
  readonly runner: SelectRunner;
}

/** What streams of one statement share. */
interface SharedStatement {
  readonly source: StreamSource;
  streams: number;
}

type SharedRows = WeakMap<readonly WriteBatch[], Promise<readonly SeriesChunk[]>>;

export class SeriesStreams {
  readonly #options: SeriesStreamsOptions;
  readonly #statements = new Map<string, SharedStatement>();
  readonly #open = new Set<AsyncIterableIterator<StreamItem>>();
  #isClosed = false;

  constructor(options: SeriesStreamsOptions) {
    this.#options = options;
  }

  /** Streams that are open. */
  get count(): number {
    return this.#open.size;
  }

  /**
   * Opens a stream; leave the loop to end it. It ends by itself when the database closes. Throws
   * INVALID_ARGUMENT, NOT_FOUND, and OVERLOADED when there are too many.
   */
  open(request: StreamRequest): AsyncIterableIterator<StreamItem> {
    const { feed, clock } = this.#options;
    if (this.#isClosed) throw new CronosError("UNAVAILABLE", "The database is closing");
    if (this.#open.size >= STREAMS_MAX) {
      throw new CronosError("OVERLOADED", `streams must be at most ${STREAMS_MAX} at once`);
    }
    const token = request.token === undefined ? undefined : this.#readToken(request.token);
    const key = JSON.stringify([
      request.database,
      request.policy,
      request.text,
      request.parameters,
    ]);
    const shared = this.#statements.get(key) ?? { source: this.#source(request), streams: 0 };
    const from = token === undefined ? {} : { token };
    const items = streamQuery({ feed, clock, source: shared.source, ...from });
    shared.streams++;
    this.#statements.set(key, shared);
    const stream = onEnd(items, () => {
      this.#open.delete(stream);
      if (--shared.streams === 0) this.#statements.delete(key);
    });
    this.#open.add(stream);
    return stream;
  }

  /** Ends all streams. */
  close(): void {
    this.#isClosed = true;
    for (const stream of this.#open) void stream.return?.();
  }

  #readToken(text: string): LogIndex {
    const index = /^\d{1,15}$/.test(text) ? Number(text) : -1;
    if (index < 0 || index > this.#options.shard.durableIndex) {
      throw new CronosError("INVALID_ARGUMENT", `token is not of a stream of this database`, {
        details: { field: "token", value: text },
      });
    }
    return logIndex(index);
  }

  #source(request: StreamRequest): StreamSource {
    const { catalog, clock, runner } = this.#options;
    const now = BigInt(clock.now()) * 1_000_000n;
    const { text, parameters, database, policy = "" } = request;
    const query = streamStatement(text, now, parameters);
    const place = { database, policy };
    const reads = statementReads(query.statement, place, catalog);
    const rows: SharedRows = new WeakMap();
    const ofBatches = (batches: readonly WriteBatch[]): Promise<readonly SeriesChunk[]> => {
      let found = rows.get(batches);
      if (found === undefined) {
        found = collected(runner.batches(query.statement, place, batches));
        rows.set(batches, found);
      }
      return found;
    };
    const ofWindow = this.#sharedWindows(query, (window) =>
      runner.stored(withinSpan(query.statement, { from: window.start, to: window.end }), place),
    );
    const { early } = query;
    return {
      reads,
      mayHave: (batches) => {
        try {
          return early === undefined || runner.mayFind(early.condition, reads, batches);
        } catch {
          // The query itself tells what is wrong.
          return true;
        }
      },
      windowOf: query.windowOf,
      selectFrom: (batches) => each(ofBatches(batches)),
      selectWindow: ofWindow,
    };
  }

  #sharedWindows(
    { windowOf }: StreamStatement,
    select: (window: StreamWindow) => AsyncIterable<SeriesChunk>,
  ): StreamSource["selectWindow"] {
    if (windowOf === undefined) return select;
    const { shard } = this.#options;
    const kept = new Map<string, readonly SeriesChunk[]>();
    return async function* selectWindow(window): AsyncGenerator<SeriesChunk, undefined> {
      // As long as nothing was written the result is the same.
      const key = `${window.start} ${shard.durableIndex}`;
      const known = kept.get(key);
      if (known !== undefined) {
        yield* known;
        return undefined;
      }
      const chunks: SeriesChunk[] = [];
      let count = 0;
      for await (const chunk of select(window)) {
        count += chunk.rows.length;
        if (count <= SHARED_ROWS_MAX) chunks.push(chunk);
        yield chunk;
      }
      if (kept.size >= SHARED_WINDOWS_MAX) kept.clear();
      if (count <= SHARED_ROWS_MAX) kept.set(key, chunks);
      return undefined;
    };
  }
}

async function collected<T>(values: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

async function* each<T>(values: Promise<readonly T[]>): AsyncGenerator<T, undefined> {
  yield* await values;
  return undefined;
}

/** Calls `end` once when the iterator ends, in whatever way. */
function onEnd<T>(inner: AsyncIterableIterator<T>, end: () => void): AsyncIterableIterator<T> {
  let hasEnded = false;
  const ended = (): void => {
    if (!hasEnded) end();
    hasEnded = true;
  };
  const stream: AsyncIterableIterator<T> = {
    next: async () => {
      try {
        const result = await inner.next();
        if (result.done === true) ended();
        return result;
      } catch (error) {
        ended();
        throw error;
      }
    },
    return: async () => {
      ended();
      return (await inner.return?.()) ?? { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}
