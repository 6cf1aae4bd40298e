/**
 * The events model on a shard in memory, without an engine: for tests of the model's parts.
 */
import { epoch } from "../../src/base/ids.ts";
import { MemoryLog } from "../../src/log/memory/memory-log.ts";
import type { EventFields } from "../../src/models/events/event-encoder.ts";
import { EventsModel } from "../../src/models/events/events-model.ts";
import type { EventsListener } from "../../src/models/events/listener.ts";
import type { TopicSettings } from "../../src/models/events/topic.ts";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import { SimulatedClock } from "../../src/ports/simulated-clock.ts";
import { Shard } from "../../src/shard/shard.ts";
import { openMemoryTree } from "../../src/store/memory/memory-tree.ts";

const nothing = (): void => {};

const silent: EventsListener = {
  delivered: nothing,
  acknowledged: nothing,
  failed: nothing,
  timedOut: nothing,
  died: nothing,
  fireLag: nothing,
  removed: nothing,
  scheduleRuns: nothing,
  scheduleFailed: nothing,
};

const topicDefaults: TopicSettings = {
  partitions: 3,
  retentionMs: 0,
  retentionBytes: 0,
  dedupTtlMs: 1_000_000_000,
  maxAttempts: 3,
  ackTimeoutMs: 30_000,
  retryBackoffMs: 1000,
};

/** Where an event was stored. */
export interface StoredPlace {
  readonly partition: number;
  readonly offset: number;
}

export class EventsShard {
  readonly clock: SimulatedClock;
  readonly log: MemoryLog;
  readonly shard: Shard;
  readonly model: EventsModel;

  private constructor(
    parts: { readonly clock: SimulatedClock; readonly log: MemoryLog; readonly shard: Shard },
    settings: Partial<TopicSettings>,
  ) {
    const { clock, log, shard } = parts;
    this.clock = clock;
    this.log = log;
    this.shard = shard;
    this.model = new EventsModel({
      shard,
      clock,
      random: new SeededRandom(1),
      listener: silent,
      topicDefaults: { ...topicDefaults, ...settings },
      tickMs: 1,
      wheelSize: 1024,
      creditsMax: 1000,
    });
    this.model.start();
  }

  static async open(settings: Partial<TopicSettings> = {}): Promise<EventsShard> {
    const clock = new SimulatedClock();
    const log = new MemoryLog();
    const shard = await Shard.open({
      log,
      base: openMemoryTree(),
      clock,
      epoch: epoch(1),
      groupCommit: true,
      memtableBytesMax: 64 * 1024,
    });
    return new EventsShard({ clock, log, shard }, settings);
  }

  /** Publishes one batch; where each event is. */
  publish(events: readonly EventFields[]): Promise<StoredPlace[]> {
    const { list } = this.model;
    return this.shard.execute((tx) => {
      list.encodeAll(events);
      const { partition, offset } = this.model.publish(tx, list, false);
      return events.map((_, i) => ({
        partition: partition[i] as number,
        offset: offset[i] as number,
      }));
    });
  }

  async close(): Promise<void> {
    this.model.close();
    await this.model.reads.close();
    await this.shard.close();
  }
}
