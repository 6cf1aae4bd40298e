/**
 * PartitionService: what is stored, the log, the scheduler, and giving space back.
 *
 * A partition is an ordering unit inside a topic; the log and the scheduler are the node's. So the
 * rpcs about the log give the same answer for every partition.
 */
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import type { AdminApi } from "../../engine/admin-api.ts";
import { CronosError } from "../../base/errors.ts";
import type { EventsApi, PartitionInfo } from "../../engine/events-api.ts";
import { partitionMessage, whenSet } from "./convert-messages.ts";
import type { GrpcEngine } from "./grpc-engine.ts";
import type {
  CompactRequest,
  GetPartitionRequest,
  PartitionMessage,
  PartitionRequest,
  RetentionRequest,
  SchedulerStatusMessage,
  TopicRequest,
  WalStatusMessage,
} from "./messages.ts";
import { outcome, unary } from "./unary.ts";

const hourMs = 3_600_000;

export function partitionServiceHandlers(engine: GrpcEngine): UntypedServiceImplementation {
  const { events, admin } = engine;
  return {
    GetPartition: unary((request: GetPartitionRequest) => getPartition(engine, request)),
    ListPartitions: unary(async (request: TopicRequest) => {
      const partitions = await events.listPartitions(whenSet("topic", request.topic).topic);
      return { partitions: await onThisNode(admin, partitions) };
    }),
    GetSchedulerStatus: unary((request: PartitionRequest) => schedulerStatus(engine, request)),
    RunRetention: outcome((request: RetentionRequest) => runRetention(events, request)),
    ...(admin === undefined ? {} : logHandlers(admin)),
  };
}

function logHandlers(admin: AdminApi): UntypedServiceImplementation {
  return {
    GetWALStatus: unary((request: PartitionRequest) => walStatus(admin, request.partition_id)),
    Compact: outcome(async (request: CompactRequest) => {
      const nothing = { segmentsRemoved: 0, bytesFreed: 0 };
      const result = request.force ? await admin.compact() : nothing;
      return { segments_compacted: result.segmentsRemoved, bytes_reclaimed: result.bytesFreed };
    }),
  };
}

async function getPartition(
  { events, admin }: GrpcEngine,
  { partition_id: partition, topic }: GetPartitionRequest,
): Promise<PartitionMessage> {
  const all = await events.listPartitions(whenSet("topic", topic).topic);
  const found = all.filter((info) => info.partition === partition);
  const [message] = await onThisNode(admin, topic === "" ? [together(found)].flat() : found);
  if (message !== undefined) return message;
  const where = topic === "" ? "" : ` of topic ${topic}`;
  throw new CronosError("NOT_FOUND", `Get partition ${partition}${where}: there is none`);
}

/** The partition with this number of all topics, as one: largest offsets, sum of bytes. */
function together(partitions: readonly PartitionInfo[]): PartitionInfo | [] {
  const [first, ...others] = partitions;
  if (first === undefined) return [];
  return others.reduce(
    (sum, info) => ({
      ...sum,
      topic: "",
      highWatermark: Math.max(sum.highWatermark, info.highWatermark),
      firstOffset: Math.min(sum.firstOffset, info.firstOffset),
      lastOffset: Math.max(sum.lastOffset, info.lastOffset),
      bytes: sum.bytes + info.bytes,
    }),
    first,
  );
}

async function onThisNode(
  admin: AdminApi | undefined,
  partitions: readonly PartitionInfo[],
): Promise<PartitionMessage[]> {
  const messages = partitions.map(partitionMessage);
  if (admin === undefined) return messages;
  const { segmentFiles } = await admin.logStatus();
  const node = { leader_id: admin.nodeId, replica_ids: [admin.nodeId] };
  return messages.map((message) => ({ ...message, ...node, segment_count: segmentFiles.length }));
}

async function walStatus(admin: AdminApi, partition: number): Promise<WalStatusMessage> {
  const log = await admin.logStatus();
  return {
    partition_id: partition,
    segment_files: log.segmentFiles,
    first_offset: log.firstIndex,
    last_offset: log.lastIndex,
    index_entries: log.indexEntries,
    oldest_segment_ts: log.oldestAt,
    newest_segment_ts: log.newestAt,
    total_size_bytes: log.bytes,
    available_space_bytes: log.freeBytes,
  };
}

async function schedulerStatus(
  { events, admin }: GrpcEngine,
  { partition_id: partition }: PartitionRequest,
): Promise<SchedulerStatusMessage> {
  const scheduler = await events.schedulerStatus(partition === -1 ? undefined : partition);
  return {
    partition_id: partition,
    active_timers: scheduler.pending,
    ready_events: scheduler.ready,
    avg_delay_ms: Math.round(scheduler.delayMsAverage),
    max_delay_ms: Math.round(scheduler.delayMsMax),
    tick_ms: admin?.wheel.tickMs ?? 0,
    wheel_size: admin?.wheel.slots ?? 0,
  };
}

async function runRetention(
  events: EventsApi,
  request: RetentionRequest,
): Promise<{ bytes_freed: number; events_removed: number; segments_deleted: number }> {
  const maxAgeMs = request.max_age_ms === 0 ? request.max_age_hours * hourMs : request.max_age_ms;
  const result = await events.runRetention({
    ...(request.partition_id === -1 ? {} : { partition: request.partition_id }),
    ...whenSet("topic", request.topic),
    ...whenSet("maxAgeMs", maxAgeMs),
    ...whenSet("maxBytes", request.max_size_bytes),
    ...whenSet("minOffset", request.min_offset),
  });
  return {
    segments_deleted: 0,
    bytes_freed: result.bytesFreed,
    events_removed: result.eventsRemoved,
  };
}
