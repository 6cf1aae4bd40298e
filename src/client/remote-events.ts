/**
 * The events interface over gRPC: the same types, the same answers and errors as in one process.
 */
import { CronosError, isCronosError } from "../base/errors.ts";
import type {
  BatchReceipt,
  DeadLetter,
  DeadLetterQuery,
  DeadLetterSelector,
  EventInput,
  EventSelector,
  EventsApi,
  GroupInfo,
  Page,
  PartitionInfo,
  PendingQuery,
  PublishOptions,
  PublishReceipt,
  ReplayOptions,
  RetentionOptions,
  RetentionResult,
  Schedule,
  ScheduleInput,
  SchedulerStatus,
  SeekPosition,
  StoredEvent,
  SubscribeOptions,
  Subscription,
  TopicInfo,
  TopicSettings,
} from "../engine/events-api.ts";
import {
  configureTopicRequest,
  createScheduleRequest,
  deadLetter,
  groupInfo,
  partitionInfo,
  scheduleOf,
  storedEvent,
  topicInfo,
} from "../protocols/grpc/convert-messages.ts";
import { isErrorCode } from "../protocols/grpc/grpc-status.ts";
import type {
  DeadLetterSelectorRequest,
  EventMessage,
  GroupMessage,
  ListDeadLettersResponse,
  ListPendingResponse,
  OutcomeMessage,
  PartitionMessage,
  RetentionResponse,
  ScheduleMessage,
  SchedulerStatusMessage,
  SelectorRequest,
  TopicMessage,
} from "../protocols/grpc/messages.ts";
import { encodePublish } from "./encode-publish.ts";
import type { RemoteCalls } from "./remote-calls.ts";
import { replayRemote } from "./remote-replay.ts";

interface PublishResponse extends OutcomeMessage {
  readonly offset: number;
  readonly partition_id: number;
  readonly schedule_ts: number;
}

interface PublishBatchResponse extends OutcomeMessage {
  readonly published_count: number;
  readonly duplicate_count: number;
  readonly first_offset: number;
  readonly last_offset: number;
  readonly errors: readonly { readonly index: number; readonly message: string }[];
}

export class RemoteEvents implements EventsApi {
  readonly #calls: RemoteCalls;
  readonly #subscribe: (options: SubscribeOptions) => Subscription;

  constructor(calls: RemoteCalls, subscribe: (options: SubscribeOptions) => Subscription) {
    this.#calls = calls;
    this.#subscribe = subscribe;
  }

  async publish(event: EventInput, options: PublishOptions = {}): Promise<PublishReceipt> {
    const request = encodePublish([event], options.allowDuplicate === true);
    const answer = await this.#event<PublishResponse>("Publish", request);
    const duplicate = answer.error_code === "ALREADY_EXISTS";
    if (!duplicate) throwFailure(answer);
    const { partition_id: partition, offset, schedule_ts: at } = answer;
    return { partition, offset, at, duplicate };
  }

  async publishBatch(
    events: readonly EventInput[],
    options: PublishOptions = {},
  ): Promise<BatchReceipt> {
    const request = encodePublish(events, options.allowDuplicate === true);
    const answer = await this.#event<PublishBatchResponse>("PublishBatch", request);
    if (answer.errors.length === 0) throwFailure(answer);
    return {
      published: answer.published_count,
      duplicates: answer.duplicate_count,
      errors: answer.errors,
      firstOffset: answer.first_offset,
      lastOffset: answer.last_offset,
    };
  }

  subscribe(options: SubscribeOptions): Subscription {
    return this.#subscribe(options);
  }

  replay(options: ReplayOptions): AsyncIterable<StoredEvent> {
    return replayRemote(this.#calls, options);
  }

  async cancel(selector: EventSelector): Promise<number> {
    const request = selectorRequest(selector);
    const answer = await this.#event<{ readonly cancelled_count: number }>("Cancel", request);
    return answer.cancelled_count;
  }

  async reschedule(selector: EventSelector, at: number): Promise<number> {
    const request = { ...selectorRequest(selector), schedule_ts: at };
    const answer = await this.#event<{ readonly rescheduled_count: number }>("Reschedule", request);
    return answer.rescheduled_count;
  }

  async listPending(query: PendingQuery): Promise<Page<StoredEvent>> {
    const answer = await this.#event<ListPendingResponse>("ListPending", {
      topic: query.topic,
      from_ts: query.from,
      to_ts: query.to,
      limit: query.limit,
      page_token: query.after,
    });
    return pageOf(answer.events.map(storedEvent), answer.next_page_token);
  }

  async get(topic: string, id: string): Promise<StoredEvent | undefined> {
    try {
      const request = { topic, message_id: id };
      return storedEvent(await this.#event<EventMessage>("GetEvent", request));
    } catch (error) {
      if (isCronosError(error, "NOT_FOUND")) return undefined;
      throw error;
    }
  }

  async schedule(input: ScheduleInput): Promise<Schedule> {
    const request = createScheduleRequest(input);
    return scheduleOf(await this.#schedules<ScheduleMessage>("CreateSchedule", request));
  }

  async listSchedules(topic?: string): Promise<readonly Schedule[]> {
    const answer = await this.#schedules<{ readonly schedules: readonly ScheduleMessage[] }>(
      "ListSchedules",
      { topic },
    );
    return answer.schedules.map(scheduleOf);
  }

  async pauseSchedule(topic: string, name: string, paused: boolean): Promise<Schedule> {
    const request = { topic, name, resume: !paused };
    return scheduleOf(await this.#schedules<ScheduleMessage>("PauseSchedule", request));
  }

  async deleteSchedule(topic: string, name: string): Promise<boolean> {
    return (await this.#schedules<Deleted>("DeleteSchedule", { topic, name })).deleted;
  }

  async previewSchedule(
    input: Pick<ScheduleInput, "cron" | "timeZone" | "startAt" | "endAt">,
    options: { readonly count?: number; readonly from?: number } = {},
  ): Promise<readonly number[]> {
    const answer = await this.#schedules<{ readonly run_ts: readonly number[] }>(
      "PreviewSchedule",
      {
        cron: input.cron,
        time_zone: input.timeZone,
        start_ts: input.startAt,
        end_ts: input.endAt,
        count: options.count,
        from_ts: options.from,
      },
    );
    return answer.run_ts;
  }

  async listDeadLetters(query: DeadLetterQuery): Promise<Page<DeadLetter>> {
    const answer = await this.#event<ListDeadLettersResponse>("ListDeadLetters", {
      topic: query.topic,
      consumer_group: query.group,
      limit: query.limit,
      page_token: query.after,
    });
    return pageOf(answer.dead_letters.map(deadLetter), answer.next_page_token);
  }

  async redriveDeadLetters(selector: DeadLetterSelector): Promise<number> {
    const request = deadLetterRequest(selector);
    const answer = await this.#event<{ readonly redriven_count: number }>(
      "RedriveDeadLetters",
      request,
    );
    return answer.redriven_count;
  }

  async purgeDeadLetters(selector: DeadLetterSelector): Promise<number> {
    const request = deadLetterRequest(selector);
    const answer = await this.#event<{ readonly purged_count: number }>(
      "PurgeDeadLetters",
      request,
    );
    return answer.purged_count;
  }

  async configureTopic(topic: string, settings: Partial<TopicSettings>): Promise<TopicInfo> {
    const request = configureTopicRequest(topic, settings);
    return topicInfo(await this.#topics<TopicMessage>("ConfigureTopic", request));
  }

  async listTopics(): Promise<readonly TopicInfo[]> {
    const answer = await this.#topics<{ readonly topics: readonly TopicMessage[] }>("ListTopics");
    return answer.topics.map(topicInfo);
  }

  async deleteTopic(topic: string): Promise<boolean> {
    return (await this.#topics<Deleted>("DeleteTopic", { topic })).deleted;
  }

  async createGroup(group: string, topic: string): Promise<GroupInfo> {
    const request = { group_id: group, topic };
    throwFailure(await this.#groups<OutcomeMessage>("CreateConsumerGroup", request));
    return groupInfo(await this.#groups<GroupMessage>("GetConsumerGroup", request));
  }

  async getGroup(group: string): Promise<readonly GroupInfo[]> {
    return group === "" ? [] : this.#listGroups({ group_id: group });
  }

  async listGroups(topic?: string): Promise<readonly GroupInfo[]> {
    return this.#listGroups({ topic });
  }

  async deleteGroup(group: string, topic: string): Promise<boolean> {
    return (await this.#groups<Deleted>("DeleteGroup", { group_id: group, topic })).deleted;
  }

  async seekGroup(
    group: string,
    topic: string,
    to: { readonly partition?: number; readonly position: SeekPosition },
  ): Promise<GroupInfo> {
    const request = {
      group_id: group,
      topic,
      ...(to.partition === undefined ? {} : { partition_id: to.partition }),
      ...seekFields(to.position),
    };
    return groupInfo(await this.#groups<GroupMessage>("SeekGroup", request));
  }

  async listPartitions(topic?: string): Promise<readonly PartitionInfo[]> {
    const answer = await this.#partitions<{ readonly partitions: readonly PartitionMessage[] }>(
      "ListPartitions",
      { topic },
    );
    return answer.partitions.map(partitionInfo);
  }

  async schedulerStatus(partition = -1): Promise<SchedulerStatus> {
    const request = { partition_id: partition };
    const answer = await this.#partitions<SchedulerStatusMessage>("GetSchedulerStatus", request);
    return {
      pending: answer.active_timers,
      ready: answer.ready_events,
      delayMsAverage: answer.avg_delay_ms,
      delayMsMax: answer.max_delay_ms,
    };
  }

  async runRetention(options: RetentionOptions = {}): Promise<RetentionResult> {
    const answer = await this.#partitions<RetentionResponse>("RunRetention", {
      partition_id: options.partition ?? -1,
      topic: options.topic,
      max_age_ms: options.maxAgeMs,
      max_size_bytes: options.maxBytes,
      min_offset: options.minOffset,
    });
    throwFailure(answer);
    return { eventsRemoved: answer.events_removed, bytesFreed: answer.bytes_freed };
  }

  async #listGroups(request: object): Promise<readonly GroupInfo[]> {
    const answer = await this.#groups<{ readonly groups: readonly GroupMessage[] }>(
      "ListConsumerGroups",
      request,
    );
    return answer.groups.map(groupInfo);
  }

  #event<Answer>(name: string, request: object): Promise<Answer> {
    return this.#calls.call("EventService", name, request);
  }

  #schedules<Answer>(name: string, request: object): Promise<Answer> {
    return this.#calls.call("ScheduleService", name, request);
  }

  #topics<Answer>(name: string, request: object = {}): Promise<Answer> {
    return this.#calls.call("TopicService", name, request);
  }

  #groups<Answer>(name: string, request: object): Promise<Answer> {
    return this.#calls.call("ConsumerGroupService", name, request);
  }

  #partitions<Answer>(name: string, request: object): Promise<Answer> {
    return this.#calls.call("PartitionService", name, request);
  }
}

interface Deleted {
  readonly deleted: boolean;
}

/** Throws what an answer with success = false says. */
function throwFailure(answer: OutcomeMessage): void {
  if (answer.success) return;
  const code = isErrorCode(answer.error_code) ? answer.error_code : "INVALID_ARGUMENT";
  throw new CronosError(code, answer.error);
}

function selectorRequest({ topic, ids, prefix, meta }: EventSelector): SelectorRequest {
  return {
    topic,
    message_ids: ids ?? [],
    meta: meta ?? {},
    ...(prefix === undefined ? {} : { prefix }),
  };
}

function deadLetterRequest({ topic, group, ids }: DeadLetterSelector): DeadLetterSelectorRequest {
  return { topic, consumer_group: group ?? "", message_ids: ids ?? [] };
}

function pageOf<Item>(items: readonly Item[], next: string): Page<Item> {
  return next === "" ? { items } : { items, next };
}

function seekFields(position: SeekPosition): { offset: number } | { due_ts: number } {
  if (position === "latest") return { offset: -1 };
  if (position === "earliest") return { offset: 0 };
  return "time" in position ? { due_ts: position.time } : { offset: position.offset };
}
