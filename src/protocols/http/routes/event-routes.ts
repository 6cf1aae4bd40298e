/** Stored events: look one up, list what is pending, cancel and reschedule. */
import type { EventSelector } from "../../../engine/events-api.ts";
import { CronosError } from "../../../base/errors.ts";
import { eventId, eventList, storedEventJson, StoredEventBody } from "../event-json.ts";
import { time, toMs, topicName } from "../event-json.ts";
import type { Route } from "../route.ts";
import { json, ok, route } from "../route.ts";
import { array, integer, object, optional, record, string } from "../schema.ts";
import type { ValueOf } from "../schema.ts";

export const pageItemsMax = 10_000;
const selectedIdsMax = 10_000;

const topicParams = object({ topic: topicName });
const eventParams = object({ topic: topicName, id: eventId });

export const limit = integer({
  description: "At most so many; default 100",
  minimum: 1,
  maximum: pageItemsMax,
});
export const after = string({ description: "Continue after the page that returned this as next" });
export const next = string({ description: "Continues the listing; absent at the end" });

const selectorFields = {
  ids: optional(array(eventId, { minItems: 1, maxItems: selectedIdsMax })),
  prefix: optional(string({ description: "Ids that start with this text", minLength: 1 })),
  meta: optional(
    record(string(), { description: "Every one of these tags with this value", minProperties: 1 }),
  ),
};
const Selector = object(selectorFields, {
  title: "EventSelector",
  description: "Which pending events: exactly one of ids, prefix, meta",
});

const Cancelled = object({ cancelled: integer({ description: "Events that will not fire" }) });
const Rescheduled = object({ rescheduled: integer({ description: "Events that were moved" }) });

const getEvent = route({
  method: "GET",
  path: "/api/v1/topics/{topic}/events/{id}",
  name: "getEvent",
  tag: "Events",
  summary: "The stored event with this id, fired or not",
  params: eventParams,
  responses: { 200: json("The event", StoredEventBody) },
  async handle({ params: { topic, id } }, { events }) {
    const event = await events.get(topic, id);
    if (event !== undefined) return ok(storedEventJson(event));
    throw new CronosError("NOT_FOUND", `No event ${JSON.stringify(id)} in topic ${topic}`, {
      details: { topic, id },
    });
  },
});

const cancelEvent = route({
  method: "DELETE",
  path: "/api/v1/topics/{topic}/events/{id}",
  name: "cancelEvent",
  tag: "Events",
  summary: "Cancel an event that is not due yet; 0 when there is none",
  params: eventParams,
  responses: { 200: json("How many were cancelled: 0 or 1", Cancelled) },
  async handle({ params: { topic, id } }, { events }) {
    return ok({ cancelled: await events.cancel({ topic, ids: [id] }) });
  },
});

const rescheduleEvent = route({
  method: "PATCH",
  path: "/api/v1/topics/{topic}/events/{id}",
  name: "rescheduleEvent",
  tag: "Events",
  summary: "Move an event that is not due yet to another time; 0 when there is none",
  params: eventParams,
  body: object({ at: time("when it shall be due") }),
  responses: { 200: json("How many were moved: 0 or 1", Rescheduled) },
  async handle({ params: { topic, id }, body }, { events }) {
    const at = toMs(body.at, "body.at");
    return ok({ rescheduled: await events.reschedule({ topic, ids: [id] }, at) });
  },
});

const cancelEvents = route({
  method: "POST",
  path: "/api/v1/topics/{topic}/cancel",
  name: "cancelEvents",
  tag: "Events",
  summary: "Cancel the pending events that a selector names",
  params: topicParams,
  body: Selector,
  responses: { 200: json("How many were cancelled", Cancelled) },
  async handle({ params: { topic }, body }, { events }) {
    return ok({ cancelled: await events.cancel(selector(topic, body)) });
  },
});

const rescheduleEvents = route({
  method: "POST",
  path: "/api/v1/topics/{topic}/reschedule",
  name: "rescheduleEvents",
  tag: "Events",
  summary: "Move the pending events that a selector names to another time",
  params: topicParams,
  body: object({ ...selectorFields, at: time("when they shall be due") }),
  responses: { 200: json("How many were moved", Rescheduled) },
  async handle({ params: { topic }, body: { at, ...selected } }, { events }) {
    const moved = await events.reschedule(selector(topic, selected), toMs(at, "body.at"));
    return ok({ rescheduled: moved });
  },
});

const listPending = route({
  method: "GET",
  path: "/api/v1/topics/{topic}/pending",
  name: "listPendingEvents",
  tag: "Events",
  summary: "Events not yet due, in order of due time",
  params: topicParams,
  query: object({
    from: optional(time("due at or after")),
    to: optional(time("due before")),
    limit: optional(limit),
    after: optional(after),
  }),
  responses: { 200: json("A page", object({ items: eventList, next: optional(next) })) },
  async handle({ params: { topic }, query }, { events }) {
    const { from, to, ...page } = query;
    const { items, ...rest } = await events.listPending({ topic, ...window(from, to), ...page });
    return ok({ items: items.map(storedEventJson), ...rest });
  },
});

export const eventRoutes: readonly Route[] = [
  getEvent,
  cancelEvent,
  rescheduleEvent,
  cancelEvents,
  rescheduleEvents,
  listPending,
];

/** The bounds of a time window that are given, in Unix ms. */
export function window(
  from: number | string | undefined,
  to: number | string | undefined,
): { readonly from?: number; readonly to?: number } {
  return {
    ...(from === undefined ? {} : { from: toMs(from, "query.from") }),
    ...(to === undefined ? {} : { to: toMs(to, "query.to") }),
  };
}

function selector(topic: string, body: ValueOf<typeof Selector>): EventSelector {
  return { topic, ...body };
}
