/**
 * An EventsApi of a few maps, for tests of what stands on it. It has one topic partition, delivers
 * what is published at once and knows no time; the engine's own rules are tested with the engine.
 */
import { Buffer } from "node:buffer";
import { CronosError } from "../../src/base/errors.ts";
import type { EncodedEventsApi } from "../../src/engine/encoded-events.ts";
import type { BatchReceipt, DeadLetter, EventDelivery } from "../../src/engine/events-api.ts";
import type { EventInput, EventSelector, EventsApi } from "../../src/engine/events-api.ts";
import type { GroupInfo, Page, PartitionInfo } from "../../src/engine/events-api.ts";
import type { PublishReceipt } from "../../src/engine/events-api.ts";
import type { ReplayOptions, RetentionResult, Schedule } from "../../src/engine/events-api.ts";
import type { ScheduleInput, SchedulerStatus, StoredEvent } from "../../src/engine/events-api.ts";
import type { SubscribeOptions, Subscription, TopicInfo } from "../../src/engine/events-api.ts";
import type { TopicSettings } from "../../src/engine/events-api.ts";
import type { EngineStats } from "../../src/engine/metrics.ts";

const settings: TopicSettings = {
  partitions: 1,
  retentionMs: 0,
  retentionBytes: 0,
  dedupTtlMs: 1,
  maxAttempts: 6,
  ackTimeoutMs: 30_000,
  retryBackoffMs: 1_000,
};

export const fakeStats: EngineStats = {
  topics: 1,
  subscriptions: 2,
  schedules: 3,
  eventsPending: 4,
  eventsReady: 5,
  eventsInFlight: 6,
  deadLetters: 7,
  logBytes: 8,
  logSegments: 9,
  logFirstIndex: 10,
  logHeadIndex: 11,
  memtableBytes: 12,
  storeBytesOnDisk: 13,
  storeBytesUsed: 14,
  storeRows: 15,
};

export class FakeEvents implements EventsApi, Pick<EncodedEventsApi, "settleEncoded"> {
  readonly stored = new Map<string, StoredEvent>();
  readonly settled: string[] = [];
  readonly subscriptions = new Set<FakeSubscription>();
  /** Options of the last call of each operation that has some. */
  readonly asked: Record<string, unknown> = {};
  readonly #schedules = new Map<string, Schedule>();
  readonly #topics = new Map<string, TopicInfo>();

  async stats(): Promise<EngineStats> {
    return fakeStats;
  }

  async publish(event: EventInput): Promise<PublishReceipt> {
    const known = this.stored.get(`${event.topic}/${event.id}`);
    if (known !== undefined) {
      return { partition: 0, offset: known.offset, at: known.at, duplicate: true };
    }
    const offset = this.stored.size;
    const payload = typeof event.payload === "string" ? Buffer.from(event.payload) : event.payload;
    const { topic, id, at, meta = {} } = event;
    const stored = { topic, id, at, payload, meta, createdAt: 1, partition: 0, offset };
    this.stored.set(`${topic}/${id}`, stored);
    for (const each of this.subscriptions) each.push(stored);
    return { partition: 0, offset, at, duplicate: false };
  }

  async publishBatch(events: readonly EventInput[]): Promise<BatchReceipt> {
    const receipts = await Promise.all(events.map((event) => this.publish(event)));
    const fresh = receipts.filter(({ duplicate }) => !duplicate).map(({ offset }) => offset);
    return {
      published: fresh.length,
      duplicates: receipts.length - fresh.length,
      errors: [],
      firstOffset: fresh.at(0) ?? -1,
      lastOffset: fresh.at(-1) ?? -1,
    };
  }

  subscribe(options: SubscribeOptions): FakeSubscription {
    this.asked["subscribe"] = options;
    const subscription = new FakeSubscription(() => this.subscriptions.delete(subscription));
    this.subscriptions.add(subscription);
    return subscription;
  }

  async settleEncoded(deliveryId: string): Promise<number> {
    if (deliveryId.startsWith("gone")) {
      throw new CronosError("NOT_FOUND", `No delivery ${deliveryId}`);
    }
    this.settled.push(deliveryId);
    return this.settled.length;
  }

  async *replay(options: ReplayOptions): AsyncGenerator<StoredEvent> {
    this.asked["replay"] = options;
    yield* [...this.stored.values()].filter(({ topic }) => topic === options.topic);
  }

  async cancel({ topic, ids = [] }: EventSelector): Promise<number> {
    return ids.filter((id) => this.stored.delete(`${topic}/${id}`)).length;
  }

  async reschedule(selector: EventSelector, at: number): Promise<number> {
    this.asked["reschedule"] = { selector, at };
    return 1;
  }

  async listPending(query: object): Promise<Page<StoredEvent>> {
    this.asked["listPending"] = query;
    return { items: [...this.stored.values()], next: "more" };
  }

  async get(topic: string, id: string): Promise<StoredEvent | undefined> {
    return this.stored.get(`${topic}/${id}`);
  }

  async schedule(input: ScheduleInput): Promise<Schedule> {
    this.asked["schedule"] = input;
    const { topic, name, cron } = input;
    const payload = Buffer.from(input.payload);
    const schedule: Schedule = {
      topic, name, cron, timeZone: "UTC", payload, meta: {}, jitterMs: 0,
      missed: "fire-once", paused: false, nextAt: 60_000, runs: 0,
    };
    this.#schedules.set(`${topic}/${name}`, schedule);
    return schedule;
  }

  async listSchedules(): Promise<readonly Schedule[]> {
    return [...this.#schedules.values()];
  }

  async pauseSchedule(topic: string, name: string, paused: boolean): Promise<Schedule> {
    const schedule = this.#schedules.get(`${topic}/${name}`);
    if (schedule === undefined) throw new CronosError("NOT_FOUND", `No schedule ${name}`);
    return { ...schedule, paused };
  }

  async deleteSchedule(topic: string, name: string): Promise<boolean> {
    return this.#schedules.delete(`${topic}/${name}`);
  }

  async previewSchedule(input: object, options: object = {}): Promise<readonly number[]> {
    this.asked["previewSchedule"] = { input, options };
    return [60_000, 120_000];
  }

  async listDeadLetters(): Promise<Page<DeadLetter>> {
    const items = [...this.stored.values()].map((event) => ({
      ...event, group: "g", attempts: 6, lastError: "failed", deadAt: 9,
    }));
    return { items };
  }

  async redriveDeadLetters(): Promise<number> {
    return 1;
  }

  async purgeDeadLetters(): Promise<number> {
    return 2;
  }

  async configureTopic(topic: string, changes: Partial<TopicSettings>): Promise<TopicInfo> {
    const info = { ...settings, ...changes, topic, createdAt: 1, pending: 0 };
    this.#topics.set(topic, info);
    return info;
  }

  async listTopics(): Promise<readonly TopicInfo[]> {
    return [...this.#topics.values()];
  }

  async deleteTopic(topic: string): Promise<boolean> {
    return this.#topics.delete(topic);
  }

  async createGroup(group: string, topic: string): Promise<GroupInfo> {
    const committedOffsets = new Map([[0, 5]]);
    const memberOffsets = new Map([["m", 7]]);
    return { group, topic, partitions: [0], committedOffsets, memberOffsets, lastRebalanceAt: 1 };
  }

  async getGroup(group: string): Promise<readonly GroupInfo[]> {
    return group === "unknown" ? [] : [await this.createGroup(group, "orders")];
  }

  async listGroups(): Promise<readonly GroupInfo[]> {
    return this.getGroup("g");
  }

  async deleteGroup(): Promise<boolean> {
    return true;
  }

  async seekGroup(group: string, topic: string, to: object): Promise<GroupInfo> {
    this.asked["seekGroup"] = to;
    return this.createGroup(group, topic);
  }

  async listPartitions(topic = "orders"): Promise<readonly PartitionInfo[]> {
    return [{ topic, partition: 0, highWatermark: 1, firstOffset: 0, lastOffset: 0, bytes: 10 }];
  }

  async schedulerStatus(): Promise<SchedulerStatus> {
    return { pending: 1, ready: 2, delayMsAverage: 0.5, delayMsMax: 3 };
  }

  async runRetention(): Promise<RetentionResult> {
    return { eventsRemoved: 1, bytesFreed: 2 };
  }
}

/** Hands out what is pushed, in order; delivery ids are "d/<offset>". */
export class FakeSubscription implements Subscription {
  readonly #queue: EventDelivery[] = [];
  readonly #onClose: () => void;
  #wake: (() => void) | undefined;
  #failure: Error | undefined;
  isClosed = false;
  /** Deliveries taken by the consumer. */
  taken = 0;

  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  push(event: StoredEvent): void {
    const settle = async (): Promise<void> => {};
    const deliveryId = `d/${event.offset}`;
    this.#queue.push({
      ...event, deliveryId, attempt: 1, ackTimeoutMs: 30_000, ack: settle, nack: settle,
    });
    this.#wake?.();
  }

  fail(error: Error): void {
    this.#failure = error;
    this.#wake?.();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.#onClose();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EventDelivery> {
    while (!this.isClosed) {
      if (this.#failure !== undefined) throw this.#failure;
      const next = this.#queue.shift();
      if (next === undefined) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      this.taken++;
      yield next;
    }
  }
}
