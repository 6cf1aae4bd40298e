/**
 * The consumers of a random program: they come and go, acknowledge, refuse, or keep silent.
 */
import assert from "node:assert/strict";
import type { EncodedDelivery, EncodedSubscription } from "../../src/engine/encoded-events.ts";
import type { StoredEvent } from "../../src/engine/events-api.ts";
import { decodeEvent } from "../../src/models/events/stored-event.ts";
import type { NodeWorld } from "./node-world.ts";
import { groups, partitionCount, topics } from "./node-world.ts";

const subscriptionsMax = 8;

interface Consumer {
  readonly topic: string;
  readonly group: string;
  readonly partition: number | undefined;
  /** Undefined until the database answered. */
  subscription: EncodedSubscription | undefined;
}

interface Handed {
  readonly delivery: EncodedDelivery;
  readonly events: readonly StoredEvent[];
  readonly from: Consumer;
}

export class NodeConsumers {
  readonly #world: NodeWorld;
  #consumers: Consumer[] = [];
  /** What was handed out and not answered. */
  #inbox: Handed[] = [];
  /** Everything is acknowledged at once. */
  #isKeen = false;

  constructor(world: NodeWorld) {
    this.#world = world;
    world.onDeath = () => {
      this.#consumers = [];
      this.#inbox = [];
    };
  }

  /** From now on one consumer of each group and topic acknowledges everything at once. */
  drain(): void {
    this.#isKeen = true;
    for (const topic of topics) {
      for (const group of groups) {
        this.#open({ topic, group, partition: undefined, subscription: undefined });
      }
    }
  }

  subscribe(): void {
    const { random } = this.#world;
    if (this.#consumers.length >= subscriptionsMax) return;
    this.#open({
      topic: this.#world.pick(topics),
      group: this.#world.pick(groups),
      partition: random.below(3) === 0 ? random.below(partitionCount) : undefined,
      subscription: undefined,
    });
  }

  unsubscribe(): void {
    const open = this.#consumers.filter(({ subscription }) => subscription !== undefined);
    const consumer = this.#world.pickMaybe(open);
    if (consumer?.subscription === undefined) return;
    this.#forget(consumer);
    this.#world.ask(consumer.subscription.close(), () => {});
  }

  /** Answers up to `countMax` of what was handed out. */
  settle(isOk: boolean, countMax: number): void {
    for (let count = 1 + this.#world.random.below(countMax); count > 0; count--) {
      const handed = this.takeHanded();
      if (handed !== undefined) this.#settle(handed, isOk);
    }
  }

  /** Takes something out of the inbox; nobody will answer it. */
  takeHanded(): Handed | undefined {
    if (this.#inbox.length === 0) return undefined;
    return this.#inbox.splice(this.#world.random.below(this.#inbox.length), 1)[0];
  }

  #open(consumer: Consumer): void {
    const { topic, group, partition } = consumer;
    const { process, random, db } = this.#world;
    this.#consumers.push(consumer);
    const options = {
      topic,
      group,
      from: "earliest" as const,
      credits: 1 + random.below(30),
      batchSize: 1 + random.below(8),
      ...(partition === undefined ? {} : { partition }),
    };
    const subscriber = {
      deliver: (delivery: EncodedDelivery) => {
        if (process !== this.#world.process) return true;
        this.#world.guard(() => this.#delivered(consumer, delivery));
        return true;
      },
      ended: () => this.#forget(consumer),
    };
    this.#world.ask(
      db.events.subscribeEncoded(options, subscriber),
      (subscription) => {
        consumer.subscription = subscription;
      },
      // The topic may be deleted meanwhile.
      { allowed: ["NOT_FOUND"], error: () => this.#forget(consumer) },
    );
  }

  #forget(consumer: Consumer): void {
    this.#consumers = this.#consumers.filter((each) => each !== consumer);
    this.#inbox = this.#inbox.filter(({ from }) => from !== consumer);
  }

  #delivered(from: Consumer, delivery: EncodedDelivery): void {
    const { model, node, now } = this.#world;
    const { deliveryId, attempt } = delivery;
    const events = delivery.events.map((event) => decodeEvent(event));
    for (const event of events) {
      assert.equal(event.topic, from.topic, "topic of a delivery");
      if (from.partition !== undefined) assert.equal(event.partition, from.partition);
      this.#world.note(`${from.group} ${deliveryId} ${attempt} ${event.topic}/${event.id}`);
      model.delivered(from.group, { deliveryId, attempt, event }, now);
    }
    this.#inbox.push({ delivery, events, from });
    if (this.#isKeen) node.clock.soon(() => this.settle(true, 1));
  }

  #settle({ delivery, events, from }: Handed, isOk: boolean): void {
    const { model } = this.#world;
    const { subscription, group } = from;
    const { deliveryId } = delivery;
    if (subscription === undefined) return;
    const parts = events.map((event) => model.progress(model.read(event), group));
    /** The parts that were neither handed out again nor moved since. */
    const current = () => parts.filter((progress) => progress.lastDelivery === deliveryId);
    for (const progress of current()) {
      if (isOk && progress.outcome === "owed") progress.outcome = "free";
    }
    this.#world.ask(
      isOk ? subscription.ack(deliveryId) : subscription.nack(deliveryId, "refused"),
      () => {
        for (const progress of current()) {
          if (isOk) progress.outcome = "settled";
          else progress.failures++;
        }
        if (isOk) model.counts.acked += events.length;
      },
      {
        allowed: ["NOT_FOUND"],
        error: (code) => {
          if (!isOk) return;
          for (const progress of code === "NOT_FOUND" ? current() : parts) {
            if (code !== "NOT_FOUND") progress.isUnsure = true;
            else if (progress.outcome === "free" && !progress.isUnsure) progress.outcome = "owed";
          }
        },
      },
    );
  }
}
