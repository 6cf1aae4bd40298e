/**
 * The topics of a database, by namespace and name. A topic that is published to for the first time
 * is created with the database's default settings.
 */
import { CronosError } from "../../base/errors.ts";
import { keyU32 } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { TOPIC_CHARACTERS_MAX } from "./event-error.ts";
import {
  countersKey,
  jsonValue,
  perTopicPrefixes,
  prefixEnd,
  readJson,
  readTopicKey,
  scopedTopicPrefix,
  topicKey,
  topicPrefix,
} from "./rows.ts";
import { globalTopics, nameOf } from "./topic-ref.ts";
import type { TopicRef } from "./topic-ref.ts";
import type { TopicRow, TopicSettings } from "./topic.ts";
import { TOPICS_MAX, Topic, checkTopicSettings, settingsOf } from "./topic.ts";

interface Counters {
  nextTopicId: number;
  nextGroupId: number;
}

export class Catalog {
  readonly defaults: TopicSettings;
  /** Those of "global". */
  readonly #topics = new Map<string, Topic>();
  /** Those of other namespaces, by the namespace's id; no empty maps. */
  readonly #scoped = new Map<number, Map<string, Topic>>();
  /** Namespaces of the topics of others than "global", by the topic's id. */
  readonly #namespaces = new Map<number, number>();
  readonly #onCreated: (topic: Topic) => void;
  readonly #onRemoved: (topic: Topic) => void;

  constructor(
    defaults: TopicSettings,
    hooks: { onCreated: (topic: Topic) => void; onRemoved: (topic: Topic) => void },
  ) {
    checkTopicSettings(defaults);
    this.defaults = defaults;
    this.#onCreated = hooks.onCreated;
    this.#onRemoved = hooks.onRemoved;
  }

  get size(): number {
    return this.#topics.size + this.#namespaces.size;
  }

  /** Those of all namespaces. */
  *topics(): Iterable<Topic> {
    yield* this.#topics.values();
    for (const topics of this.#scoped.values()) yield* topics.values();
  }

  /** Those of one namespace. */
  topicsIn(namespaceId: number): Iterable<Topic> {
    return this.#named(namespaceId)?.values() ?? [];
  }

  /** The namespace of the topic with this id. */
  namespaceOf(topicId: number): number {
    return this.#namespaces.get(topicId) ?? globalTopics;
  }

  find(topic: TopicRef): Topic | undefined {
    if (typeof topic !== "object") return this.#topics.get(topic);
    return this.#named(topic.namespaceId)?.get(topic.name);
  }

  /** The topic, or NOT_FOUND. */
  get(ref: TopicRef): Topic {
    const topic = this.find(ref);
    if (topic !== undefined) return topic;
    throw new CronosError("NOT_FOUND", `Topic ${nameOf(ref)} does not exist`);
  }

  /** The topic, created if it is new. */
  ensure(tx: Transaction, topic: TopicRef): Topic {
    return this.find(topic) ?? this.#create(tx, topic, this.defaults);
  }

  /** Creates the topic or changes its settings. */
  configure(tx: Transaction, ref: TopicRef, settings: Partial<TopicSettings>): Topic {
    checkTopicSettings(settings);
    const topic = this.find(ref);
    if (topic === undefined) return this.#create(tx, ref, { ...this.defaults, ...settings });
    if (settings.partitions !== undefined && settings.partitions !== topic.partitions.length) {
      throw new CronosError(
        "INVALID_ARGUMENT",
        `Topic ${topic.name} has ${topic.partitions.length} partitions: the number cannot change`,
      );
    }
    const before = topic.settings;
    topic.settings = { ...before, ...settings };
    tx.onUndone(() => {
      topic.settings = before;
    });
    this.#put(tx, topic);
    return topic;
  }

  /** Removes the topic with all its rows; tells whether it was there. */
  remove(tx: Transaction, ref: TopicRef): boolean {
    const topic = this.find(ref);
    if (topic === undefined) return false;
    tx.delete(topicKey(ref));
    for (const prefix of perTopicPrefixes) {
      const start = prefix + keyU32(topic.id);
      tx.deleteRange(start, prefixEnd(start));
    }
    this.#forget(topic);
    tx.onUndone(() => this.#remember(topic));
    tx.onApplied(() => this.#onRemoved(topic));
    return true;
  }

  /** Removes the topics of a namespace with all their rows. */
  removeNamespace(tx: Transaction, namespaceId: number): void {
    for (const { ref } of this.topicsIn(namespaceId)) this.remove(tx, ref);
  }

  /** A new number for a group; never given twice. */
  nextGroupId(tx: Transaction): number {
    const counters = readCounters(tx);
    tx.put(countersKey, jsonValue({ ...counters, nextGroupId: counters.nextGroupId + 1 }));
    return counters.nextGroupId;
  }

  /** Brings everything to what the rows say; a topic that is still there stays the same object. */
  load(view: ReadView): void {
    const known = new Map(Array.from(this.topics(), (topic) => [topic.id, topic]));
    this.#topics.clear();
    this.#scoped.clear();
    this.#namespaces.clear();
    for (const prefix of [topicPrefix, scopedTopicPrefix]) {
      for (const [key, value] of view.range(prefix, prefixEnd(prefix))) {
        const row = readJson<TopicRow>(value);
        const before = known.get(row.id);
        if (before !== undefined) before.settings = settingsOf(row);
        this.#remember(before ?? new Topic(readTopicKey(key), row));
      }
    }
  }

  #named(namespaceId: number): Map<string, Topic> | undefined {
    return namespaceId === globalTopics ? this.#topics : this.#scoped.get(namespaceId);
  }

  #remember(topic: Topic): void {
    const { namespaceId, name, id } = topic;
    let named = this.#named(namespaceId);
    if (named === undefined) this.#scoped.set(namespaceId, (named = new Map()));
    named.set(name, topic);
    if (namespaceId !== globalTopics) this.#namespaces.set(id, namespaceId);
  }

  #forget({ namespaceId, name, id }: Topic): void {
    const named = this.#named(namespaceId);
    named?.delete(name);
    if (named?.size === 0) this.#scoped.delete(namespaceId);
    this.#namespaces.delete(id);
  }

  #create(tx: Transaction, ref: TopicRef, settings: TopicSettings): Topic {
    checkTopicName(nameOf(ref));
    if (this.size >= TOPICS_MAX) {
      throw new CronosError("TOO_LARGE", `Database must have at most ${TOPICS_MAX} topics`);
    }
    const counters = readCounters(tx);
    tx.put(countersKey, jsonValue({ ...counters, nextTopicId: counters.nextTopicId + 1 }));
    const topic = new Topic(ref, { ...settings, id: counters.nextTopicId, createdAt: tx.now });
    this.#remember(topic);
    tx.onUndone(() => this.#forget(topic));
    tx.onApplied(() => this.#onCreated(topic));
    this.#put(tx, topic);
    return topic;
  }

  #put(tx: Transaction, topic: Topic): void {
    const row: TopicRow = { id: topic.id, createdAt: topic.createdAt, ...topic.settings };
    tx.put(topicKey(topic.ref), jsonValue(row));
  }
}

/** Throws INVALID_ARGUMENT unless `name` can be a topic's. */
export function checkTopicName(name: string): void {
  if (typeof name === "string" && name.length >= 1 && name.length <= TOPIC_CHARACTERS_MAX) return;
  throw new CronosError(
    "INVALID_ARGUMENT",
    `Topic must be a text of 1 to ${TOPIC_CHARACTERS_MAX} characters: got ${JSON.stringify(name)}`,
  );
}

function readCounters(view: ReadView): Counters {
  const value = view.get(countersKey);
  return value === undefined ? { nextTopicId: 1, nextGroupId: 1 } : readJson<Counters>(value);
}
