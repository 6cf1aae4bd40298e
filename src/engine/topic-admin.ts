/**
 * Topics and partitions, as EventsApi shows them.
 */
import { assert } from "../base/assert.ts";
import type { EventsModel } from "../models/events/events-model.ts";
import { firstSequence } from "../models/events/fired.ts";
import { endOffset } from "../models/events/partition-checkpoint.ts";
import type { Partition } from "../models/events/partition.ts";
import { blockKeyOffset } from "../models/events/rows.ts";
import type { TopicRef } from "../models/events/topic-ref.ts";
import type { Topic } from "../models/events/topic.ts";
import type { Shard } from "../shard/shard.ts";
import type { PartitionInfo, SchedulerStatus, TopicInfo, TopicSettings } from "./events-api.ts";
import type { FireLag } from "./fire-lag.ts";

export class TopicAdmin {
  readonly #shard: Shard;
  readonly #model: EventsModel;
  readonly #fireLag: FireLag;

  constructor(options: { readonly shard: Shard; readonly model: EventsModel; fireLag: FireLag }) {
    this.#shard = options.shard;
    this.#model = options.model;
    this.#fireLag = options.fireLag;
  }

  async configure(topic: TopicRef, settings: Partial<TopicSettings>): Promise<TopicInfo> {
    const { catalog } = this.#model;
    const configured = await this.#shard.execute((tx) => catalog.configure(tx, topic, settings));
    this.#model.retention.touch();
    return topicInfo(configured);
  }

  list(namespaceId: number): readonly TopicInfo[] {
    return Array.from(this.#model.catalog.topicsIn(namespaceId), topicInfo);
  }

  remove(topic: TopicRef): Promise<boolean> {
    return this.#shard.execute((tx) => this.#model.catalog.remove(tx, topic));
  }

  partitions(topic: TopicRef | undefined, namespaceId: number): readonly PartitionInfo[] {
    const { catalog } = this.#model;
    const topics = topic === undefined ? [...catalog.topicsIn(namespaceId)] : [catalog.get(topic)];
    return topics.flatMap(({ partitions }) => partitions.map((each) => this.#partitionInfo(each)));
  }

  /** Of a partition number or all, in a namespace or all of them. */
  schedulerStatus(number: number | undefined, namespaceId?: number): SchedulerStatus {
    let pending = 0;
    let ready = 0;
    const { catalog } = this.#model;
    const topics = namespaceId === undefined ? catalog.topics() : catalog.topicsIn(namespaceId);
    for (const topic of topics) {
      for (const partition of topic.partitions) {
        if (number !== undefined && partition.number !== number) continue;
        pending += partition.pending;
        ready += this.#readyIn(partition);
      }
    }
    return {
      pending,
      ready,
      delayMsAverage: this.#fireLag.averageMs,
      delayMsMax: this.#fireLag.maxMs,
    };
  }

  /** Events that fired and wait to be handed to the group that is furthest behind. */
  #readyIn(partition: Partition): number {
    let ready = 0;
    for (const at of partition.positions) ready = Math.max(ready, at.waiting);
    if (partition.positions.size > 0) return ready;
    // Without groups everything that fired waits, except what retention removed for an earlier one.
    return partition.nextSequence - firstSequence(this.#shard.tip, partition);
  }

  #partitionInfo(partition: Partition): PartitionInfo {
    const { durable } = this.#shard;
    const end = endOffset(durable, partition);
    let firstOffset = end;
    const { blocksPrefix, blocksEnd } = partition;
    for (const [key] of durable.range(blocksPrefix, blocksEnd, { limit: 1 })) {
      firstOffset = blockKeyOffset(key);
    }
    assert(firstOffset <= end, "Blocks must lie before the next offset");
    return {
      topic: partition.topic.name,
      partition: partition.number,
      highWatermark: end,
      firstOffset,
      lastOffset: end - 1,
      bytes: partition.bytes,
    };
  }
}

function topicInfo(topic: Topic): TopicInfo {
  return {
    topic: topic.name,
    ...topic.settings,
    createdAt: topic.createdAt,
    pending: topic.pending,
  };
}
