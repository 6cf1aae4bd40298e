/**
 * For operators: health, metrics, figures, retention. `healthRoutes` are also served on the admin
 * listener, without the rest.
 */
import type { RetentionOptions } from "../../../engine/events-api.ts";
import type { EngineStats } from "../../../engine/metrics.ts";
import { influxVersion } from "../influx/influx-route.ts";
import { topicName } from "../event-json.ts";
import type { Route } from "../route.ts";
import { json, ok, route } from "../route.ts";
import { array, boolean, integer, number, object, optional, string } from "../schema.ts";
import type { Schema } from "../schema.ts";

const text = string().json;
const Ready = object({ ready: boolean(), reason: optional(string()) });

const Health = object({
  name: string(),
  message: string(),
  status: string(),
  checks: array(string()),
  version: string(),
});
const healthy = {
  name: "influxdb",
  message: "ready for queries and writes",
  status: "pass",
  checks: [],
  version: influxVersion,
};

const health = route({
  method: "GET",
  path: "/health",
  name: "getHealth",
  tag: "Operation",
  summary: "OK as long as the process answers",
  responses: {
    200: {
      description: "Starts with OK; as JSON, in the form of InfluxDB 1.8, for who asks for JSON",
      content: { "text/plain": text, "application/json": Health.json },
    },
  },
  async handle({ accept }) {
    if (accept.includes("application/json")) return ok(healthy);
    return { status: 200, body: "OK\n", contentType: "text/plain; charset=utf-8" };
  },
});

const readiness = route({
  method: "GET",
  path: "/health/ready",
  name: "getReadiness",
  tag: "Operation",
  summary: "Whether the server should get traffic",
  responses: {
    200: json("It should", Ready),
    503: json("It should not: it is stopping, or cannot write", Ready),
  },
  async handle(_request, backend) {
    const reason = backend.notReady();
    if (reason === undefined) return ok({ ready: true });
    return { status: 503, body: { ready: false, reason } };
  },
});

const metrics = route({
  method: "GET",
  path: "/metrics",
  name: "getMetrics",
  tag: "Operation",
  summary: "Metrics as Prometheus text",
  responses: { 200: { description: "Metrics", content: { "text/plain": text } } },
  async handle(_request, backend) {
    const { contentType, text: body } = await backend.metrics();
    return { status: 200, body, contentType };
  },
});

const statsFields = {
  topics: integer(),
  subscriptions: integer(),
  schedules: integer(),
  eventsPending: integer({ description: "Not yet due" }),
  eventsReady: integer({ description: "Due, waiting for a consumer" }),
  eventsInFlight: integer({ description: "Handed out, not acknowledged" }),
  deadLetters: integer(),
  logBytes: integer(),
  logSegments: integer(),
  logFirstIndex: integer(),
  logHeadIndex: integer(),
  memtableBytes: integer(),
  storeBytesOnDisk: integer(),
  storeBytesUsed: integer(),
  storeRows: integer(),
} as const satisfies Record<keyof EngineStats, Schema<number>>;

const stats = route({
  method: "GET",
  path: "/api/v1/stats",
  name: "getStats",
  tag: "Operation",
  summary: "How much there is of everything",
  responses: { 200: json("Figures", object(statsFields, { title: "Stats" })) },
  async handle(_request, backend) {
    return ok(await backend.stats.stats());
  },
});

const scheduler = route({
  method: "GET",
  path: "/api/v1/scheduler",
  name: "getSchedulerStatus",
  tag: "Operation",
  summary: "What waits, and how late first deliveries were since the start",
  query: object({ partition: optional(integer({ minimum: 0 })) }),
  responses: {
    200: json(
      "The scheduler",
      object({
        pending: integer({ description: "Not yet due" }),
        ready: integer({ description: "Due, waiting for a consumer" }),
        delayMsAverage: number(),
        delayMsMax: number(),
      }),
    ),
  },
  async handle({ query }, { events }) {
    return ok(await events.schedulerStatus(query.partition));
  },
});

const retention = route({
  method: "POST",
  path: "/api/v1/retention",
  name: "runRetention",
  tag: "Operation",
  summary: "Remove old events now; never one that is unfired or unacknowledged",
  body: object(
    {
      topic: optional(topicName),
      partition: optional(integer({ minimum: 0 })),
      maxAgeMs: optional(integer({ minimum: 0 })),
      maxBytes: optional(integer({ minimum: 0 })),
      minOffset: optional(integer({ description: "Nothing at or above it", minimum: 0 })),
    },
    { description: "What is given overrides the topics' settings for this run" },
  ),
  isBodyOptional: true,
  responses: {
    200: json("What was removed", object({ eventsRemoved: integer(), bytesFreed: integer() })),
  },
  async handle({ body }, { events }) {
    const options: RetentionOptions = body;
    return ok(await events.runRetention(options));
  },
});

export const healthRoutes: readonly Route[] = [health, readiness, metrics];
export const operationRoutes: readonly Route[] = [...healthRoutes, stats, scheduler, retention];
