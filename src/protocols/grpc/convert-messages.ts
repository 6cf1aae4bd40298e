/**
 * Between the messages of the wire and the types of the events interface, in both directions: the
 * server makes messages, the client reads them. Zero and empty on the wire mean "not set" wherever
 * the interface has an absent field.
 */
import type {
  DeadLetter,
  GroupInfo,
  MissedPolicy,
  PartitionInfo,
  Schedule,
  ScheduleInput,
  StoredEvent,
  TopicInfo,
  TopicSettings,
} from "../../engine/events-api.ts";
import type {
  ConfigureTopicRequest,
  CreateScheduleRequest,
  DeadLetterMessage,
  EventMessage,
  GroupMessage,
  MissedRuns,
  PartitionMessage,
  ScheduleMessage,
  TopicMessage,
} from "./messages.ts";

/** `{ [name]: value }`, or nothing when the value stands for "not set". */
export function whenSet<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [Key in Name]?: Value } {
  if (value === undefined || value === 0 || value === "") return {};
  return { [name]: value } as { readonly [Key in Name]: Value };
}

export function eventMessage(event: StoredEvent): EventMessage {
  return {
    message_id: event.id,
    schedule_ts: event.at,
    payload: event.payload,
    topic: event.topic,
    meta: event.meta,
    created_ts: event.createdAt,
    offset: event.offset,
    partition_id: event.partition,
  };
}

export function storedEvent(message: EventMessage): StoredEvent {
  return {
    topic: message.topic,
    id: message.message_id,
    at: message.schedule_ts,
    payload: message.payload,
    meta: message.meta,
    createdAt: message.created_ts,
    partition: message.partition_id,
    offset: message.offset,
  };
}

export function deadLetterMessage(letter: DeadLetter): DeadLetterMessage {
  return {
    event: eventMessage(letter),
    consumer_group: letter.group,
    attempts: letter.attempts,
    last_error: letter.lastError,
    dead_ts: letter.deadAt,
  };
}

export function deadLetter(message: DeadLetterMessage): DeadLetter {
  return {
    ...storedEvent(message.event),
    group: message.consumer_group,
    attempts: message.attempts,
    lastError: message.last_error,
    deadAt: message.dead_ts,
  };
}

export function groupMessage(info: GroupInfo): GroupMessage {
  return {
    group_id: info.group,
    topic: info.topic,
    partitions: info.partitions,
    committed_offsets: Object.fromEntries(info.committedOffsets),
    member_offsets: Object.fromEntries(info.memberOffsets),
    last_rebalance_ts: info.lastRebalanceAt,
  };
}

export function groupInfo(message: GroupMessage): GroupInfo {
  const committed = Object.entries(message.committed_offsets);
  return {
    group: message.group_id,
    topic: message.topic,
    partitions: message.partitions,
    committedOffsets: new Map(committed.map(([partition, offset]) => [Number(partition), offset])),
    memberOffsets: new Map(Object.entries(message.member_offsets)),
    lastRebalanceAt: message.last_rebalance_ts,
  };
}

/** A partition without what the node adds: its name and its log's segments. */
export function partitionMessage(info: PartitionInfo): PartitionMessage {
  return {
    partition_id: info.partition,
    topic: info.topic,
    leader_id: "",
    replica_ids: [],
    high_watermark: info.highWatermark,
    last_offset: info.lastOffset,
    segment_count: 0,
    disk_usage_bytes: info.bytes,
    first_offset: info.firstOffset,
  };
}

export function partitionInfo(message: PartitionMessage): PartitionInfo {
  return {
    topic: message.topic,
    partition: message.partition_id,
    highWatermark: message.high_watermark,
    firstOffset: message.first_offset,
    lastOffset: message.last_offset,
    bytes: message.disk_usage_bytes,
  };
}

export function topicMessage(info: TopicInfo): TopicMessage {
  return {
    topic: info.topic,
    partitions: info.partitions,
    retention_ms: info.retentionMs,
    retention_bytes: info.retentionBytes,
    dedup_ttl_ms: info.dedupTtlMs,
    max_attempts: info.maxAttempts,
    ack_timeout_ms: info.ackTimeoutMs,
    retry_backoff_ms: info.retryBackoffMs,
    created_ts: info.createdAt,
    pending_count: info.pending,
  };
}

export function topicInfo(message: TopicMessage): TopicInfo {
  return {
    topic: message.topic,
    partitions: message.partitions,
    retentionMs: message.retention_ms,
    retentionBytes: message.retention_bytes,
    dedupTtlMs: message.dedup_ttl_ms,
    maxAttempts: message.max_attempts,
    ackTimeoutMs: message.ack_timeout_ms,
    retryBackoffMs: message.retry_backoff_ms,
    createdAt: message.created_ts,
    pending: message.pending_count,
  };
}

/** Wire name of every topic setting. Unlike elsewhere, 0 is a value here. */
const settingNames = {
  partitions: "partitions",
  retentionMs: "retention_ms",
  retentionBytes: "retention_bytes",
  dedupTtlMs: "dedup_ttl_ms",
  maxAttempts: "max_attempts",
  ackTimeoutMs: "ack_timeout_ms",
  retryBackoffMs: "retry_backoff_ms",
} as const satisfies Record<keyof TopicSettings, keyof ConfigureTopicRequest>;

const settingKeys = Object.keys(settingNames) as (keyof TopicSettings)[];

export function topicSettings(request: ConfigureTopicRequest): Partial<TopicSettings> {
  const set = settingKeys.filter((key) => request[settingNames[key]] !== undefined);
  return Object.fromEntries(set.map((key) => [key, request[settingNames[key]]]));
}

export function configureTopicRequest(
  topic: string,
  settings: Partial<TopicSettings>,
): ConfigureTopicRequest {
  const set = settingKeys.filter((key) => settings[key] !== undefined);
  return { topic, ...Object.fromEntries(set.map((key) => [settingNames[key], settings[key]])) };
}

const missedRuns = {
  "skip": "MISSED_RUNS_SKIP",
  "fire-once": "MISSED_RUNS_FIRE_ONCE",
  "fire-all": "MISSED_RUNS_FIRE_ALL",
} as const satisfies Record<MissedPolicy, MissedRuns>;

const missedPolicies = {
  MISSED_RUNS_UNSPECIFIED: undefined,
  MISSED_RUNS_SKIP: "skip",
  MISSED_RUNS_FIRE_ONCE: "fire-once",
  MISSED_RUNS_FIRE_ALL: "fire-all",
} as const satisfies Record<MissedRuns, MissedPolicy | undefined>;

export function scheduleInput(request: CreateScheduleRequest): ScheduleInput {
  return {
    topic: request.topic,
    name: request.name,
    cron: request.cron,
    payload: request.payload,
    meta: request.meta,
    ...whenSet("timeZone", request.time_zone),
    ...whenSet("startAt", request.start_ts),
    ...whenSet("endAt", request.end_ts),
    ...whenSet("jitterMs", request.jitter_ms),
    ...whenSet("missed", missedPolicies[request.missed]),
  };
}

export function createScheduleRequest(input: ScheduleInput): CreateScheduleRequest {
  return {
    topic: input.topic,
    name: input.name,
    cron: input.cron,
    time_zone: input.timeZone ?? "",
    payload: Buffer.from(input.payload),
    meta: input.meta ?? {},
    start_ts: input.startAt ?? 0,
    end_ts: input.endAt ?? 0,
    jitter_ms: input.jitterMs ?? 0,
    missed: input.missed === undefined ? "MISSED_RUNS_UNSPECIFIED" : missedRuns[input.missed],
  };
}

export function scheduleMessage(schedule: Schedule): ScheduleMessage {
  return {
    ...createScheduleRequest(schedule),
    paused: schedule.paused,
    next_ts: schedule.nextAt ?? 0,
    runs: schedule.runs,
  };
}

export function scheduleOf(message: ScheduleMessage): Schedule {
  return {
    topic: message.topic,
    name: message.name,
    cron: message.cron,
    timeZone: message.time_zone,
    payload: message.payload,
    meta: message.meta,
    jitterMs: message.jitter_ms,
    missed: missedPolicies[message.missed] ?? "fire-once",
    paused: message.paused,
    runs: message.runs,
    ...whenSet("startAt", message.start_ts),
    ...whenSet("endAt", message.end_ts),
    ...whenSet("nextAt", message.next_ts),
  };
}
