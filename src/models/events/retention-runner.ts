/**
 * Runs retention over all topics when there may be something to remove, and when it is asked for.
 * Works in bounded operations with turns of the event loop between them.
 *
 * The next run is when the next event or id is old enough, RUN_INTERVAL_MS after the last one at
 * the earliest; touch() tells that something fired or was settled, so that it may be sooner.
 */
import { CronosError } from "../../base/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Shard } from "../../shard/shard.ts";
import type { Alarm, Sleeper } from "./alarm.ts";
import type { Catalog } from "./catalog.ts";
import type { DedupKeeper } from "./dedup-keeper.ts";
import type { Partition } from "./partition.ts";
import type { RetentionRule } from "./retention.ts";
import { removeFired, removeIds } from "./retention.ts";
import type { TopicRef } from "./topic-ref.ts";
import type { Topic } from "./topic.ts";

const RUN_INTERVAL_MS = 60_000;

/** One run: which partitions, and what instead of the topics' settings. */
export interface RetentionRun {
  readonly topic?: TopicRef;
  /** Topics of this namespace only. */
  readonly namespaceId?: number;
  readonly partition?: number;
  readonly maxAgeMs?: number;
  readonly maxBytes?: number;
  readonly minOffset?: number;
}

export interface RetentionTotals {
  readonly eventsRemoved: number;
  readonly bytesFreed: number;
}

/** Totals, and when there may be more to remove, if nothing else happens. */
interface Result {
  eventsRemoved: number;
  bytesFreed: number;
  nextAt: number;
}

export class RetentionRunner implements Sleeper {
  readonly #shard: Shard;
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  readonly #catalog: Catalog;
  readonly #dedup: DedupKeeper;
  readonly #onRemoved: (events: number) => void;
  /** Blocks of smaller offsets were looked at for ids that are too old, by this dedup time. */
  readonly #seen = new WeakMap<
    Partition,
    { readonly offset: number; readonly dedupTtlMs: number }
  >();
  #running: Promise<unknown> = Promise.resolve();
  /** Something happened since the last run began. */
  #isTouched = false;
  /** A run that the alarm asked for is under way. */
  #isWoken = false;
  #closed = false;

  constructor(options: {
    readonly shard: Shard;
    readonly clock: Clock;
    readonly alarm: Alarm;
    readonly catalog: Catalog;
    readonly dedup: DedupKeeper;
    readonly onRemoved: (events: number) => void;
  }) {
    this.#shard = options.shard;
    this.#clock = options.clock;
    this.#alarm = options.alarm;
    this.#catalog = options.catalog;
    this.#dedup = options.dedup;
    this.#onRemoved = options.onRemoved;
  }

  start(): void {
    this.touch();
  }

  /** There may be something to remove that was not there before. */
  touch(): void {
    if (this.#isTouched || this.#closed) return;
    this.#isTouched = true;
    if (!this.#isWoken) this.#setAlarm(Number.NEGATIVE_INFINITY);
  }

  wake(): void {
    this.#isTouched = false;
    this.#isWoken = true;
    this.#enqueue({})
      .then(
        ({ nextAt }) => nextAt,
        // A shard that takes no writes now is tried again.
        () => Number.NEGATIVE_INFINITY,
      )
      .then((nextAt) => {
        this.#isWoken = false;
        this.#setAlarm(this.#isTouched ? Number.NEGATIVE_INFINITY : nextAt);
      });
  }

  close(): void {
    this.#closed = true;
  }

  /** Runs after those that are under way; resolves with what it removed. */
  async run(options: RetentionRun): Promise<RetentionTotals> {
    const { eventsRemoved, bytesFreed } = await this.#enqueue(options);
    return { eventsRemoved, bytesFreed };
  }

  #setAlarm(at: number): void {
    if (this.#closed || at === Number.POSITIVE_INFINITY) return;
    this.#alarm.set(this, Math.max(at, this.#clock.now() + RUN_INTERVAL_MS));
  }

  #enqueue(options: RetentionRun): Promise<Result> {
    const run = this.#running.then(() => this.#run(options));
    this.#running = run.catch(() => undefined);
    return run;
  }

  async #run(options: RetentionRun): Promise<Result> {
    const topics = this.#topicsOf(options);
    const result = { eventsRemoved: 0, bytesFreed: 0, nextAt: Number.POSITIVE_INFINITY };
    for (const topic of topics) {
      for (const partition of partitionsOf(topic, options.partition)) {
        await this.#removeFired(topic, partition, { options, result });
        await this.#removeIds(topic, partition, result);
      }
    }
    this.#expireDedup();
    return result;
  }

  async #removeFired(
    topic: Topic,
    partition: Partition,
    run: { readonly options: RetentionRun; readonly result: Result },
  ): Promise<void> {
    const rule = this.#rule(topic, run.options);
    for (let hasMore = true; hasMore && this.#isThere(topic); ) {
      const removed = await this.#shard.execute((tx) => removeFired(tx, partition, rule));
      hasMore = removed.events > 0;
      run.result.bytesFreed += removed.bytes;
      if (hasMore) {
        run.result.eventsRemoved += removed.events;
        this.#onRemoved(removed.events);
      } else if (removed.youngAt !== undefined && rule.firedBefore >= 0) {
        soonest(run.result, removed.youngAt + topic.settings.retentionMs);
      }
    }
  }

  /** Looks at each block once, when its ids are old enough; at all of them after a restart. */
  async #removeIds(topic: Topic, partition: Partition, result: Result): Promise<void> {
    const { dedupTtlMs } = topic.settings;
    const createdBefore = this.#clock.now() - dedupTtlMs;
    const seen = this.#seen.get(partition);
    let from = seen?.dedupTtlMs === dedupTtlMs ? seen.offset : 0;
    for (let hasMore = true; hasMore && this.#isThere(topic); ) {
      const start = from;
      const part = await this.#shard.execute((tx) =>
        removeIds(tx, partition, { from: start, createdBefore }),
      );
      result.bytesFreed += part.bytes;
      from = part.next;
      hasMore = part.hasMore;
      this.#seen.set(partition, { offset: from, dedupTtlMs });
      if (hasMore) await new Promise<void>((resolve) => this.#clock.soon(resolve));
      else if (part.youngAt !== undefined) soonest(result, part.youngAt + dedupTtlMs);
    }
  }

  #topicsOf({ topic, namespaceId }: RetentionRun): readonly Topic[] {
    if (topic !== undefined) return [this.#catalog.get(topic)];
    if (namespaceId !== undefined) return [...this.#catalog.topicsIn(namespaceId)];
    return [...this.#catalog.topics()];
  }

  /** Whether to go on with the topic. */
  #isThere(topic: Topic): boolean {
    if (this.#closed) throw new CronosError("CLOSED", "Database is closed");
    return this.#catalog.find(topic.ref) === topic;
  }

  #rule(topic: Topic, options: RetentionRun): RetentionRule {
    const ageMs = options.maxAgeMs ?? topic.settings.retentionMs;
    const bytes = options.maxBytes ?? topic.settings.retentionBytes;
    return {
      firedBefore: ageMs === 0 && options.maxAgeMs === undefined ? -1 : this.#clock.now() - ageMs,
      bytesMax:
        bytes === 0 && options.maxBytes === undefined
          ? Number.POSITIVE_INFINITY
          : bytes / topic.partitions.length,
      offsetMax: options.minOffset ?? Number.POSITIVE_INFINITY,
    };
  }

  /** Ids older than the longest dedup time of any topic are not looked for any more. */
  #expireDedup(): void {
    let ttlMs = 0;
    for (const topic of this.#catalog.topics()) ttlMs = Math.max(ttlMs, topic.settings.dedupTtlMs);
    this.#dedup.expire(this.#clock.now() - ttlMs);
  }
}

function partitionsOf(topic: Topic, number: number | undefined): readonly Partition[] {
  return number === undefined ? topic.partitions : [topic.partition(number)];
}

function soonest(result: Result, at: number): void {
  result.nextAt = Math.min(result.nextAt, at);
}
