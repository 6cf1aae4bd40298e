/**
 * Topics and their partitions as the model keeps them in memory, derived from rows.
 *
 *   topic row (JSON):      { id, createdAt, settings… }
 *   partition row (JSON):  { counted, fired, cancelled, bytes }
 */
import { CronosError } from "../../base/errors.ts";
import type { Key } from "../../base/key.ts";
import { keyU48 } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import type { Sleeper } from "./alarm.ts";
import { Block } from "./block.ts";
import { firedRowEnd } from "./fired.ts";
import type { GroupPartition } from "./group-partition.ts";
import type { Group } from "./group.ts";
import {
  blockKeyOffset,
  blocksPrefix,
  dueKeyTime,
  duesPrefix,
  firedLogPrefix,
  jsonValue,
  partitionKey,
  prefixEnd,
  readJson,
} from "./rows.ts";

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
  const { id: _id, createdAt: _createdAt, ...settings } = row;
  return settings;
}

export class Topic {
  readonly name: string;
  readonly id: number;
  readonly createdAt: number;
  readonly partitions: readonly Partition[];
  readonly groups = new Map<string, Group>();
  settings: TopicSettings;

  constructor(name: string, row: TopicRow) {
    this.name = name;
    this.id = row.id;
    this.createdAt = row.createdAt;
    this.settings = settingsOf(row);
    this.partitions = Array.from(
      { length: row.partitions },
      (_, number) => new Partition(this, number),
    );
  }

  /** The partition, or INVALID_ARGUMENT when the topic has no such one. */
  partition(number: number): Partition {
    const partition = this.partitions[number];
    if (partition !== undefined) return partition;
    throw new CronosError(
      "INVALID_ARGUMENT",
      `Partition must be from 0 to ${this.partitions.length - 1} in topic ${this.name}: got ${number}`,
    );
  }

  get pending(): number {
    let pending = 0;
    for (const partition of this.partitions) pending += partition.pending;
    return pending;
  }
}

/**
 * The value of a partition's row: a checkpoint. Everything in it was true when it was written with
 * the operation that changed `cancelled` or removed something; later publishes are found in the
 * blocks from `counted` on, later firings in the fired log.
 */
export interface PartitionRow {
  readonly counted: number;
  readonly fired: number;
  readonly cancelled: number;
  readonly bytes: number;
}

export class Partition implements Sleeper {
  /** Called when `nextDue` has come. */
  onWake: (partition: Partition) => void = () => {};
  readonly topic: Topic;
  readonly number: number;
  readonly blocksPrefix: Key;
  readonly blocksEnd: Key;
  readonly duesPrefix: Key;
  readonly duesEnd: Key;
  readonly firedPrefix: Key;
  readonly firedEnd: Key;
  /** Offset the next event gets: how many were ever published. */
  nextOffset = 0;
  /** The same, without what the running operation published. */
  appliedOffset = 0;
  /** Sequence the next event that fires gets: how many ever fired. */
  nextSequence = 0;
  /** Of them, those whose firing is durable: what may be handed out. */
  durableSequence = 0;
  /** Events that were cancelled before they fired. */
  cancelled = 0;
  /** Bytes of the stored blocks. */
  bytes = 0;
  /** No run in the due index is due earlier; Infinity when it is empty. */
  nextDue = Number.POSITIVE_INFINITY;
  /** Positions of consumer groups in this partition. */
  readonly positions = new Set<GroupPartition>();

  constructor(topic: Topic, number: number) {
    this.topic = topic;
    this.number = number;
    this.blocksPrefix = blocksPrefix(topic.id, number);
    this.blocksEnd = prefixEnd(this.blocksPrefix);
    this.duesPrefix = duesPrefix(topic.id, number);
    this.duesEnd = prefixEnd(this.duesPrefix);
    this.firedPrefix = firedLogPrefix(topic.id, number);
    this.firedEnd = prefixEnd(this.firedPrefix);
  }

  wake(): void {
    this.onWake(this);
  }

  get rowKey(): Key {
    return partitionKey(this.topic.id, this.number);
  }

  /** Events not yet due. */
  get pending(): number {
    return this.nextOffset - this.nextSequence - this.cancelled;
  }

  /** Reads the partition's figures from rows. */
  load(view: ReadView): void {
    const value = view.get(this.rowKey);
    const row = value === undefined ? noCheckpoint : readJson<PartitionRow>(value);
    this.nextOffset = row.counted;
    this.nextSequence = row.fired;
    this.cancelled = row.cancelled;
    this.bytes = row.bytes;
    for (const [key, block] of view.range(this.blocksPrefix + keyU48(row.counted), this.blocksEnd)) {
      this.nextOffset = new Block(block, blockKeyOffset(key)).endOffset;
      this.bytes += block.length;
    }
    for (const fired of view.range(this.firedPrefix, this.firedEnd, { reverse: true, limit: 1 })) {
      this.nextSequence = firedRowEnd(fired);
    }
    this.durableSequence = this.nextSequence;
    this.appliedOffset = this.nextOffset;
    this.nextDue = Number.POSITIVE_INFINITY;
    for (const [key] of view.range(this.duesPrefix, this.duesEnd, { limit: 1 })) {
      this.nextDue = dueKeyTime(key);
    }
  }

  /** Writes the checkpoint of now; the operation must have made all its changes to the figures. */
  putCheckpoint(tx: Transaction): void {
    const row: PartitionRow = {
      counted: this.nextOffset,
      fired: this.nextSequence,
      cancelled: this.cancelled,
      bytes: this.bytes,
    };
    tx.put(this.rowKey, jsonValue(row));
  }
}

const noCheckpoint: PartitionRow = { counted: 0, fired: 0, cancelled: 0, bytes: 0 };
