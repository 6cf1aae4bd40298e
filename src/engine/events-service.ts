/**
 * The events of one open database: EventsApi for the library, EncodedEventsApi for protocols.
 */
import { CronosError } from "../base/errors.ts";
import { eventError, eventErrorMessage } from "../models/events/event-error.ts";
import type { EventList } from "../models/events/event-list.ts";
import type { EventsModel, SubscribeRequest } from "../models/events/events-model.ts";
import type { Outcome } from "../models/events/settler.ts";
import type { PublishOutcome } from "../models/events/publish.ts";
import type { Clock } from "../ports/clock.ts";
import type { Shard } from "../shard/shard.ts";
import type {
  EncodedEventsApi,
  EncodedSubscribeOptions,
  EncodedSubscriber,
  EncodedSubscription,
} from "./encoded-events.ts";
import type {
  BatchReceipt,
  EventInput,
  PublishOptions,
  PublishReceipt,
  StartPosition,
  SubscribeOptions,
  Subscription,
} from "./events-api.ts";
import type { EngineMetrics, EngineStats } from "./metrics.ts";
import { IteratorSubscription } from "./subscription.ts";

const CREDITS_DEFAULT = 1000;
const CREDITS_MAX = 100_000;
const BATCH_SIZE_MAX = 1000;

const noErrors: BatchReceipt["errors"] = [];

export interface EventsServiceOptions {
  readonly shard: Shard;
  readonly model: EventsModel;
  readonly metrics: EngineMetrics;
  readonly clock: Clock;
}

export class EventsService implements EncodedEventsApi {
  readonly #shard: Shard;
  readonly #model: EventsModel;
  readonly #metrics: EngineMetrics;
  readonly #clock: Clock;
  readonly #subscriptions = new Set<IteratorSubscription>();

  constructor(options: EventsServiceOptions) {
    this.#shard = options.shard;
    this.#model = options.model;
    this.#metrics = options.metrics;
    this.#clock = options.clock;
  }

  async publish(event: EventInput, options: PublishOptions = {}): Promise<PublishReceipt> {
    await this.#room();
    const { list } = this.#model;
    list.encodeAll([event]);
    return this.#publishOne(list, options.allowDuplicate === true);
  }

  async publishEncoded(event: Uint8Array, options: PublishOptions = {}): Promise<PublishReceipt> {
    const room = this.#room();
    if (room !== undefined) await room;
    const { list } = this.#model;
    list.scanOne(event);
    return this.#publishOne(list, options.allowDuplicate === true);
  }

  async publishBatch(
    events: readonly EventInput[],
    options: PublishOptions = {},
  ): Promise<BatchReceipt> {
    const room = this.#room();
    if (room !== undefined) await room;
    const { list } = this.#model;
    list.encodeAll(events);
    return this.#publishList(list, options.allowDuplicate === true);
  }

  async publishBatchEncoded(batch: Uint8Array): Promise<BatchReceipt> {
    const room = this.#room();
    if (room !== undefined) await room;
    const { list } = this.#model;
    list.scanBatch(batch);
    return this.#publishList(list, list.allowDuplicate);
  }

  subscribe(options: SubscribeOptions): Subscription {
    const request = subscribeRequest({ ...options, batchSize: 1 });
    const subscription: IteratorSubscription = new IteratorSubscription(this.#model, {
      clock: this.#clock,
      request,
      onClosed: () => this.#subscriptions.delete(subscription),
    });
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async subscribeEncoded(
    options: EncodedSubscribeOptions,
    subscriber: EncodedSubscriber,
  ): Promise<EncodedSubscription> {
    const model = this.#model;
    const member = await model.subscribe(subscribeRequest(options), subscriber);
    return {
      subscriptionId: member.id,
      ack: (deliveryId) => model.settle(deliveryId, { ok: true }),
      nack: (deliveryId, error) => model.settle(deliveryId, { ok: false, error }),
      resume: () => model.resume(member),
      close: () => model.leave(member),
    };
  }

  settleEncoded(deliveryId: string, outcome: Outcome): Promise<number> {
    return this.#model.settle(deliveryId, outcome);
  }

  /** The event figures of EngineStats. */
  counts(): Pick<EngineStats, "topics" | "eventsPending" | "eventsInFlight"> {
    let eventsPending = 0;
    for (const topic of this.#model.catalog.topics()) eventsPending += topic.pending;
    return {
      topics: this.#model.catalog.size,
      eventsPending,
      eventsInFlight: this.#model.dispatcher.inFlightEvents,
    };
  }

  /** Ends the library's subscriptions without an error. */
  close(): void {
    for (const subscription of this.#subscriptions) subscription.finish();
  }

  /** What a publish must wait for first, if anything. */
  #room(): Promise<void> | undefined {
    return this.#shard.room();
  }

  async #publishOne(list: EventList, allowDuplicate: boolean): Promise<PublishReceipt> {
    if (list.error[0] !== eventError.none) {
      this.#metrics.count("eventsRejected");
      throw new CronosError("INVALID_ARGUMENT", eventErrorMessage(list.error[0] as number));
    }
    const at = list.at[0] as number;
    const outcome = this.#run(list, allowDuplicate);
    const receipt = {
      partition: outcome.partition[0] as number,
      offset: outcome.offset[0] as number,
      at,
      duplicate: outcome.duplicates > 0,
    };
    await this.#shard.tipDurable();
    return receipt;
  }

  async #publishList(list: EventList, allowDuplicate: boolean): Promise<BatchReceipt> {
    const outcome = this.#run(list, allowDuplicate);
    const receipt: BatchReceipt = {
      published: outcome.published,
      duplicates: outcome.duplicates,
      errors: outcome.errors === 0 ? noErrors : listErrors(list),
      firstOffset: outcome.firstOffset,
      lastOffset: outcome.lastOffset,
    };
    await this.#shard.tipDurable();
    return receipt;
  }

  #run(list: EventList, allowDuplicate: boolean): PublishOutcome {
    const outcome = this.#shard.run((tx) => this.#model.publish(tx, list, allowDuplicate));
    if (outcome.published > 0) this.#metrics.count("eventsPublished", outcome.published);
    if (outcome.duplicates > 0) this.#metrics.count("eventsDuplicate", outcome.duplicates);
    if (outcome.errors > 0) this.#metrics.count("eventsRejected", outcome.errors);
    return outcome;
  }
}

function listErrors(list: EventList): BatchReceipt["errors"] {
  const errors: { index: number; message: string }[] = [];
  for (let index = 0; index < list.count; index++) {
    const error = list.error[index] as number;
    if (error !== eventError.none) errors.push({ index, message: eventErrorMessage(error) });
  }
  return errors;
}

function subscribeRequest(options: EncodedSubscribeOptions): SubscribeRequest {
  const { credits = CREDITS_DEFAULT, batchSize, from = "earliest" } = options;
  checkRange("credits", credits, CREDITS_MAX);
  checkRange("batchSize", batchSize, BATCH_SIZE_MAX);
  return {
    topic: options.topic,
    group: options.group === "" ? undefined : options.group,
    partition: options.partition,
    from: seekTarget(from),
    replay: options.replay === true,
    credits,
    subscriptionId: options.subscriptionId === "" ? undefined : options.subscriptionId,
    batchSize,
  };
}

function seekTarget(from: StartPosition): SubscribeRequest["from"] {
  if (typeof from !== "number") return from;
  if (Number.isSafeInteger(from) && from >= 0) return { offset: from };
  throw new CronosError(
    "INVALID_ARGUMENT",
    `Subscription start must be "earliest", "latest" or an offset: got ${from}`,
  );
}

function checkRange(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw new CronosError(
    "INVALID_ARGUMENT",
    `Subscription ${name} must be an integer from 1 to ${max}: got ${value}`,
  );
}
