/**
 * The topics of a database, by name and by id. A topic that is published to for the first time is
 * created with the database's default settings.
 */
import { CronosError } from "../../base/errors.ts";
import { keyU32, readKeyText } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { TOPIC_CHARACTERS_MAX } from "./event-error.ts";
import {
  countersKey,
  jsonValue,
  perTopicPrefixes,
  prefixEnd,
  readJson,
  topicKey,
  topicPrefix,
} from "./rows.ts";
import type { TopicRow, TopicSettings } from "./topic.ts";
import { TOPICS_MAX, Topic, checkTopicSettings, settingsOf } from "./topic.ts";

interface Counters {
  nextTopicId: number;
  nextGroupId: number;
}

export class Catalog {
  readonly defaults: TopicSettings;
  readonly #topics = new Map<string, Topic>();
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
    return this.#topics.size;
  }

  topics(): Iterable<Topic> {
    return this.#topics.values();
  }

  find(name: string): Topic | undefined {
    return this.#topics.get(name);
  }

  /** The topic, or NOT_FOUND. */
  get(name: string): Topic {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw new CronosError("NOT_FOUND", `Topic ${name} does not exist`);
    return topic;
  }

  /** The topic, created if it is new. */
  ensure(tx: Transaction, name: string): Topic {
    return this.#topics.get(name) ?? this.#create(tx, name, this.defaults);
  }

  /** Creates the topic or changes its settings. */
  configure(tx: Transaction, name: string, settings: Partial<TopicSettings>): Topic {
    checkTopicSettings(settings);
    const topic = this.#topics.get(name);
    if (topic === undefined) return this.#create(tx, name, { ...this.defaults, ...settings });
    if (settings.partitions !== undefined && settings.partitions !== topic.partitions.length) {
      throw new CronosError(
        "INVALID_ARGUMENT",
        `Topic ${name} has ${topic.partitions.length} partitions: the number cannot change`,
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
  remove(tx: Transaction, name: string): boolean {
    const topic = this.#topics.get(name);
    if (topic === undefined) return false;
    tx.delete(topicKey(name));
    for (const prefix of perTopicPrefixes) {
      const start = prefix + keyU32(topic.id);
      tx.deleteRange(start, prefixEnd(start));
    }
    this.#topics.delete(name);
    tx.onUndone(() => this.#topics.set(name, topic));
    tx.onApplied(() => this.#onRemoved(topic));
    return true;
  }

  /** A new number for a group; never given twice. */
  nextGroupId(tx: Transaction): number {
    const counters = readCounters(tx);
    tx.put(countersKey, jsonValue({ ...counters, nextGroupId: counters.nextGroupId + 1 }));
    return counters.nextGroupId;
  }

  /** Brings everything to what the rows say; a topic that is still there stays the same object. */
  load(view: ReadView): void {
    const known = new Map(this.#topics);
    this.#topics.clear();
    for (const [key, value] of view.range(topicPrefix, prefixEnd(topicPrefix))) {
      const name = readKeyText(key, topicPrefix.length).text;
      const row = readJson<TopicRow>(value);
      const before = known.get(name);
      if (before?.id === row.id) before.settings = settingsOf(row);
      this.#topics.set(name, before?.id === row.id ? before : new Topic(name, row));
    }
  }

  #create(tx: Transaction, name: string, settings: TopicSettings): Topic {
    checkTopicName(name);
    if (this.#topics.size >= TOPICS_MAX) {
      throw new CronosError("TOO_LARGE", `Database must have at most ${TOPICS_MAX} topics`);
    }
    const counters = readCounters(tx);
    tx.put(countersKey, jsonValue({ ...counters, nextTopicId: counters.nextTopicId + 1 }));
    const topic = new Topic(name, { ...settings, id: counters.nextTopicId, createdAt: tx.now });
    this.#topics.set(name, topic);
    tx.onUndone(() => this.#topics.delete(name));
    tx.onApplied(() => this.#onCreated(topic));
    this.#put(tx, topic);
    return topic;
  }

  #put(tx: Transaction, topic: Topic): void {
    const row: TopicRow = { id: topic.id, createdAt: topic.createdAt, ...topic.settings };
    tx.put(topicKey(topic.name), jsonValue(row));
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
