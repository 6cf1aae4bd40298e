/** Recurring schedules: events published by a cron line. */
import type { ScheduleInput } from "../../../engine/events-api.ts";
import { cronLine, payloadOf, ScheduleBody, scheduleJson } from "../event-json.ts";
import { scheduleNameCharsMax, StoredScheduleBody, time, toMs, topicName } from "../event-json.ts";
import type { Route } from "../route.ts";
import { json, ok, route } from "../route.ts";
import { array, boolean, integer, object, optional, string } from "../schema.ts";
import type { ValueOf } from "../schema.ts";

const previewCountMax = 1_000;

const scheduleName = string({
  description: "Name of the schedule, unique in its topic",
  minLength: 1,
  maxLength: scheduleNameCharsMax,
});
const params = object({ topic: topicName, name: scheduleName });
const Schedules = object({ schedules: array(StoredScheduleBody) });

const putSchedule = route({
  method: "PUT",
  path: "/api/v1/topics/{topic}/schedules/{name}",
  name: "putSchedule",
  tag: "Schedules",
  summary: "Create or replace a recurring schedule; its runs are events of the topic",
  params,
  body: ScheduleBody,
  responses: { 200: json("The schedule with its next run", StoredScheduleBody) },
  async handle({ params: { topic, name }, body }, { events }) {
    return ok(scheduleJson(await events.schedule(scheduleInput(topic, name, body))));
  },
});

const listSchedules = route({
  method: "GET",
  path: "/api/v1/schedules",
  name: "listSchedules",
  tag: "Schedules",
  summary: "All recurring schedules, or those of a topic",
  query: object({ topic: optional(topicName) }),
  responses: { 200: json("The schedules", Schedules) },
  async handle({ query }, { events }) {
    return ok({ schedules: (await events.listSchedules(query.topic)).map(scheduleJson) });
  },
});

const previewSchedule = route({
  method: "GET",
  path: "/api/v1/schedules/preview",
  name: "previewSchedule",
  tag: "Schedules",
  summary: "The next instants of a cron line, without storing anything",
  query: object({
    cron: cronLine,
    timeZone: optional(string({ description: "IANA time zone; default UTC" })),
    count: optional(
      integer({ description: "Default 10", minimum: 1, maximum: previewCountMax }),
    ),
    from: optional(time("instants after it; default now")),
    startAt: optional(time("no run before")),
    endAt: optional(time("no run at or after")),
  }),
  responses: { 200: json("Unix ms", object({ instants: array(integer()) })) },
  async handle({ query: { count, from, cron, timeZone, startAt, endAt } }, { events }) {
    const input = {
      cron,
      ...(timeZone === undefined ? {} : { timeZone }),
      ...bounds("query", { startAt, endAt }),
    };
    const options = {
      ...(count === undefined ? {} : { count }),
      ...(from === undefined ? {} : { from: toMs(from, "query.from") }),
    };
    return ok({ instants: await events.previewSchedule(input, options) });
  },
});

const pauseSchedule = route({
  method: "POST",
  path: "/api/v1/topics/{topic}/schedules/{name}/pause",
  name: "pauseSchedule",
  tag: "Schedules",
  summary: "Stop a schedule until it is resumed",
  params,
  responses: { 200: json("The schedule", StoredScheduleBody) },
  async handle({ params: { topic, name } }, { events }) {
    return ok(scheduleJson(await events.pauseSchedule(topic, name, true)));
  },
});

const resumeSchedule = route({
  method: "POST",
  path: "/api/v1/topics/{topic}/schedules/{name}/resume",
  name: "resumeSchedule",
  tag: "Schedules",
  summary: "Continue a schedule that was paused",
  params,
  responses: { 200: json("The schedule", StoredScheduleBody) },
  async handle({ params: { topic, name } }, { events }) {
    return ok(scheduleJson(await events.pauseSchedule(topic, name, false)));
  },
});

const deleteSchedule = route({
  method: "DELETE",
  path: "/api/v1/topics/{topic}/schedules/{name}",
  name: "deleteSchedule",
  tag: "Schedules",
  summary: "Remove a schedule; its events that are already stored stay",
  params,
  responses: { 200: json("Whether it was there", object({ deleted: boolean() })) },
  async handle({ params: { topic, name } }, { events }) {
    return ok({ deleted: await events.deleteSchedule(topic, name) });
  },
});

export const scheduleRoutes: readonly Route[] = [
  putSchedule,
  listSchedules,
  previewSchedule,
  pauseSchedule,
  resumeSchedule,
  deleteSchedule,
];

function scheduleInput(
  topic: string,
  name: string,
  body: ValueOf<typeof ScheduleBody>,
): ScheduleInput {
  const { startAt, endAt, payloadBase64: _, ...rest } = body;
  const payload = payloadOf(body, "body");
  return { ...rest, topic, name, payload, ...bounds("body", { startAt, endAt }) };
}

function bounds(
  field: string,
  { startAt, endAt }: Partial<Record<"startAt" | "endAt", number | string | undefined>>,
): { readonly startAt?: number; readonly endAt?: number } {
  return {
    ...(startAt === undefined ? {} : { startAt: toMs(startAt, `${field}.startAt`) }),
    ...(endAt === undefined ? {} : { endAt: toMs(endAt, `${field}.endAt`) }),
  };
}
