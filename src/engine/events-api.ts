/**
 * The events interface of CronosDB: what `db.events` is, in one process (open) and over the network
 * (connect) alike. Protocols translate to it and add nothing of their own.
 *
 * Times are Unix milliseconds. Offsets are dense per topic partition, from 0. Every promise that
 * reports a change resolves only when the change is durable (as fsync-mode promises it).
 * Errors are CronosError: INVALID_ARGUMENT names the field, the value and what was expected.
 */

/** An event to publish. */
export interface EventInput {
  readonly topic: string;
  /** Identity for deduplication within the topic; 1 to 128 characters. */
  readonly id: string;
  /** When it is due, Unix ms, 1 or more. In the past: due at once. */
  readonly at: number;
  /** 1 byte to 4 MB. A string is stored as UTF-8. */
  readonly payload: Uint8Array | string;
  /** Small string tags; `partition_key` decides the partition instead of the id. */
  readonly meta?: Readonly<Record<string, string>>;
}

/** An event as it is stored and delivered. */
export interface StoredEvent {
  readonly topic: string;
  readonly id: string;
  /** The schedule time it now has. */
  readonly at: number;
  readonly payload: Uint8Array;
  readonly meta: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly partition: number;
  readonly offset: number;
}

export interface PublishOptions {
  /** Store the event even if its id was published before. */
  readonly allowDuplicate?: boolean;
}

export interface PublishReceipt {
  readonly partition: number;
  /** Offset of the event; of the first one with this id if it is a duplicate. */
  readonly offset: number;
  readonly at: number;
  /** The id is known: nothing was stored. */
  readonly duplicate: boolean;
}

/** One event of a batch that was refused; the others are stored all the same. */
export interface BatchError {
  /** Position in the batch. */
  readonly index: number;
  readonly message: string;
}

export interface BatchReceipt {
  readonly published: number;
  readonly duplicates: number;
  readonly errors: readonly BatchError[];
  /** Smallest and largest offset given, over all partitions; -1 when nothing was stored. */
  readonly firstOffset: number;
  readonly lastOffset: number;
}

/** Where a group begins: its oldest event, what falls due from now on, or an offset. */
export type StartPosition = "earliest" | "latest" | number;

export interface SubscribeOptions {
  readonly topic: string;
  /** Members of a group share deliveries. Absent: a private one that ends with the subscription. */
  readonly group?: string;
  /** One partition, or all of them (the default). */
  readonly partition?: number;
  /** Where a group that has no position yet starts (default "earliest"). */
  readonly from?: StartPosition;
  /** Move the group to `from` even though it has a position. */
  readonly replay?: boolean;
  /** Most events handed out and not yet acknowledged; 1 to 100,000. Default 1000. */
  readonly credits?: number;
  /** Name of this member; one that reconnects under its name takes the earlier one's place. */
  readonly subscriptionId?: string;
}

/** One event handed to a subscriber. It comes again unless it is acknowledged in time. */
export interface EventDelivery extends StoredEvent {
  readonly deliveryId: string;
  /** 1 the first time. */
  readonly attempt: number;
  readonly ackTimeoutMs: number;
  /** Resolves when the acknowledgement is durable. */
  ack(): Promise<void>;
  /** Gives it back: it is tried again after the backoff, or becomes a dead letter. */
  nack(error?: string): Promise<void>;
}

/** A running subscription. Leaving the loop, or close(), gives unacknowledged events to others. */
export interface Subscription extends AsyncIterable<EventDelivery> {
  close(): Promise<void>;
}

/**
 * Which pending events an operation is about. Exactly one of ids, prefix, meta. Of events with the
 * same id (PublishOptions.allowDuplicate) `ids` may mean only the first one, the others mean all.
 */
export interface EventSelector {
  readonly topic: string;
  /** At most 100,000. */
  readonly ids?: readonly string[];
  /** Ids that start with this text. */
  readonly prefix?: string;
  /** Every one of these tags with this value. */
  readonly meta?: Readonly<Record<string, string>>;
}

export interface PendingQuery {
  readonly topic: string;
  /** Due at or after / before; default: everything pending. */
  readonly from?: number;
  readonly to?: number;
  /** At most so many, 1 to 10,000. Default 100. */
  readonly limit?: number;
  /** Continue after the page that returned this token. */
  readonly after?: string;
}

/** A page of a listing; `next` continues it, absent at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

export interface ReplayOptions {
  readonly topic: string;
  /** One partition, or all of them (the default). */
  readonly partition?: number;
  /** Schedule time at or after / before. */
  readonly from?: number;
  readonly to?: number;
  /** Offset at or after. */
  readonly startOffset?: number;
  /** At most so many. */
  readonly count?: number;
  /** 1 = the pace of the schedule times, 2 = twice as fast; 0 or absent = as fast as possible. */
  readonly speed?: number;
}

/** What happens to ticks that passed while nobody ran. */
export type MissedPolicy = "skip" | "fire-once" | "fire-all";

/** A recurring schedule to create or replace. */
export interface ScheduleInput {
  readonly topic: string;
  /** Name, unique within the topic; 1 to 100 characters. */
  readonly name: string;
  /** Five fields, or six with seconds first. */
  readonly cron: string;
  /** IANA time zone; default UTC. */
  readonly timeZone?: string;
  readonly payload: Uint8Array | string;
  readonly meta?: Readonly<Record<string, string>>;
  /** No run before / at or after. */
  readonly startAt?: number;
  readonly endAt?: number;
  /** Each run is delayed by a random 0 … jitterMs. */
  readonly jitterMs?: number;
  /** Default "fire-once". */
  readonly missed?: MissedPolicy;
}

export interface Schedule {
  readonly topic: string;
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly payload: Uint8Array;
  readonly meta: Readonly<Record<string, string>>;
  readonly startAt?: number;
  readonly endAt?: number;
  readonly jitterMs: number;
  readonly missed: MissedPolicy;
  readonly paused: boolean;
  /** The next run; absent when there is none any more. */
  readonly nextAt?: number;
  /** Runs published so far. */
  readonly runs: number;
}

export interface DeadLetter extends StoredEvent {
  readonly group: string;
  readonly attempts: number;
  readonly lastError: string;
  readonly deadAt: number;
}

/** Which dead letters: all of a topic, of a group, or those of some ids. */
export interface DeadLetterSelector {
  readonly topic: string;
  readonly group?: string;
  readonly ids?: readonly string[];
}

export interface DeadLetterQuery {
  readonly topic: string;
  readonly group?: string;
  /** At most so many, 1 to 10,000. Default 100. */
  readonly limit?: number;
  readonly after?: string;
}

/** What a topic does; what is not set keeps the database's defaults. */
export interface TopicSettings {
  /** 1 to 1024; fixed when the topic is created. */
  readonly partitions: number;
  /** Fired and acknowledged events older than this are removed; 0 = keep. */
  readonly retentionMs: number;
  /** Oldest fired and acknowledged events are removed above this size; 0 = no bound. */
  readonly retentionBytes: number;
  /** How long an id is remembered. */
  readonly dedupTtlMs: number;
  /** Deliveries of an event to a group before it is a dead letter. */
  readonly maxAttempts: number;
  readonly ackTimeoutMs: number;
  /** Wait before attempt n + 1: backoff × 2^(n-1), at most 1 h. */
  readonly retryBackoffMs: number;
}

export interface TopicInfo extends TopicSettings {
  readonly topic: string;
  readonly createdAt: number;
  /** Events not yet due. */
  readonly pending: number;
}

export interface GroupInfo {
  readonly group: string;
  readonly topic: string;
  readonly partitions: readonly number[];
  /** Per partition: behind the last event, in the order of firing, up to which all are settled. */
  readonly committedOffsets: ReadonlyMap<number, number>;
  /** Per member (subscription id): one past the highest offset it was handed. */
  readonly memberOffsets: ReadonlyMap<string, number>;
  /** When a member last came or went. */
  readonly lastRebalanceAt: number;
}

export interface PartitionInfo {
  readonly topic: string;
  readonly partition: number;
  /** Events with a smaller offset are durable. */
  readonly highWatermark: number;
  /** Oldest stored offset. */
  readonly firstOffset: number;
  /** Newest stored offset; -1 when there never was one. */
  readonly lastOffset: number;
  /** Bytes of the stored events. */
  readonly bytes: number;
}

export interface SchedulerStatus {
  /** Events not yet due. */
  readonly pending: number;
  /** Events due and waiting for a consumer. */
  readonly ready: number;
  /** Lateness of first deliveries since the start. */
  readonly delayMsAverage: number;
  readonly delayMsMax: number;
}

export interface RetentionOptions {
  readonly topic?: string;
  readonly partition?: number;
  /** Override the topic's settings for this run. */
  readonly maxAgeMs?: number;
  readonly maxBytes?: number;
  /** Nothing at or above this offset. */
  readonly minOffset?: number;
}

export interface RetentionResult {
  readonly eventsRemoved: number;
  readonly bytesFreed: number;
}

/** Where to move a group: an end, an offset (lower ones count as acknowledged) or a due time. */
export type SeekPosition =
  | "earliest"
  | "latest"
  | { readonly offset: number }
  | { readonly time: number };

export interface EventsApi {
  publish(event: EventInput, options?: PublishOptions): Promise<PublishReceipt>;
  /** Stores what is right and new; refuses the rest event by event. At most 100,000 events. */
  publishBatch(events: readonly EventInput[], options?: PublishOptions): Promise<BatchReceipt>;
  subscribe(options: SubscribeOptions): Subscription;
  /**
   * The events that are stored when it begins, fired or not, each once, in order of (schedule time,
   * partition, offset). What is cancelled or removed before its turn is left out; what is moved on
   * comes at its new time, what is moved to an earlier time may be left out.
   */
  replay(options: ReplayOptions): AsyncIterable<StoredEvent>;
  /** Removes events that are not due yet; tells how many. Their ids may be published again. */
  cancel(selector: EventSelector): Promise<number>;
  /** Moves events that are not due yet to another time (in the past: now); tells how many. */
  reschedule(selector: EventSelector, at: number): Promise<number>;
  /** Events not yet due, in order of due time. */
  listPending(query: PendingQuery): Promise<Page<StoredEvent>>;
  /**
   * The stored event with this id, fired or not; the newest if there are several. Found for the
   * topic's dedupTtlMs from its publish on, and as long as it is pending.
   */
  get(topic: string, id: string): Promise<StoredEvent | undefined>;

  /** Creates or replaces a recurring schedule. Its runs are events with id `<name>@<instant>`. */
  schedule(input: ScheduleInput): Promise<Schedule>;
  listSchedules(topic?: string): Promise<readonly Schedule[]>;
  /** Stops, or with paused = false continues, a schedule. NOT_FOUND if there is none. */
  pauseSchedule(topic: string, name: string, paused: boolean): Promise<Schedule>;
  /** Tells whether there was one. */
  deleteSchedule(topic: string, name: string): Promise<boolean>;
  /** The next `count` (1 to 1000, default 10) instants of a cron line after `from` (or now). */
  previewSchedule(
    input: Pick<ScheduleInput, "cron" | "timeZone" | "startAt" | "endAt">,
    options?: { readonly count?: number; readonly from?: number },
  ): Promise<readonly number[]>;

  listDeadLetters(query: DeadLetterQuery): Promise<Page<DeadLetter>>;
  /** Delivers them again, from attempt 1, to the group they died in; tells how many. */
  redriveDeadLetters(selector: DeadLetterSelector): Promise<number>;
  /** Forgets them; tells how many. */
  purgeDeadLetters(selector: DeadLetterSelector): Promise<number>;

  /** Creates the topic, or changes its settings (not its partitions). */
  configureTopic(topic: string, settings: Partial<TopicSettings>): Promise<TopicInfo>;
  listTopics(): Promise<readonly TopicInfo[]>;
  /** Removes the topic with events, groups, schedules, dead letters; tells whether it was there. */
  deleteTopic(topic: string): Promise<boolean>;

  /** Creates the group at the oldest event; fine if it exists. */
  createGroup(group: string, topic: string): Promise<GroupInfo>;
  /** One entry for every topic the group has a position in. */
  getGroup(group: string): Promise<readonly GroupInfo[]>;
  listGroups(topic?: string): Promise<readonly GroupInfo[]>;
  deleteGroup(group: string, topic: string): Promise<boolean>;
  /** Moves the group's position in one partition or all; what was handed out before is void. */
  seekGroup(
    group: string,
    topic: string,
    to: { readonly partition?: number; readonly position: SeekPosition },
  ): Promise<GroupInfo>;

  listPartitions(topic?: string): Promise<readonly PartitionInfo[]>;
  schedulerStatus(partition?: number): Promise<SchedulerStatus>;
  runRetention(options?: RetentionOptions): Promise<RetentionResult>;
}
