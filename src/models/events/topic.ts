/**
 * A topic as the model keeps it in memory. Its row (JSON) is { id, createdAt, settings… }.
 */
import { CronosError } from "../../base/errors.ts";
import { Partition } from "./partition.ts";
import { nameOf, namespaceOf, topicRef } from "./topic-ref.ts";
import type { TopicRef } from "./topic-ref.ts";

/** See engine/events-api.ts TopicSettings. */
export interface TopicSettings {
  readonly partitions: number;
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly dedupTtlMs: number;
  readonly maxAttempts: number;
  readonly ackTimeoutMs: number;
  readonly retryBackoffMs: number;
}

/** Most partitions a topic can have. */
export const PARTITIONS_MAX = 1024;
/** Most topics of a database. */
export const TOPICS_MAX = 100_000;

/** Smallest and largest value of each setting. */
const bounds: Readonly<Record<keyof TopicSettings, readonly [number, number]>> = {
  partitions: [1, PARTITIONS_MAX],
  retentionMs: [0, Number.MAX_SAFE_INTEGER],
  retentionBytes: [0, Number.MAX_SAFE_INTEGER],
  dedupTtlMs: [0, Number.MAX_SAFE_INTEGER],
  maxAttempts: [1, 1_000_000],
  ackTimeoutMs: [1, 2 ** 40],
  retryBackoffMs: [0, 2 ** 40],
};

/** Throws INVALID_ARGUMENT naming the first setting that is out of its bounds. */
export function checkTopicSettings(settings: Partial<TopicSettings>): void {
  for (const [name, value] of Object.entries(settings)) {
    const bound = bounds[name as keyof TopicSettings] as readonly [number, number] | undefined;
    if (bound === undefined) {
      throw new CronosError(
        "INVALID_ARGUMENT",
        `Topic setting ${name} is unknown: expected one of ${Object.keys(bounds).join(", ")}`,
      );
    }
    const [low, high] = bound;
    if (Number.isInteger(value) && value >= low && value <= high) continue;
    throw new CronosError(
      "INVALID_ARGUMENT",
      `Topic setting ${name} must be an integer from ${low} to ${high}: got ${String(value)}`,
    );
  }
}

/** The value of a topic's row. */
export interface TopicRow extends TopicSettings {
  readonly id: number;
  readonly createdAt: number;
}

/** The settings of a topic's row. */
export function settingsOf(row: TopicRow): TopicSettings {
  const { partitions, retentionMs, retentionBytes, dedupTtlMs } = row;
  const { maxAttempts, ackTimeoutMs, retryBackoffMs } = row;
  return {
    partitions,
    retentionMs,
    retentionBytes,
    dedupTtlMs,
    maxAttempts,
    ackTimeoutMs,
    retryBackoffMs,
  };
}

export class Topic {
  readonly name: string;
  readonly namespaceId: number;
  readonly id: number;
  readonly createdAt: number;
  readonly partitions: readonly Partition[];
  settings: TopicSettings;

  constructor(ref: TopicRef, row: TopicRow) {
    this.name = nameOf(ref);
    this.namespaceId = namespaceOf(ref);
    this.id = row.id;
    this.createdAt = row.createdAt;
    this.settings = settingsOf(row);
    this.partitions = Array.from(
      { length: row.partitions },
      (_, number) => new Partition(this, number),
    );
  }

  /** How it is asked for. */
  get ref(): TopicRef {
    return topicRef(this.namespaceId, this.name);
  }

  /** The partition, or INVALID_ARGUMENT when the topic has no such one. */
  partition(number: number): Partition {
    const partition = this.partitions[number];
    if (partition !== undefined) return partition;
    throw new CronosError(
      "INVALID_ARGUMENT",
      `Partition of ${this.name} must be from 0 to ${this.partitions.length - 1}: got ${number}`,
    );
  }

  get pending(): number {
    let pending = 0;
    for (const partition of this.partitions) pending += partition.pending;
    return pending;
  }
}
