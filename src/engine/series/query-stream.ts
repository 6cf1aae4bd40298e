/**
 * A query that stays: it gives every new row as it is written, or, with GROUP BY time, every window
 * as it closes. Windows that late points touch after that are given again.
 *
 *   without windows   each write ──▶ SELECT over its points alone ──▶ rows
 *   with windows      each write ──▶ notes the windows it touches; one that is over, or was before,
 *                     ──▶ SELECT over everything in it ──▶ rows of the window
 *
 * Every item has a token: who starts again from it misses nothing, and may get windows twice. The
 * stream is pulled: while nobody pulls, nothing is computed, and what is written waits in the log.
 */
import { logIndex } from "../../base/ids.ts";
import type { LogIndex } from "../../base/ids.ts";
import type { SeriesChunk } from "../../influxql/result.ts";
import type { WriteBatch } from "../../models/series/write-batch.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Fed, SeriesFeed } from "./series-feed.ts";

/** Late points wait so long for others of their window. */
export const LATE_WAIT_MS = 50;
/** Windows that are open at once; when there are more the oldest are given as they are. */
const OPEN_WINDOWS_MAX = 10_000;
const NS_PER_S = 1_000_000_000n;

export interface StreamWindow {
  readonly start: bigint;
  /** Not included. */
  readonly end: bigint;
}

export type StreamItem =
  | { readonly kind: "rows"; readonly chunk: SeriesChunk; readonly token: string }
  /** Writes were lost for this stream: they left the log before it read them. */
  | { readonly kind: "gap"; readonly token: string };

/** What a stream asks of the query; asked anew each time, since measurements come and go. */
export interface StreamSource {
  /** Whether a write has points that the query reads. */
  readonly reads: (policyId: number, measurementId: number) => boolean;
  /** Tells early, for a query without windows, that it has no rows of a write; never throws. */
  readonly mayHave?: (batches: readonly WriteBatch[]) => boolean;
  /** The window of GROUP BY time that an instant is in; undefined: the query has none. */
  readonly windowOf: ((time: bigint) => StreamWindow) | undefined;
  /** Runs it over the points of these batches only. */
  readonly selectFrom: (batches: readonly WriteBatch[]) => AsyncIterable<SeriesChunk>;
  /** Runs it over all that is stored in a window. */
  readonly selectWindow: (window: StreamWindow) => AsyncIterable<SeriesChunk>;
}

export interface QueryStreamOptions {
  readonly feed: SeriesFeed;
  readonly clock: Clock;
  readonly source: StreamSource;
  /** The token to go on from; from now on if not given. */
  readonly token?: LogIndex;
}

/** Leave the loop to end it. */
export function streamQuery(options: QueryStreamOptions): AsyncIterableIterator<StreamItem> {
  const { feed, token } = options;
  const { reads, mayHave } = options.source;
  const from = token === undefined ? undefined : logIndex(token + 1);
  const reader = feed.read(from, reads, mayHave);
  const items =
    options.source.windowOf === undefined
      ? rowItems(reader, options.source)
      : new WindowStream(reader, options).items();
  const iterator: AsyncIterableIterator<StreamItem> = {
    next: () => items.next(),
    return: async () => {
      // A generator that waits would hear of return() only after the next write.
      await reader.return?.();
      return items.return(undefined);
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

async function* rowItems(
  reader: AsyncIterableIterator<Fed>,
  source: StreamSource,
): AsyncGenerator<StreamItem, undefined> {
  for await (const fed of reader) {
    const token = String(fed.index);
    if (fed.kind === "gap") yield { kind: "gap", token };
    else {
      // Only with its last chunk has a write been given.
      let held: SeriesChunk | undefined;
      for await (const chunk of source.selectFrom(fed.batches)) {
        if (held !== undefined) yield { kind: "rows", chunk: held, token: String(fed.index - 1) };
        held = chunk;
      }
      if (held !== undefined) yield { kind: "rows", chunk: held, token };
    }
  }
  return undefined;
}

interface OpenWindow extends StreamWindow {
  /** The first record that touched it since it was given last. */
  readonly since: number;
  /** Unix ms at which it is given. */
  readonly at: number;
}

class WindowStream {
  readonly #reader: AsyncIterableIterator<Fed>;
  readonly #clock: Clock;
  readonly #source: StreamSource;
  readonly #windowOf: (time: bigint) => StreamWindow;
  /** By start. */
  readonly #open = new Map<bigint, OpenWindow>();
  #last = 0;

  constructor(reader: AsyncIterableIterator<Fed>, { clock, source }: QueryStreamOptions) {
    this.#reader = reader;
    this.#clock = clock;
    this.#source = source;
    this.#windowOf = source.windowOf ?? ((time) => ({ start: time, end: time }));
  }

  async *items(): AsyncGenerator<StreamItem, undefined> {
    let next = this.#reader.next();
    for (;;) {
      const result = await this.#nextOrDue(next);
      if (result === "due") yield* this.#giveDue();
      else if (result.done === true) return undefined;
      else {
        next = this.#reader.next();
        this.#last = result.value.index;
        if (result.value.kind === "gap") yield { kind: "gap", token: this.#token() };
        else for (const batch of result.value.batches) this.#note(batch);
      }
    }
  }

  /** What comes next: a write, or the time of a window. */
  #nextOrDue(next: Promise<IteratorResult<Fed>>): Promise<IteratorResult<Fed> | "due"> {
    const first = Math.min(...Array.from(this.#open.values(), ({ at }) => at));
    if (!Number.isFinite(first)) return next;
    let timer: Timer | undefined;
    const due = new Promise<"due">((resolve) => {
      timer = this.#clock.at(first, () => resolve("due"));
    });
    return Promise.race([next, due]).finally(() => timer?.cancel());
  }

  async *#giveDue(): AsyncGenerator<StreamItem, undefined> {
    const now = this.#clock.now();
    const due = [...this.#open.values()].filter(({ at }) => at <= now);
    for (const window of due.toSorted((a, b) => (a.start < b.start ? -1 : 1))) {
      let held: SeriesChunk | undefined;
      for await (const chunk of this.#source.selectWindow(window)) {
        if (held !== undefined) yield { kind: "rows", chunk: held, token: this.#token() };
        held = chunk;
      }
      this.#open.delete(window.start);
      if (held !== undefined) yield { kind: "rows", chunk: held, token: this.#token() };
    }
    return undefined;
  }

  #note(batch: WriteBatch): void {
    const now = this.#clock.now();
    let window: StreamWindow | undefined;
    for (let row = 0; row < batch.rows; row++) {
      if (!this.#source.reads(batch.policyId, batch.measurementIds[row] as number)) continue;
      const seconds = BigInt(batch.seconds[row] as number);
      const time = seconds * NS_PER_S + BigInt(batch.nanos[row] as number);
      if (window !== undefined && time >= window.start && time < window.end) continue;
      window = this.#windowOf(time);
      if (this.#open.has(window.start)) continue;
      const end = Number(window.end / 1_000_000n) + 1;
      const isFull = this.#open.size >= OPEN_WINDOWS_MAX;
      const at = end > now && !isFull ? end : now + LATE_WAIT_MS;
      this.#open.set(window.start, { ...window, at, since: this.#last });
    }
  }

  /** Nothing before the windows that are open has to be read again. */
  #token(): string {
    const since = Math.min(...Array.from(this.#open.values(), (window) => window.since - 1));
    return String(Math.min(this.#last, since));
  }
}
