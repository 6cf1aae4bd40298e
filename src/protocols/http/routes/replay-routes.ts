/** Replaying stored events, as JSON or as newline-delimited JSON. */
import type { ReplayOptions } from "../../../engine/events-api.ts";
import { eventList, StoredEventBody, time, topicName } from "../event-json.ts";
import { jsonForm, ndjsonForm, replayStream } from "../event-stream.ts";
import type { Route } from "../route.ts";
import { route } from "../route.ts";
import { integer, number, object, oneOf, optional } from "../schema.ts";
import { window } from "./event-routes.ts";

const ndjson = "application/x-ndjson";

const replay = route({
  method: "GET",
  path: "/api/v1/topics/{topic}/replay",
  name: "replayEvents",
  tag: "Replay",
  summary: "Stored events, fired or not, in order of schedule time, as a stream of any length",
  params: object({ topic: topicName }),
  query: object({
    format: optional(
      oneOf(["json", "ndjson"], { description: "Default: as the Accept header says, else json" }),
    ),
    partition: optional(integer({ description: "One partition; default all", minimum: 0 })),
    from: optional(time("schedule time at or after")),
    to: optional(time("schedule time before")),
    startOffset: optional(integer({ description: "Offset at or after", minimum: 0 })),
    count: optional(integer({ description: "At most so many; default all", minimum: 1 })),
    speed: optional(
      number({ description: "1 = the pace of the schedule times; 0 = no pace", minimum: 0 }),
    ),
  }),
  responses: {
    200: {
      description: "The events; one per line in NDJSON",
      content: {
        "application/json": object({ events: eventList }).json,
        [ndjson]: StoredEventBody.json,
      },
    },
  },
  async handle({ params: { topic }, query, accept }, { events }) {
    const { format, from, to, ...rest } = query;
    const options: ReplayOptions = { topic, ...rest, ...window(from, to) };
    const isNdjson = format === undefined ? accept.includes(ndjson) : format === "ndjson";
    const form = { ...(isNdjson ? ndjsonForm : jsonForm), isPaced: (query.speed ?? 0) > 0 };
    const body = await replayStream(events.replay(options), form);
    return {
      status: 200,
      body,
      contentType: isNdjson ? ndjson : "application/json; charset=utf-8",
      // Half a replay must not look like a whole one: the connection is broken off.
      finish: () => body.destroy(),
    };
  },
});

export const replayRoutes: readonly Route[] = [replay];
