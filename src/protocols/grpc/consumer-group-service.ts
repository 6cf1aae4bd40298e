/**
 * ConsumerGroupService: groups and their positions.
 */
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { CronosError } from "../../base/errors.ts";
import type { EventsApi, GroupInfo, SeekPosition } from "../../engine/events-api.ts";
import { groupMessage, whenSet } from "./convert-messages.ts";
import type {
  CommitOffsetRequest,
  GroupMessage,
  GroupRequest,
  RebalanceRequest,
  SeekGroupRequest,
} from "./messages.ts";
import { outcome, unary } from "./unary.ts";

export function consumerGroupServiceHandlers(events: EventsApi): UntypedServiceImplementation {
  return {
    CreateConsumerGroup: outcome(async (request: GroupRequest) => {
      await events.createGroup(request.group_id, request.topic);
      return {};
    }),
    GetConsumerGroup: unary((request: GroupRequest) => getGroup(events, request)),
    ListConsumerGroups: unary(async (request: GroupRequest) => ({
      groups: (await listGroups(events, request)).map(groupMessage),
    })),
    RebalanceConsumerGroup: outcome(async (request: RebalanceRequest) => {
      await requireGroup(events, request.group_id);
      return {
        partition_assignments: Object.fromEntries(request.member_ids.map((id) => [id, -1])),
      };
    }),
    CommitOffset: unary(async (request: CommitOffsetRequest) => {
      const to = { partition: request.partition_id, position: { offset: request.offset } };
      return groupMessage(await events.seekGroup(request.group_id, request.topic, to));
    }),
    SeekGroup: unary((request: SeekGroupRequest) => seekGroup(events, request)),
    DeleteGroup: unary(async (request: GroupRequest) => ({
      deleted: await events.deleteGroup(request.group_id, request.topic),
    })),
  };
}

async function getGroup(events: EventsApi, request: GroupRequest): Promise<GroupMessage> {
  const groups = await requireGroup(events, request.group_id);
  const first = [...groups]
    .sort((a, b) => (a.topic < b.topic ? -1 : 1))
    .find((group) => request.topic === "" || group.topic === request.topic);
  if (first !== undefined) return groupMessage(first);
  const what = `Get group ${request.group_id} of topic ${request.topic}`;
  throw new CronosError("NOT_FOUND", `${what}: it has no position there`);
}

async function requireGroup(events: EventsApi, group: string): Promise<readonly GroupInfo[]> {
  const groups = await events.getGroup(group);
  if (groups.length > 0) return groups;
  throw new CronosError("NOT_FOUND", `Get group ${group}: there is none`);
}

async function listGroups(
  events: EventsApi,
  request: GroupRequest,
): Promise<readonly GroupInfo[]> {
  if (request.group_id === "") return events.listGroups(whenSet("topic", request.topic).topic);
  const groups = await events.getGroup(request.group_id);
  return groups.filter((group) => request.topic === "" || group.topic === request.topic);
}

async function seekGroup(events: EventsApi, request: SeekGroupRequest): Promise<GroupMessage> {
  const partition = request.partition_id ?? -1;
  const info = await events.seekGroup(request.group_id, request.topic, {
    position: seekPosition(request),
    ...(partition === -1 ? {} : { partition }),
  });
  return groupMessage(info);
}

function seekPosition({ offset, due_ts: time }: SeekGroupRequest): SeekPosition {
  if (offset !== undefined && time === undefined) return offset === -1 ? "latest" : { offset };
  if (offset === undefined && time !== undefined) return { time };
  throw new CronosError(
    "INVALID_ARGUMENT",
    `Seek group with offset ${offset} and due_ts ${time}: exactly one of them must be set`,
  );
}
