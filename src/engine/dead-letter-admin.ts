/**
 * Dead letters, as EventsApi shows them.
 */
import type { Key } from "../base/key.ts";
import { keyFromBytes, keyToBytes } from "../base/key.ts";
import type { DeadLetterFilter, StoredDeadLetter } from "../models/events/dead-letters.ts";
import {
  OPERATION_LETTERS,
  purgeDeadLetters,
  readDeadLetters,
  redriveDeadLetters,
} from "../models/events/dead-letters.ts";
import type { EventsModel } from "../models/events/events-model.ts";
import type { Group } from "../models/events/group.ts";
import { deadLettersPrefix } from "../models/events/rows.ts";
import { decodeEvent } from "../models/events/stored-event.ts";
import type { Topic } from "../models/events/topic.ts";
import type { Shard } from "../shard/shard.ts";
import type { Transaction } from "../shard/transaction.ts";
import type { DeadLetter, DeadLetterQuery, DeadLetterSelector, Page } from "./events-api.ts";
import { pageLimit, refuseToken } from "./page.ts";

export class DeadLetterAdmin {
  readonly #shard: Shard;
  readonly #model: EventsModel;

  constructor(options: { readonly shard: Shard; readonly model: EventsModel }) {
    this.#shard = options.shard;
    this.#model = options.model;
  }

  list(query: DeadLetterQuery): Page<DeadLetter> {
    const topic = this.#model.catalog.get(query.topic);
    const filter = this.#filter(topic, query);
    const limit = pageLimit(query.limit);
    const after = query.after === undefined ? undefined : tokenKey(query.after, topic);
    const letters = readDeadLetters(this.#shard.durable, filter, { after, limit });
    const names = new Map(Array.from(this.#groups(topic).values(), ({ id, name }) => [id, name]));
    const items = letters.map((letter) => show(letter, names.get(letter.groupId) ?? ""));
    const last = letters.at(-1);
    if (last === undefined || letters.length < limit) return { items };
    return { items, next: keyToBytes(last.key).toString("base64url") };
  }

  async redrive(selector: DeadLetterSelector): Promise<number> {
    const topic = this.#model.catalog.get(selector.topic);
    const filter = this.#filter(topic, selector);
    const byId = new Map(Array.from(this.#groups(topic).values(), (group) => [group.id, group]));
    return this.#repeat((tx) => {
      const { count, groups } = redriveDeadLetters(tx, filter, byId);
      tx.onApplied(() => {
        for (const group of groups) this.#model.retriesAdded(group);
      });
      return count;
    });
  }

  purge(selector: DeadLetterSelector): Promise<number> {
    const filter = this.#filter(this.#model.catalog.get(selector.topic), selector);
    return this.#repeat((tx) => purgeDeadLetters(tx, filter));
  }

  /** Repeats a bounded operation until it finds less than its bound; returns the sum. */
  async #repeat(operation: (tx: Transaction) => number): Promise<number> {
    for (let total = 0; ; ) {
      const count = await this.#shard.execute(operation);
      this.#model.deadLetterCount -= count;
      total += count;
      if (count < OPERATION_LETTERS) return total;
    }
  }

  #filter(topic: Topic, selector: Omit<DeadLetterSelector, "topic">): DeadLetterFilter {
    const { group, ids } = selector;
    return {
      topicId: topic.id,
      groupId: group === undefined ? undefined : this.#model.groups.get(topic, group).id,
      ids: ids === undefined ? undefined : new Set(ids),
    };
  }

  #groups(topic: Topic): ReadonlyMap<string, Group> {
    return this.#model.groups.of(topic);
  }
}

function show(letter: StoredDeadLetter, group: string): DeadLetter {
  const { failed, partition, offset } = letter;
  const { createdAt, event: bytes } = failed;
  return {
    ...decodeEvent({ bytes, partition, offset, createdAt }),
    group,
    attempts: failed.failures,
    lastError: failed.error,
    deadAt: failed.deadAt,
  };
}

function tokenKey(token: string, topic: Topic): Key {
  const key = keyFromBytes(Buffer.from(token, "base64url"));
  if (!key.startsWith(deadLettersPrefix(topic.id))) refuseToken(token);
  return key;
}
