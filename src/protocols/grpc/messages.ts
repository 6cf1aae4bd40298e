/**
 * The messages of proto/cronos_db.proto as the loader gives them: fields by their names of the
 * wire; numbers, text and bytes, empty when they were not sent; `optional` fields are absent then.
 * The messages of the hot rpcs are not here: they stay bytes.
 */

export interface EventMessage {
  readonly message_id: string;
  readonly schedule_ts: number;
  readonly payload: Uint8Array;
  readonly topic: string;
  readonly meta: Readonly<Record<string, string>>;
  readonly created_ts: number;
  readonly offset: number;
  readonly partition_id: number;
}

export interface SubscribeRequest {
  readonly consumer_group: string;
  readonly topic: string;
  readonly partition_id: number;
  readonly start_offset: number;
  readonly max_buffer_size: number;
  readonly subscription_id: string;
  readonly replay: boolean;
  readonly max_batch_size: number;
}

export interface ReplayRequest {
  readonly topic: string;
  readonly partition_id?: number;
  readonly start_ts: number;
  readonly end_ts: number;
  readonly start_offset: number;
  readonly count: number;
  readonly speed: number;
}

export interface ReplayEventMessage {
  readonly event: EventMessage;
  readonly replay_offset: number;
}

/** Cancel and Reschedule choose events alike. */
export interface SelectorRequest {
  readonly topic: string;
  readonly message_ids: readonly string[];
  readonly prefix?: string;
  readonly meta: Readonly<Record<string, string>>;
}

export interface RescheduleRequest extends SelectorRequest {
  readonly schedule_ts: number;
}

export interface ListPendingRequest {
  readonly topic: string;
  readonly from_ts: number;
  readonly to_ts: number;
  readonly limit: number;
  readonly page_token: string;
}

export interface ListPendingResponse {
  readonly events: readonly EventMessage[];
  readonly next_page_token: string;
}

export interface GetEventRequest {
  readonly topic: string;
  readonly message_id: string;
}

export interface DeadLetterMessage {
  readonly event: EventMessage;
  readonly consumer_group: string;
  readonly attempts: number;
  readonly last_error: string;
  readonly dead_ts: number;
}

export interface ListDeadLettersRequest {
  readonly topic: string;
  readonly consumer_group: string;
  readonly limit: number;
  readonly page_token: string;
}

export interface ListDeadLettersResponse {
  readonly dead_letters: readonly DeadLetterMessage[];
  readonly next_page_token: string;
}

/** Redrive and Purge choose dead letters alike. */
export interface DeadLetterSelectorRequest {
  readonly topic: string;
  readonly consumer_group: string;
  readonly message_ids: readonly string[];
}

export interface GroupMessage {
  readonly group_id: string;
  readonly topic: string;
  readonly partitions: readonly number[];
  readonly committed_offsets: Readonly<Record<string, number>>;
  readonly member_offsets: Readonly<Record<string, number>>;
  readonly last_rebalance_ts: number;
}

/** Answers that say in themselves whether they are one. */
export interface OutcomeMessage {
  readonly success: boolean;
  readonly error: string;
  readonly error_code: string;
}

export interface GroupRequest {
  readonly group_id: string;
  readonly topic: string;
}

export interface RebalanceRequest {
  readonly group_id: string;
  readonly member_ids: readonly string[];
}

export interface RebalanceResponse extends OutcomeMessage {
  readonly partition_assignments: Readonly<Record<string, number>>;
}

export interface CommitOffsetRequest extends GroupRequest {
  readonly partition_id: number;
  readonly offset: number;
}

export interface SeekGroupRequest extends GroupRequest {
  readonly partition_id?: number;
  readonly offset?: number;
  readonly due_ts?: number;
}

export interface PartitionMessage {
  readonly partition_id: number;
  readonly topic: string;
  readonly leader_id: string;
  readonly replica_ids: readonly string[];
  readonly high_watermark: number;
  readonly last_offset: number;
  readonly segment_count: number;
  readonly disk_usage_bytes: number;
  readonly first_offset: number;
}

export interface PartitionRequest {
  readonly partition_id: number;
}

export interface GetPartitionRequest extends PartitionRequest {
  readonly topic: string;
}

export interface TopicRequest {
  readonly topic: string;
}

export interface WalStatusMessage {
  readonly partition_id: number;
  readonly segment_files: readonly string[];
  readonly first_offset: number;
  readonly last_offset: number;
  readonly index_entries: number;
  readonly oldest_segment_ts: number;
  readonly newest_segment_ts: number;
  readonly total_size_bytes: number;
  readonly available_space_bytes: number;
}

export interface SchedulerStatusMessage {
  readonly partition_id: number;
  readonly active_timers: number;
  readonly ready_events: number;
  readonly avg_delay_ms: number;
  readonly max_delay_ms: number;
  readonly tick_ms: number;
  readonly wheel_size: number;
}

export interface CompactRequest {
  readonly force: boolean;
}

export interface CompactResponse extends OutcomeMessage {
  readonly segments_compacted: number;
  readonly bytes_reclaimed: number;
}

export interface RetentionRequest {
  readonly partition_id: number;
  readonly max_age_hours: number;
  readonly max_size_bytes: number;
  readonly min_offset: number;
  readonly topic: string;
  readonly max_age_ms: number;
}

export interface RetentionResponse extends OutcomeMessage {
  readonly segments_deleted: number;
  readonly bytes_freed: number;
  readonly events_removed: number;
}

export interface ConfigureTopicRequest {
  readonly topic: string;
  readonly partitions?: number;
  readonly retention_ms?: number;
  readonly retention_bytes?: number;
  readonly dedup_ttl_ms?: number;
  readonly max_attempts?: number;
  readonly ack_timeout_ms?: number;
  readonly retry_backoff_ms?: number;
}

export interface TopicMessage extends Required<ConfigureTopicRequest> {
  readonly created_ts: number;
  readonly pending_count: number;
}

/** What happens to runs that were missed. */
export type MissedRuns =
  | "MISSED_RUNS_UNSPECIFIED"
  | "MISSED_RUNS_SKIP"
  | "MISSED_RUNS_FIRE_ONCE"
  | "MISSED_RUNS_FIRE_ALL";

export interface CreateScheduleRequest {
  readonly topic: string;
  readonly name: string;
  readonly cron: string;
  readonly time_zone: string;
  readonly payload: Uint8Array;
  readonly meta: Readonly<Record<string, string>>;
  readonly start_ts: number;
  readonly end_ts: number;
  readonly jitter_ms: number;
  readonly missed: MissedRuns;
}

export interface ScheduleMessage extends CreateScheduleRequest {
  readonly paused: boolean;
  readonly next_ts: number;
  readonly runs: number;
}

export interface ScheduleRequest {
  readonly topic: string;
  readonly name: string;
}

export interface PauseScheduleRequest extends ScheduleRequest {
  readonly resume: boolean;
}

export interface PreviewScheduleRequest {
  readonly cron: string;
  readonly time_zone: string;
  readonly start_ts: number;
  readonly end_ts: number;
  readonly count: number;
  readonly from_ts: number;
}
