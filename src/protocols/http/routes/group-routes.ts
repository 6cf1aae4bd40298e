/** Consumer groups and where they are. */
import type { GroupInfo, SeekPosition } from "../../../engine/events-api.ts";
import { CronosError } from "../../../base/errors.ts";
import { time, toMs, topicName } from "../event-json.ts";
import type { Route } from "../route.ts";
import { json, ok, route } from "../route.ts";
import { array, boolean, either, integer, object, oneOf, optional } from "../schema.ts";
import { record, string } from "../schema.ts";
import type { ValueOf } from "../schema.ts";

export const groupName = string({ description: "Name of the group", minLength: 1, maxLength: 255 });
const groupParams = object({ group: groupName });
const params = object({ topic: topicName, group: groupName });

const Group = object(
  {
    group: string(),
    topic: string(),
    partitions: array(integer()),
    committedOffsets: record(integer(), {
      description: "By partition: every event with a smaller offset is acknowledged",
    }),
    memberOffsets: record(integer(), {
      description: "By subscription: one past the highest offset it was handed",
    }),
    lastRebalanceAt: integer({ description: "When a member last came or went, Unix ms" }),
  },
  { title: "Group" },
);
const Groups = object({ groups: array(Group) });

const Seek = object({
  partition: optional(integer({ description: "One partition; default all", minimum: 0 })),
  position: either(
    oneOf(["earliest", "latest"]),
    either(
      object({ offset: integer({ minimum: 0 }) }),
      object({ time: time("the first event due then") }),
      { description: '{"offset": 0} or {"time": 0}' },
    ),
    { description: '"earliest", "latest", {"offset": 0} or {"time": 0}' },
  ),
});

const listGroups = route({
  method: "GET",
  path: "/api/v1/groups",
  name: "listGroups",
  tag: "Groups",
  summary: "All groups, one entry for each topic of each",
  query: object({ topic: optional(topicName) }),
  responses: { 200: json("The groups", Groups) },
  async handle({ query }, { events }) {
    return ok({ groups: (await events.listGroups(query.topic)).map(groupJson) });
  },
});

const getGroup = route({
  method: "GET",
  path: "/api/v1/groups/{group}",
  name: "getGroup",
  tag: "Groups",
  summary: "One group, an entry for each of its topics; none when there is no such group",
  params: groupParams,
  responses: { 200: json("The group", Groups) },
  async handle({ params: { group } }, { events }) {
    return ok({ groups: (await events.getGroup(group)).map(groupJson) });
  },
});

const createGroup = route({
  method: "PUT",
  path: "/api/v1/topics/{topic}/groups/{group}",
  name: "createGroup",
  tag: "Groups",
  summary: "Create a group at the oldest event; fine if it exists",
  params,
  responses: { 200: json("The group", Group) },
  async handle({ params: { topic, group } }, { events }) {
    return ok(groupJson(await events.createGroup(group, topic)));
  },
});

const getTopicGroup = route({
  method: "GET",
  path: "/api/v1/topics/{topic}/groups/{group}",
  name: "getTopicGroup",
  tag: "Groups",
  summary: "Where a group is in a topic",
  params,
  responses: { 200: json("The group", Group) },
  async handle({ params: { topic, group } }, { events }) {
    const found = (await events.getGroup(group)).find((each) => each.topic === topic);
    if (found !== undefined) return ok(groupJson(found));
    const text = `No group ${JSON.stringify(group)} in topic ${topic}`;
    throw new CronosError("NOT_FOUND", text, { details: { topic, group } });
  },
});

const deleteGroup = route({
  method: "DELETE",
  path: "/api/v1/topics/{topic}/groups/{group}",
  name: "deleteGroup",
  tag: "Groups",
  summary: "Forget a group's position in a topic",
  params,
  responses: { 200: json("Whether it was there", object({ deleted: boolean() })) },
  async handle({ params: { topic, group } }, { events }) {
    return ok({ deleted: await events.deleteGroup(group, topic) });
  },
});

const seekGroup = route({
  method: "POST",
  path: "/api/v1/topics/{topic}/groups/{group}/seek",
  name: "seekGroup",
  tag: "Groups",
  summary: "Move a group to an end, an offset or a due time; what was handed out is void",
  params,
  body: Seek,
  responses: { 200: json("The group as it is now", Group) },
  async handle({ params: { topic, group }, body }, { events }) {
    const position = seekPosition(body.position);
    const to = { ...(body.partition === undefined ? {} : { partition: body.partition }), position };
    return ok(groupJson(await events.seekGroup(group, topic, to)));
  },
});

export const groupRoutes: readonly Route[] = [
  listGroups,
  getGroup,
  createGroup,
  getTopicGroup,
  deleteGroup,
  seekGroup,
];

function seekPosition(position: ValueOf<typeof Seek>["position"]): SeekPosition {
  if (typeof position === "string") return position;
  if ("offset" in position) return position;
  return { time: toMs(position.time, "body.position.time") };
}

function groupJson(info: GroupInfo): ValueOf<typeof Group> {
  return {
    group: info.group,
    topic: info.topic,
    partitions: info.partitions,
    committedOffsets: Object.fromEntries(info.committedOffsets),
    memberOffsets: Object.fromEntries(info.memberOffsets),
    lastRebalanceAt: info.lastRebalanceAt,
  };
}
