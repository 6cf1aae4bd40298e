/** Dead letters: events whose attempts are used up. */
import type { DeadLetterSelector } from "../../../engine/events-api.ts";
import { DeadLetterBody, deadLetterJson, eventId, topicName } from "../event-json.ts";
import type { Route } from "../route.ts";
import { json, ok, route } from "../route.ts";
import { array, integer, object, optional } from "../schema.ts";
import type { ValueOf } from "../schema.ts";
import { after, limit, next } from "./event-routes.ts";
import { groupName } from "./group-routes.ts";

const selectedIdsMax = 10_000;
const params = object({ topic: topicName });

const Selector = object(
  {
    group: optional(groupName),
    ids: optional(array(eventId, { minItems: 1, maxItems: selectedIdsMax })),
  },
  { title: "DeadLetterSelector", description: "Without group and ids: all of the topic" },
);

const listDeadLetters = route({
  method: "GET",
  path: "/api/v1/topics/{topic}/dead-letters",
  name: "listDeadLetters",
  tag: "Dead letters",
  summary: "Dead letters with payload, attempts and last error",
  params,
  query: object({ group: optional(groupName), limit: optional(limit), after: optional(after) }),
  responses: {
    200: json("A page", object({ items: array(DeadLetterBody), next: optional(next) })),
  },
  async handle({ params: { topic }, query }, { events }) {
    const { items, ...rest } = await events.listDeadLetters({ topic, ...query });
    return ok({ items: items.map(deadLetterJson), ...rest });
  },
});

const redriveDeadLetters = route({
  method: "POST",
  path: "/api/v1/topics/{topic}/dead-letters/redrive",
  name: "redriveDeadLetters",
  tag: "Dead letters",
  summary: "Deliver them again, from attempt 1, to the group they died in",
  params,
  body: Selector,
  isBodyOptional: true,
  responses: { 200: json("How many", object({ redriven: integer() })) },
  async handle({ params: { topic }, body }, { events }) {
    return ok({ redriven: await events.redriveDeadLetters(selector(topic, body)) });
  },
});

const purgeDeadLetters = route({
  method: "POST",
  path: "/api/v1/topics/{topic}/dead-letters/purge",
  name: "purgeDeadLetters",
  tag: "Dead letters",
  summary: "Forget them",
  params,
  body: Selector,
  responses: { 200: json("How many", object({ purged: integer() })) },
  async handle({ params: { topic }, body }, { events }) {
    return ok({ purged: await events.purgeDeadLetters(selector(topic, body)) });
  },
});

export const deadLetterRoutes: readonly Route[] = [
  listDeadLetters,
  redriveDeadLetters,
  purgeDeadLetters,
];

function selector(topic: string, body: ValueOf<typeof Selector>): DeadLetterSelector {
  return { topic, ...body };
}
