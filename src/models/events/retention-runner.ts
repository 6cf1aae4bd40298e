/**
 * Runs retention over all topics every RUN_INTERVAL_MS, and when it is asked for. Works in bounded
 * operations with turns of the event loop between them.
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
import type { Topic } from "./topic.ts";

const RUN_INTERVAL_MS = 60_000;

/** One run: which partitions, and what instead of the topics' settings. */
export interface RetentionRun {
  readonly topic?: string;
  readonly partition?: number;
  readonly maxAgeMs?: number;
  readonly maxBytes?: number;
  readonly minOffset?: number;
}

export interface RetentionTotals {
  readonly eventsRemoved: number;
  readonly bytesFreed: number;
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
    this.#alarm.set(this, this.#clock.now() + RUN_INTERVAL_MS);
  }

  wake(): void {
    // A shard that takes no writes now is tried again the next time.
    this.run({})
      .catch(() => undefined)
      .finally(() => {
        if (!this.#closed) this.start();
      });
  }

  close(): void {
    this.#closed = true;
  }

  /** Runs after those that are under way; resolves with what it removed. */
  run(options: RetentionRun): Promise<RetentionTotals> {
    const run = this.#running.then(() => this.#run(options));
    this.#running = run.catch(() => undefined);
    return run;
  }

  async #run(options: RetentionRun): Promise<RetentionTotals> {
    const { topic: name } = options;
    const topics = name === undefined ? [...this.#catalog.topics()] : [this.#catalog.get(name)];
    let eventsRemoved = 0;
    let bytesFreed = 0;
    for (const topic of topics) {
      for (const partition of partitionsOf(topic, options.partition)) {
        const rule = this.#rule(topic, options);
        for (;;) {
          if (this.#closed) throw new CronosError("CLOSED", "Database is closed");
          if (this.#catalog.find(topic.name) !== topic) break;
          const removed = await this.#shard.execute((tx) => removeFired(tx, partition, rule));
          eventsRemoved += removed.events;
          bytesFreed += removed.bytes;
          if (removed.events === 0) break;
          this.#onRemoved(removed.events);
        }
        bytesFreed += await this.#removeIds(topic, partition);
      }
    }
    this.#expireDedup();
    return { eventsRemoved, bytesFreed };
  }

  /** Looks at each block once, when its ids are old enough; at all of them after a restart. */
  async #removeIds(topic: Topic, partition: Partition): Promise<number> {
    const { dedupTtlMs } = topic.settings;
    const createdBefore = this.#clock.now() - dedupTtlMs;
    const seen = this.#seen.get(partition);
    let from = seen?.dedupTtlMs === dedupTtlMs ? seen.offset : 0;
    let bytes = 0;
    for (let hasMore = true; hasMore && !this.#closed; ) {
      if (this.#catalog.find(topic.name) !== topic) break;
      const start = from;
      const part = await this.#shard.execute((tx) =>
        removeIds(tx, partition, { from: start, createdBefore }),
      );
      bytes += part.bytes;
      from = part.next;
      hasMore = part.hasMore;
      this.#seen.set(partition, { offset: from, dedupTtlMs });
      if (hasMore) await new Promise<void>((resolve) => this.#clock.soon(resolve));
    }
    return bytes;
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
