/**
 * Every durable write of points, in the order of commits: what streams, subscriptions and late
 * data of continuous queries are built on.
 *
 *   log ──▶ pump: reads and decodes each record once ──▶ queue of each reader that keeps up
 *    └───▶ a reader that fell behind (or starts in the past) reads the log by itself until it
 *          has caught up with the pump, and joins it again
 *
 * So a slow reader costs no memory and loses nothing, unless the log was trimmed in the meantime:
 * then it gets a gap instead of what is gone.
 */
import { CronosError } from "../../base/errors.ts";
import { logIndex } from "../../base/ids.ts";
import type { LogIndex } from "../../base/ids.ts";
import { decodeMutations } from "../../log/mutation-codec.ts";
import type { LogRecord } from "../../log/log.ts";
import { decodeChunk } from "../../models/series/chunk.ts";
import { chunkPrefix } from "../../models/series/rows.ts";
import type { WriteBatch } from "../../models/series/write-batch.ts";
import type { Shard } from "../../shard/shard.ts";

/** The points of one record, a batch for each write in it; or what cannot be read any more. */
export type Fed =
  | {
      readonly kind: "points";
      readonly index: LogIndex;
      readonly batches: readonly WriteBatch[];
      /** Whose points these are, each once. */
      readonly places: readonly FedPlace[];
    }
  | { readonly kind: "gap"; readonly index: LogIndex };

export interface FedPlace {
  readonly policyId: number;
  readonly measurementId: number;
}

/** Whether a reader wants a write with points of this place. */
export type WantsPlace = (policyId: number, measurementId: number) => boolean;

/** Rows that wait for a reader at most; one more, and it reads the log by itself. */
export const QUEUED_ROWS_MAX = 200_000;

/** Whether a write can have something for a reader. */
export type MayHave = (batches: readonly WriteBatch[]) => boolean;

type FedPoints = Fed & { readonly kind: "points" };
type Source = Pick<Shard, "observe" | "durableIndex">;

export class SeriesFeed {
  readonly #shard: Source;
  readonly #live = new Set<FeedReader>();
  #pump: AsyncIterableIterator<LogRecord> | undefined;
  /** The last record the pump handed out. */
  #pumped: LogIndex;

  constructor(shard: Source) {
    this.#shard = shard;
    this.#pumped = shard.durableIndex;
  }

  /**
   * Everything written from now on, or from `from` on, that has a place that is wanted. Leave the
   * loop to end it. `mayHave` is asked too, before the reader wakes; it must not throw.
   */
  read(
    from?: LogIndex,
    wants: WantsPlace = () => true,
    mayHave: MayHave = () => true,
  ): AsyncIterableIterator<Fed> {
    const first = from ?? logIndex(this.#shard.durableIndex + 1);
    return new FeedReader(this, first, (fed) => {
      const isThere = fed.places.some((at) => wants(at.policyId, at.measurementId));
      return isThere && mayHave(fed.batches);
    });
  }

  /** Ends the pump; readers end with the shard. */
  close(): void {
    void this.#pump?.return?.();
    this.#pump = undefined;
  }

  /** Records from `from` on, for a reader that has to catch up. */
  records(from: LogIndex): AsyncIterableIterator<LogRecord> {
    return this.#shard.observe(from);
  }

  get durableIndex(): LogIndex {
    return this.#shard.durableIndex;
  }

  /** Takes in a reader that wants the record after `last` next; false: it is not that far yet. */
  join(reader: FeedReader, last: LogIndex): boolean {
    if (this.#pump === undefined) {
      if (last < this.#shard.durableIndex) return false;
      this.#pumped = last;
      this.#pump = this.#shard.observe(logIndex(last + 1));
      void this.#run(this.#pump);
    } else if (last < this.#pumped) return false;
    this.#live.add(reader);
    return true;
  }

  leave(reader: FeedReader): void {
    this.#live.delete(reader);
    if (this.#live.size === 0) this.close();
  }

  async #run(pump: AsyncIterableIterator<LogRecord>): Promise<void> {
    let failure: unknown;
    try {
      for await (const record of pump) {
        if (this.#pump !== pump) return;
        this.#pumped = record.index;
        const fed = pointsOf(record);
        if (fed !== undefined) for (const reader of this.#live) reader.take(fed);
      }
    } catch (error) {
      failure = error;
    }
    if (this.#pump !== pump) return;
    this.#pump = undefined;
    for (const reader of this.#live) reader.ended(failure);
    this.#live.clear();
  }
}

/** One reader; its iterator's methods are not called while another call is under way. */
class FeedReader implements AsyncIterableIterator<Fed> {
  readonly #feed: SeriesFeed;
  /** What waits, oldest first, while the reader is live. */
  #queue: Fed[] = [];
  #queuedRows = 0;
  #isLive = false;
  #hasEnded = false;
  #failure: unknown;
  #wake: (() => void) | undefined;
  #own: AsyncIterableIterator<LogRecord> | undefined;
  /** The last record that was given, or needs not be. */
  #last: LogIndex;
  readonly #wants: (fed: FedPoints) => boolean;

  constructor(feed: SeriesFeed, from: LogIndex, wants: (fed: FedPoints) => boolean) {
    this.#feed = feed;
    this.#wants = wants;
    this.#last = logIndex(from - 1);
    this.#isLive = feed.join(this, this.#last);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Fed> {
    return this;
  }

  async next(): Promise<IteratorResult<Fed>> {
    for (;;) {
      const queued = this.#queue.shift();
      if (queued !== undefined) return { done: false, value: this.#give(queued) };
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#hasEnded) return { done: true, value: undefined };
      if (this.#isLive) await new Promise<void>((resolve) => (this.#wake = resolve));
      else {
        const fed = await this.#readOwn();
        if (fed !== undefined) return { done: false, value: fed };
      }
    }
  }

  return(): Promise<IteratorResult<Fed>> {
    this.#leave();
    this.ended(undefined);
    return Promise.resolve({ done: true, value: undefined });
  }

  /** The pump has a record. */
  take(fed: Fed): void {
    if (fed.index <= this.#last) return;
    if (!this.#isWanted(fed)) {
      if (this.#queue.length === 0) this.#last = fed.index;
      return;
    }
    if (fed.kind === "points") this.#queuedRows += rowsOf(fed);
    this.#queue.push(fed);
    if (this.#queuedRows > QUEUED_ROWS_MAX && this.#queue.length > 1) {
      // What waits is in the log too: the reader takes it from there.
      this.#queue = [];
      this.#queuedRows = 0;
      this.#leave();
    }
    this.#wake?.();
  }

  /** Nothing comes any more. */
  ended(failure: unknown): void {
    this.#isLive = false;
    this.#hasEnded = true;
    this.#failure = failure;
    void this.#own?.return?.();
    this.#own = undefined;
    this.#wake?.();
  }

  #give(fed: Fed): Fed {
    this.#last = fed.index;
    if (fed.kind === "points") this.#queuedRows -= rowsOf(fed);
    return fed;
  }

  #isWanted(fed: Fed): boolean {
    return fed.kind === "gap" || this.#wants(fed);
  }

  #leave(): void {
    this.#isLive = false;
    this.#feed.leave(this);
  }

  /** The next record with points from the log; undefined: look again. */
  async #readOwn(): Promise<Fed | undefined> {
    if (this.#feed.join(this, this.#last)) {
      this.#isLive = true;
      void this.#own?.return?.();
      this.#own = undefined;
      return undefined;
    }
    this.#own ??= this.#feed.records(logIndex(this.#last + 1));
    try {
      const { done, value } = await this.#own.next();
      if (done === true) {
        this.#hasEnded = true;
        return undefined;
      }
      this.#last = value.index;
      const fed = pointsOf(value);
      return fed !== undefined && this.#isWanted(fed) ? fed : undefined;
    } catch (error) {
      if (!(error instanceof CronosError) || error.code !== "OUT_OF_RANGE") throw error;
      // Trimmed: goes on with what is written from now on.
      this.#own = undefined;
      this.#last = this.#feed.durableIndex;
      return { kind: "gap", index: this.#last };
    }
  }
}

function rowsOf(fed: FedPoints): number {
  return fed.batches.reduce((rows, batch) => rows + batch.rows, 0);
}

function pointsOf(record: LogRecord): Fed | undefined {
  const batches: WriteBatch[] = [];
  decodeMutations(record.body, {
    put: (key, value) => {
      if (key.startsWith(chunkPrefix)) batches.push(decodeChunk(value));
    },
    delete: () => {},
    deleteRange: () => {},
  });
  if (batches.length === 0) return undefined;
  return { kind: "points", index: record.index, batches, places: placesIn(batches) };
}

/** Whose points the batches have, each once. */
export function placesIn(batches: readonly WriteBatch[]): FedPlace[] {
  const places = new Map<string, FedPlace>();
  for (const { policyId, rows, measurementIds } of batches) {
    let last = -1;
    for (let row = 0; row < rows; row++) {
      const measurementId = measurementIds[row] as number;
      if (measurementId === last) continue;
      last = measurementId;
      places.set(`${policyId} ${measurementId}`, { policyId, measurementId });
    }
  }
  return [...places.values()];
}
