/** Topics, their settings and partitions. */
import { CronosError } from "../../../base/errors.ts";
import { topicName } from "../event-json.ts";
import type { Route } from "../route.ts";
import { json, ok, route } from "../route.ts";
import { array, boolean, integer, object, optional, string } from "../schema.ts";

const params = object({ topic: topicName });

const settingFields = {
  partitions: integer({ description: "1 to 1024; fixed when the topic is created" }),
  retentionMs: integer({
    description: "Fired and acknowledged events older than this are removed; 0 = keep",
  }),
  retentionBytes: integer({
    description: "Oldest fired and acknowledged events are removed above this size; 0 = no bound",
  }),
  dedupTtlMs: integer({ description: "How long an id is remembered" }),
  maxAttempts: integer({ description: "Deliveries to a group before an event is a dead letter" }),
  ackTimeoutMs: integer({ description: "Time a consumer has to acknowledge" }),
  retryBackoffMs: integer({ description: "Wait before the first retry; doubles with each one" }),
};

const SettingsBody = object(
  {
    partitions: optional(settingFields.partitions),
    retentionMs: optional(settingFields.retentionMs),
    retentionBytes: optional(settingFields.retentionBytes),
    dedupTtlMs: optional(settingFields.dedupTtlMs),
    maxAttempts: optional(settingFields.maxAttempts),
    ackTimeoutMs: optional(settingFields.ackTimeoutMs),
    retryBackoffMs: optional(settingFields.retryBackoffMs),
  },
  { title: "TopicSettings", description: "What is not set keeps its value, or the default" },
);

const Topic = object(
  {
    topic: string(),
    ...settingFields,
    createdAt: integer(),
    pending: integer({ description: "Events not yet due" }),
  },
  { title: "Topic" },
);

const Partition = object(
  {
    topic: string(),
    partition: integer(),
    highWatermark: integer({ description: "Events with a smaller offset are durable" }),
    firstOffset: integer({ description: "Oldest stored offset" }),
    lastOffset: integer({ description: "Newest stored offset; -1 when there never was one" }),
    bytes: integer({ description: "Size of the stored events" }),
  },
  { title: "Partition" },
);

const listTopics = route({
  method: "GET",
  path: "/api/v1/topics",
  name: "listTopics",
  tag: "Topics",
  summary: "All topics with their settings",
  responses: { 200: json("The topics", object({ topics: array(Topic) })) },
  async handle(_request, { events }) {
    return ok({ topics: await events.listTopics() });
  },
});

const getTopic = route({
  method: "GET",
  path: "/api/v1/topics/{topic}",
  name: "getTopic",
  tag: "Topics",
  summary: "One topic with its settings",
  params,
  responses: { 200: json("The topic", Topic) },
  async handle({ params: { topic } }, { events }) {
    const found = (await events.listTopics()).find((each) => each.topic === topic);
    if (found !== undefined) return ok(found);
    throw new CronosError("NOT_FOUND", `No topic ${JSON.stringify(topic)}`, { details: { topic } });
  },
});

const configureTopic = route({
  method: "PUT",
  path: "/api/v1/topics/{topic}",
  name: "configureTopic",
  tag: "Topics",
  summary: "Create a topic, or change its settings (not its partitions)",
  params,
  body: SettingsBody,
  isBodyOptional: true,
  responses: { 200: json("The topic as it is now", Topic) },
  async handle({ params: { topic }, body }, { events }) {
    return ok(await events.configureTopic(topic, body));
  },
});

const deleteTopic = route({
  method: "DELETE",
  path: "/api/v1/topics/{topic}",
  name: "deleteTopic",
  tag: "Topics",
  summary: "Remove a topic with its events, groups, schedules and dead letters",
  params,
  responses: { 200: json("Whether it was there", object({ deleted: boolean() })) },
  async handle({ params: { topic } }, { events }) {
    return ok({ deleted: await events.deleteTopic(topic) });
  },
});

const listPartitions = route({
  method: "GET",
  path: "/api/v1/topics/{topic}/partitions",
  name: "listPartitions",
  tag: "Topics",
  summary: "The partitions of a topic",
  params,
  responses: { 200: json("The partitions", object({ partitions: array(Partition) })) },
  async handle({ params: { topic } }, { events }) {
    return ok({ partitions: await events.listPartitions(topic) });
  },
});

export const topicRoutes: readonly Route[] = [
  listTopics,
  getTopic,
  configureTopic,
  deleteTopic,
  listPartitions,
];
