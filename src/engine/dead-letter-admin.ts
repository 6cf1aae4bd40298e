/**
 * Dead letters, as EventsApi shows them.
 */
import type { Key } from "../base/key.ts";
import { keyFromBytes, keyToBytes } from "../base/key.ts";
import type {
  DeadLetterFilter,
  DeadLetterPart,
  DeadLetterWork,
  StoredDeadLetter,
} from "../models/events/dead-letters.ts";
import {
  purgeDeadLetters,
  readDeadLetters,
  redriveDeadLetters,
} from "../models/events/dead-letters.ts";
import type { EventsModel } from "../models/events/events-model.ts";
import type { Group } from "../models/events/group.ts";
import { deadLettersPrefix } from "../models/events/rows.ts";
import { decodeEvent } from "../models/events/stored-event.ts";
import type { InNamespace } from "../models/events/topic-ref.ts";
import type { Topic } from "../models/events/topic.ts";
import type { Clock } from "../ports/clock.ts";
import type { Shard } from "../shard/shard.ts";
import type { Transaction } from "../shard/transaction.ts";
import type { DeadLetter, DeadLetterQuery, DeadLetterSelector, Page } from "./events-api.ts";
import { pageLimit, refuseToken } from "./page.ts";

export class DeadLetterAdmin {
  readonly #shard: Shard;
  readonly #model: EventsModel;
  readonly #clock: Clock;

  constructor(options: {
    readonly shard: Shard;
    readonly model: EventsModel;
    readonly clock: Clock;
  }) {
    this.#shard = options.shard;
    this.#model = options.model;
    this.#clock = options.clock;
  }

  list(query: InNamespace<DeadLetterQuery>): Page<DeadLetter> {
    const topic = this.#model.catalog.get(query.topic);
    const filter = this.#filter(topic, query);
    const limit = pageLimit(query.limit);
    const after = query.after === undefined ? undefined : tokenKey(query.after, topic);
    const { letters, next } = readDeadLetters(this.#shard.durable, filter, { after, limit });
    const names = new Map(this.#groups(topic).map(({ id, name }) => [id, name]));
    const items = letters.map((letter) => show(letter, names.get(letter.groupId) ?? ""));
    return next === undefined ? { items } : { items, next: keyToBytes(next).toString("base64url") };
  }

  redrive(selector: InNamespace<DeadLetterSelector>): Promise<number> {
    return this.#change(selector, (tx, work) => redriveDeadLetters(tx, work, this.#clock.now()));
  }

  purge(selector: InNamespace<DeadLetterSelector>): Promise<number> {
    return this.#change(selector, purgeDeadLetters);
  }

  /** Runs bounded operations until the last letter was looked at; returns how many were changed. */
  async #change(
    selector: InNamespace<DeadLetterSelector>,
    operation: (tx: Transaction, work: DeadLetterWork) => DeadLetterPart,
  ): Promise<number> {
    const topic = this.#model.catalog.get(selector.topic);
    const filter = this.#filter(topic, selector);
    let count = 0;
    let after: Key | undefined;
    do {
      const start: Key | undefined = after;
      const { letters, next } = await this.#shard.execute((tx) =>
        operation(tx, { filter, after: start, groups: this.#groups(topic) }),
      );
      count += letters.length;
      after = next;
      // An operation that changed nothing was durable at once.
      if (next !== undefined) await new Promise<void>((resolve) => this.#clock.soon(resolve));
    } while (after !== undefined);
    return count;
  }

  #filter(topic: Topic, selector: Omit<DeadLetterSelector, "topic">): DeadLetterFilter {
    const { group, ids } = selector;
    return {
      topicId: topic.id,
      groupId: group === undefined ? undefined : this.#model.groups.get(topic, group).id,
      ids: ids === undefined ? undefined : new Set(ids),
    };
  }

  #groups(topic: Topic): readonly Group[] {
    return [...this.#model.groups.of(topic).values()];
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
