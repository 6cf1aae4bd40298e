/**
 * The events of one open database: EventsApi for the library, EncodedEventsApi for protocols.
 */
import { CronosError } from "../base/errors.ts";
import { keyU48Max } from "../base/key.ts";
import { eventError, eventErrorMessage } from "../models/events/event-error.ts";
import type { EventList } from "../models/events/event-list.ts";
import type { EventsModel, SubscribeRequest } from "../models/events/events-model.ts";
import type { Outcome } from "../models/events/settler.ts";
import type { PublishOutcome } from "../models/events/publish.ts";
import type { Clock } from "../ports/clock.ts";
import type { Shard } from "../shard/shard.ts";
import type {
  EncodedEvent,
  EncodedEventsApi,
  EncodedSubscribeOptions,
  EncodedSubscriber,
  EncodedSubscription,
} from "./encoded-events.ts";
import type {
  BatchReceipt,
  DeadLetter,
  DeadLetterQuery,
  DeadLetterSelector,
  EventInput,
  EventSelector,
  EventsApi,
  PendingQuery,
  Schedule,
  ScheduleInput,
  GroupInfo,
  Page,
  PartitionInfo,
  PublishOptions,
  PublishReceipt,
  ReplayOptions,
  RetentionOptions,
  RetentionResult,
  SchedulerStatus,
  SeekPosition,
  StartPosition,
  StoredEvent,
  SubscribeOptions,
  Subscription,
  TopicInfo,
  TopicSettings,
} from "./events-api.ts";
import { globalTopics, topicRef } from "../models/events/topic-ref.ts";
import type { InNamespace, TopicRef } from "../models/events/topic-ref.ts";
import { DeadLetterAdmin } from "./dead-letter-admin.ts";
import type { FireLag } from "./fire-lag.ts";
import { GroupAdmin } from "./group-admin.ts";
import { EventQueries } from "./event-queries.ts";
import { EventReplays } from "./event-replays.ts";
import type { EngineMetrics, EngineStats } from "./metrics.ts";
import { SchedulesService } from "./schedules-service.ts";
import { IteratorSubscription } from "./subscription.ts";
import { TopicAdmin } from "./topic-admin.ts";

const CREDITS_DEFAULT = 1000;
const CREDITS_MAX = 100_000;
const BATCH_SIZE_MAX = 1000;
const SUBSCRIPTION_ID_CHARACTERS_MAX = 255;

/** The event figures of EngineStats. */
type EventCounts = Pick<
  EngineStats,
  | "topics"
  | "subscriptions"
  | "schedules"
  | "eventsPending"
  | "eventsReady"
  | "eventsInFlight"
  | "deadLetters"
>;

const noErrors: BatchReceipt["errors"] = [];

export interface EventsServiceOptions {
  readonly shard: Shard;
  readonly model: EventsModel;
  readonly metrics: EngineMetrics;
  readonly clock: Clock;
  readonly fireLag: FireLag;
}

/** What the services of all namespaces share. */
class EventsParts {
  readonly schedules: SchedulesService;
  readonly topics: TopicAdmin;
  readonly groups: GroupAdmin;
  readonly deadLetters: DeadLetterAdmin;
  readonly queries: EventQueries;
  readonly replays: EventReplays;
  readonly subscriptions = new Set<IteratorSubscription>();
  readonly options: EventsServiceOptions;

  constructor(options: EventsServiceOptions) {
    this.options = options;
    this.schedules = new SchedulesService(options);
    this.topics = new TopicAdmin(options);
    this.groups = new GroupAdmin(options);
    this.deadLetters = new DeadLetterAdmin(options);
    this.queries = new EventQueries(options);
    this.replays = new EventReplays(options);
  }
}

export class EventsService implements EventsApi, EncodedEventsApi {
  readonly #shard: Shard;
  readonly #model: EventsModel;
  readonly #metrics: EngineMetrics;
  readonly #clock: Clock;
  readonly #parts: EventsParts;
  readonly #namespaceId: () => number;

  private constructor(parts: EventsParts, namespaceId: () => number) {
    const { shard, model, metrics, clock } = parts.options;
    this.#shard = shard;
    this.#model = model;
    this.#metrics = metrics;
    this.#clock = clock;
    this.#parts = parts;
    this.#namespaceId = namespaceId;
  }

  /** The events of the namespace "global". */
  static start(options: EventsServiceOptions): EventsService {
    return new EventsService(new EventsParts(options), () => globalTopics);
  }

  /**
   * The events of another namespace, whose id is asked for with each call and may throw. Closed
   * together with this one.
   */
  inNamespace(namespaceId: () => number): EventsService {
    return new EventsService(this.#parts, namespaceId);
  }

  async publish(event: EventInput, options: PublishOptions = {}): Promise<PublishReceipt> {
    // Not awaited when there is room: writes run in the order in which they were asked for.
    const room = this.#room();
    if (room !== undefined) await room;
    const { list } = this.#model;
    list.encodeAll([event]);
    list.namespaceId = this.#namespaceId();
    return this.#publishOne(list, options.allowDuplicate === true);
  }

  async publishEncoded(event: Uint8Array, options: PublishOptions = {}): Promise<PublishReceipt> {
    const room = this.#room();
    if (room !== undefined) await room;
    const { list } = this.#model;
    list.scanOne(event);
    list.namespaceId = this.#namespaceId();
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
    list.namespaceId = this.#namespaceId();
    return this.#publishList(list, options.allowDuplicate === true);
  }

  async publishBatchEncoded(batch: Uint8Array): Promise<BatchReceipt> {
    const room = this.#room();
    if (room !== undefined) await room;
    const { list } = this.#model;
    list.scanBatch(batch);
    list.namespaceId = this.#namespaceId();
    return this.#publishList(list, list.allowDuplicate);
  }

  async cancel(selector: EventSelector): Promise<number> {
    return this.#parts.queries.cancel(this.#within(selector));
  }

  async reschedule(selector: EventSelector, at: number): Promise<number> {
    return this.#parts.queries.reschedule(this.#within(selector), at);
  }

  async get(topic: string, id: string): Promise<StoredEvent | undefined> {
    return this.#parts.queries.get(this.#topic(topic), id);
  }

  replay(options: ReplayOptions): AsyncIterable<StoredEvent> {
    return this.#parts.replays.replay(this.#within(options));
  }

  replayEncoded(options: ReplayOptions): AsyncIterable<EncodedEvent> {
    return this.#parts.replays.replayEncoded(this.#within(options));
  }

  async listPending(query: PendingQuery): Promise<Page<StoredEvent>> {
    return this.#parts.queries.listPending(this.#within(query));
  }

  subscribe(options: SubscribeOptions): Subscription {
    const request = subscribeRequest(this.#within({ ...options, batchSize: 1 }));
    const subscription: IteratorSubscription = new IteratorSubscription(this.#model, {
      clock: this.#clock,
      request,
      onClosed: () => this.#parts.subscriptions.delete(subscription),
    });
    this.#parts.subscriptions.add(subscription);
    return subscription;
  }

  async subscribeEncoded(
    options: EncodedSubscribeOptions,
    subscriber: EncodedSubscriber,
  ): Promise<EncodedSubscription> {
    const model = this.#model;
    const member = await model.subscribe(subscribeRequest(this.#within(options)), subscriber);
    return {
      subscriptionId: member.id,
      ack: (deliveryId) => model.settle(deliveryId, { ok: true }),
      nack: (deliveryId, error) => model.settle(deliveryId, { ok: false, error }),
      resume: () => model.resume(member),
      close: () => model.leave(member),
    };
  }

  async listDeadLetters(query: DeadLetterQuery): Promise<Page<DeadLetter>> {
    return this.#parts.deadLetters.list(this.#within(query));
  }

  async redriveDeadLetters(selector: DeadLetterSelector): Promise<number> {
    return this.#parts.deadLetters.redrive(this.#within(selector));
  }

  async purgeDeadLetters(selector: DeadLetterSelector): Promise<number> {
    return this.#parts.deadLetters.purge(this.#within(selector));
  }

  async configureTopic(topic: string, settings: Partial<TopicSettings>): Promise<TopicInfo> {
    return this.#parts.topics.configure(this.#topic(topic), settings);
  }

  async listTopics(): Promise<readonly TopicInfo[]> {
    return this.#parts.topics.list(this.#namespaceId());
  }

  async deleteTopic(topic: string): Promise<boolean> {
    return this.#parts.topics.remove(this.#topic(topic));
  }

  async createGroup(group: string, topic: string): Promise<GroupInfo> {
    return this.#parts.groups.create(group, this.#topic(topic));
  }

  async getGroup(group: string): Promise<readonly GroupInfo[]> {
    return this.#parts.groups.get(group, this.#namespaceId());
  }

  async listGroups(topic?: string): Promise<readonly GroupInfo[]> {
    return this.#parts.groups.list(this.#optionalTopic(topic), this.#namespaceId());
  }

  async deleteGroup(group: string, topic: string): Promise<boolean> {
    return this.#parts.groups.remove(group, this.#topic(topic));
  }

  async seekGroup(
    group: string,
    topic: string,
    to: { readonly partition?: number; readonly position: SeekPosition },
  ): Promise<GroupInfo> {
    return this.#parts.groups.seek(group, this.#topic(topic), to);
  }

  async listPartitions(topic?: string): Promise<readonly PartitionInfo[]> {
    return this.#parts.topics.partitions(this.#optionalTopic(topic), this.#namespaceId());
  }

  async schedulerStatus(partition?: number): Promise<SchedulerStatus> {
    return this.#parts.topics.schedulerStatus(partition, this.#namespaceId());
  }

  async runRetention(options: RetentionOptions = {}): Promise<RetentionResult> {
    const { topic, ...rest } = options;
    const namespaceId = this.#namespaceId();
    const within = topic === undefined ? {} : { topic: topicRef(namespaceId, topic) };
    return this.#model.retention.run({ ...rest, ...within, namespaceId });
  }

  settleEncoded(deliveryId: string, outcome: Outcome): Promise<number> {
    return this.#model.settle(deliveryId, outcome);
  }

  async schedule(input: ScheduleInput): Promise<Schedule> {
    return this.#parts.schedules.schedule(input, this.#topic(input.topic));
  }

  async listSchedules(topic?: string): Promise<readonly Schedule[]> {
    return this.#parts.schedules.list(this.#optionalTopic(topic), this.#namespaceId());
  }

  async pauseSchedule(topic: string, name: string, paused: boolean): Promise<Schedule> {
    return this.#parts.schedules.pause(this.#topic(topic), name, paused);
  }

  async deleteSchedule(topic: string, name: string): Promise<boolean> {
    return this.#parts.schedules.delete(this.#topic(topic), name);
  }

  previewSchedule(
    ...[input, options]: Parameters<EventsApi["previewSchedule"]>
  ): Promise<readonly number[]> {
    return this.#parts.schedules.preview(input, options);
  }

  /** The event figures of EngineStats. */
  counts(): EventCounts {
    const { pending, ready } = this.#parts.topics.schedulerStatus(undefined);
    let subscriptions = 0;
    let deadLetters = 0;
    for (const group of this.#model.allGroups()) {
      subscriptions += group.members.size;
      deadLetters += group.deadLetters;
    }
    return {
      topics: this.#model.catalog.size,
      subscriptions,
      schedules: this.#model.schedules.size,
      eventsPending: pending,
      eventsReady: ready,
      eventsInFlight: this.#model.dispatcher.inFlightEvents,
      deadLetters,
    };
  }

  /** Ends the library's subscriptions without an error. */
  close(): void {
    for (const subscription of this.#parts.subscriptions) subscription.finish();
    this.#parts.replays.close();
  }

  /** The request, for topics of the namespace. */
  #within<Request extends { readonly topic: string }>(request: Request): InNamespace<Request> {
    return { ...request, topic: this.#topic(request.topic) };
  }

  #topic(name: string): TopicRef {
    return topicRef(this.#namespaceId(), name);
  }

  #optionalTopic(name: string | undefined): TopicRef | undefined {
    return name === undefined ? undefined : this.#topic(name);
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

function subscribeRequest(options: InNamespace<EncodedSubscribeOptions>): SubscribeRequest {
  const { credits = CREDITS_DEFAULT, batchSize, from = "earliest" } = options;
  checkRange("credits", credits, CREDITS_MAX);
  checkRange("batchSize", batchSize, BATCH_SIZE_MAX);
  checkSubscriptionId(options.subscriptionId);
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
  if (from === "earliest" || from === "latest") return from;
  if (Number.isInteger(from) && from >= 0 && from <= keyU48Max) return { offset: from };
  throw new CronosError(
    "INVALID_ARGUMENT",
    `Subscription start must be "earliest", "latest" or an offset: got ${from}`,
  );
}

function checkSubscriptionId(id: string | undefined): void {
  if (id === undefined) return;
  if (typeof id === "string" && id.length <= SUBSCRIPTION_ID_CHARACTERS_MAX) return;
  throw new CronosError(
    "INVALID_ARGUMENT",
    `Subscription id must be a text of at most ${SUBSCRIPTION_ID_CHARACTERS_MAX} characters`,
  );
}

function checkRange(name: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  throw new CronosError(
    "INVALID_ARGUMENT",
    `Subscription ${name} must be an integer from 1 to ${max}: got ${value}`,
  );
}
