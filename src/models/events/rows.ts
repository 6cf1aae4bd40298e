/**
 * The rows of the events model. Every key starts with "E" and the number of its kind; numbers never
 * change. All integers big-endian in keys (so that they sort), little-endian in values.
 *
 *   kind               key after "E" + kind                                 value
 *   0  counters        —                                                    JSON (catalog.ts)
 *   1  topic           topic text                                           JSON (topic.ts)
 *   2  partition       topic id u32, partition u16                          JSON (topic.ts)
 *   3  block           topic id, partition, first offset u48                events (block.ts)
 *   4  due run         topic id, partition, due u48, first offset u48       u32 count
 *   5  group           topic id, group text                                 JSON (group.ts)
 *   6  group position  topic id, group id u32, partition                    position (position.ts)
 *   7  retry           topic id, group id, partition, retry at u48, offset  retry (retry.ts)
 *   8  dead letter     topic id, group id, partition, offset u48            dead letter (retry.ts)
 *   9  schedule        topic id, name text, part                            JSON (schedules.ts)
 *   10 dedup run       run id u32                                           run (dedup-run.ts)
 *   11 dedup page      run id, page u32                                     ids (dedup-run.ts)
 *   12 dedup reach     topic id, partition                                  u48 offset: the ids of
 *                                                                         smaller ones are in runs
 *   13 fired           topic id, partition, first sequence u48              fired runs (fired.ts)
 *   14 scoped topic    namespace id u32, topic text                         JSON (topic.ts)
 *
 * Topics of the namespace "global" are rows of kind 1, those of others of kind 14.
 *
 * A run is a set of events with consecutive offsets and the same due time, of one block when they
 * are published (a block that is rewritten may become several: edited-block.ts). While they
 * wait, a run is a row of the due index. When its time comes it moves to the partition's *fired
 * log*, which numbers events in the order in which they fired: 0, 1, 2, … Consumer groups keep
 * their positions in that order, so it does not matter in which order due times were published or
 * whether the clock was stepped. An event that is due when it is published goes to the fired log at
 * once.
 */
import type { Key } from "../../base/key.ts";
import {
  keyAfterPrefix,
  keyText,
  keyU16,
  keyU32,
  keyU48,
  keyU8,
  readKeyText,
  readKeyU16,
  readKeyU32,
  readKeyU48,
} from "../../base/key.ts";
import { globalTopics, nameOf, namespaceOf, topicRef } from "./topic-ref.ts";
import type { TopicRef } from "./topic-ref.ts";

/** First byte of every row of this model. */
export const eventsPrefix: Key = "E";

const kind = (number: number): Key => eventsPrefix + keyU8(number);

export const countersKey: Key = kind(0);
export const topicPrefix: Key = kind(1);
const partitionPrefix = kind(2);
const blockPrefix = kind(3);
const duePrefix = kind(4);
const groupPrefix = kind(5);
const positionPrefix = kind(6);
const retryPrefix = kind(7);
const deadLetterPrefix = kind(8);
const schedulePrefix = kind(9);
export const dedupRunPrefix: Key = kind(10);
const dedupPagePrefix = kind(11);
const dedupReachPrefix = kind(12);
const firedPrefix = kind(13);
export const scopedTopicPrefix: Key = kind(14);

/** Kinds whose keys continue with the topic id: what deleting a topic removes. */
export const perTopicPrefixes: readonly Key[] = [
  partitionPrefix,
  blockPrefix,
  duePrefix,
  groupPrefix,
  positionPrefix,
  retryPrefix,
  deadLetterPrefix,
  schedulePrefix,
  dedupReachPrefix,
  firedPrefix,
];

/** Where a partition's rows of one kind start: prefix + topic id + partition. */
const PARTITION_KEY_LENGTH = 2 + 4 + 2;

/** The smallest key behind every key with this prefix. */
export function prefixEnd(prefix: Key): Key {
  return keyAfterPrefix(prefix) as Key;
}

export function topicKey(topic: TopicRef): Key {
  if (namespaceOf(topic) === globalTopics) return topicPrefix + keyText(nameOf(topic));
  return scopedTopicPrefix + keyU32(namespaceOf(topic)) + keyText(nameOf(topic));
}

/** The topic whose row has this key. */
export function readTopicKey(key: Key): TopicRef {
  if (key.startsWith(topicPrefix)) return readKeyText(key, topicPrefix.length).text;
  const at = scopedTopicPrefix.length;
  return topicRef(readKeyU32(key, at), readKeyText(key, at + 4).text);
}

export function partitionKey(topicId: number, partition: number): Key {
  return partitionPrefix + keyU32(topicId) + keyU16(partition);
}

/** Prefix of the partition's blocks. */
export function blocksPrefix(topicId: number, partition: number): Key {
  return blockPrefix + keyU32(topicId) + keyU16(partition);
}

/** First offset of the block with this key. */
export function blockKeyOffset(key: Key): number {
  return readKeyU48(key, PARTITION_KEY_LENGTH);
}

/** Prefix of the partition's due runs. */
export function duesPrefix(topicId: number, partition: number): Key {
  return duePrefix + keyU32(topicId) + keyU16(partition);
}

/** Due time of the run with this key. */
export function dueKeyTime(key: Key): number {
  return readKeyU48(key, PARTITION_KEY_LENGTH);
}

/** First offset of the run with this key. */
export function dueKeyOffset(key: Key): number {
  return readKeyU48(key, PARTITION_KEY_LENGTH + 6);
}

/** Topic of the schedule with this key. */
export function scheduleKeyTopic(key: Key): number {
  return readKeyU32(key, 2);
}

/** Prefix of the topic's groups. */
export function groupsPrefix(topicId: number): Key {
  return groupPrefix + keyU32(topicId);
}

export function groupKey(topicId: number, group: string): Key {
  return groupsPrefix(topicId) + keyText(group);
}

/** Name of the group with this key. */
export function groupKeyName(key: Key): string {
  return readKeyText(key, 2 + 4).text;
}

/** Prefix of the group's positions. */
export function positionsPrefix(topicId: number, groupId: number): Key {
  return positionPrefix + keyU32(topicId) + keyU32(groupId);
}

export function positionKey(topicId: number, groupId: number, partition: number): Key {
  return positionsPrefix(topicId, groupId) + keyU16(partition);
}

/** Prefix of the group's retries, in one partition or in all. */
export function retriesPrefix(topicId: number, groupId: number, partition?: number): Key {
  const prefix = retryPrefix + keyU32(topicId) + keyU32(groupId);
  return partition === undefined ? prefix : prefix + keyU16(partition);
}

/** What a retry's key says. */
export function readRetryKey(key: Key): { partition: number; retryAt: number; offset: number } {
  return {
    partition: readKeyU16(key, 10),
    retryAt: readKeyU48(key, 12),
    offset: readKeyU48(key, 18),
  };
}

export function retryKey(retriesOfPartition: Key, retryAt: number, offset: number): Key {
  return retriesOfPartition + keyU48(retryAt) + keyU48(offset);
}

/** Prefix of the topic's dead letters, of one group or of all. */
export function deadLettersPrefix(topicId: number, groupId?: number): Key {
  const prefix = deadLetterPrefix + keyU32(topicId);
  return groupId === undefined ? prefix : prefix + keyU32(groupId);
}

export function deadLetterKey(
  topicId: number,
  groupId: number,
  at: { readonly partition: number; readonly offset: number },
): Key {
  return deadLettersPrefix(topicId, groupId) + keyU16(at.partition) + keyU48(at.offset);
}

/** What a dead letter's key says. */
export function readDeadLetterKey(key: Key): {
  groupId: number;
  partition: number;
  offset: number;
} {
  return {
    groupId: readKeyU32(key, 6),
    partition: readKeyU16(key, 10),
    offset: readKeyU48(key, 12),
  };
}

/** Prefix of the schedules of a topic, or of all topics. */
export function schedulesPrefix(topicId?: number): Key {
  return topicId === undefined ? schedulePrefix : schedulePrefix + keyU32(topicId);
}

export function scheduleKey(topicId: number, name: string): Key {
  return schedulesPrefix(topicId) + keyText(name);
}

export function dedupRunKey(runId: number): Key {
  return dedupRunPrefix + keyU32(runId);
}

/** Prefix of the run's pages. */
export function dedupPagesPrefix(runId: number): Key {
  return dedupPagePrefix + keyU32(runId);
}

export function dedupPageKey(runId: number, page: number): Key {
  return dedupPagesPrefix(runId) + keyU32(page);
}

export function dedupReachKey(topicId: number, partition: number): Key {
  return dedupReachPrefix + keyU32(topicId) + keyU16(partition);
}

/** A row's value that is JSON. */
export function jsonValue(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value), "utf8");
}

/** Reads a row's value that is JSON. */
export function readJson<T>(value: Uint8Array): T {
  const text = Buffer.from(value.buffer, value.byteOffset, value.length).toString("utf8");
  return JSON.parse(text) as T;
}

/** Prefix of the partition's fired log. */
export function firedLogPrefix(topicId: number, partition: number): Key {
  return firedPrefix + keyU32(topicId) + keyU16(partition);
}

/** First sequence of the fired row with this key. */
export function firedKeySequence(key: Key): number {
  return readKeyU48(key, PARTITION_KEY_LENGTH);
}
