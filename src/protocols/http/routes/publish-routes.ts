/** Publishing: one event, or many in one request. */
import { eventInput, EventBody, topicName } from "../event-json.ts";
import type { Route } from "../route.ts";
import { json, ok, route } from "../route.ts";
import { array, boolean, integer, object, optional, string } from "../schema.ts";

/** A payload of 4 MB (the most there is) is 5.6 MB of base64; text is seldom escaped to more. */
const publishBytesMax = 8 * 1024 * 1024;
const batchBytesMax = 32 * 1024 * 1024;
const batchEventsMax = 10_000;

const params = object({ topic: topicName });
const allowDuplicate = boolean({ description: "Store it although its id was published before" });

const Receipt = object(
  {
    partition: integer(),
    offset: integer({ description: "Of the event; of the first one with its id if a duplicate" }),
    at: integer({ description: "When it is due, Unix ms" }),
    duplicate: boolean({ description: "The id is known: nothing was stored" }),
  },
  { title: "PublishReceipt" },
);

const BatchReceipt = object(
  {
    published: integer(),
    duplicates: integer(),
    errors: array(
      object({ index: integer({ description: "Position in the batch" }), message: string() }),
      { description: "Events that were refused; the others are stored all the same" },
    ),
    firstOffset: integer({ description: "Smallest offset given; -1 when nothing was stored" }),
    lastOffset: integer({ description: "Largest offset given; -1 when nothing was stored" }),
  },
  { title: "BatchReceipt" },
);

const publish = route({
  method: "POST",
  path: "/api/v1/topics/{topic}/events",
  name: "publishEvent",
  tag: "Publish",
  summary: "Publish an event that falls due at a time; answered when it is durable",
  params,
  query: object({ allowDuplicate: optional(allowDuplicate) }),
  body: EventBody,
  bodyBytesMax: publishBytesMax,
  responses: {
    200: json("The id is known: nothing was stored", Receipt),
    201: json("Stored", Receipt),
  },
  async handle({ params: { topic }, query, body }, { events, clock }) {
    const event = eventInput(body, { topic, now: clock.now(), field: "body" });
    const receipt = await events.publish(event, query);
    return { status: receipt.duplicate ? 200 : 201, body: receipt };
  },
});

const publishBatch = route({
  method: "POST",
  path: "/api/v1/topics/{topic}/events/batch",
  name: "publishEvents",
  tag: "Publish",
  summary: "Publish many events at once; one that is refused does not hinder the others",
  params,
  body: object({
    events: array(EventBody, { minItems: 1, maxItems: batchEventsMax }),
    allowDuplicate: optional(allowDuplicate),
  }),
  bodyBytesMax: batchBytesMax,
  responses: { 200: json("What became of them", BatchReceipt) },
  async handle({ params: { topic }, body }, { events, clock }) {
    const now = clock.now();
    const inputs = body.events.map((event, index) =>
      eventInput(event, { topic, now, field: `body.events.${index}` }),
    );
    return ok(await events.publishBatch(inputs, { allowDuplicate: body.allowDuplicate ?? false }));
  },
});

export const publishRoutes: readonly Route[] = [publish, publishBatch];
