/** Subscribing with Server-Sent Events, and acknowledging by delivery id with ordinary requests. */
import { toCronosError } from "../../../base/errors.ts";
import { DeliveryBody, topicName } from "../event-json.ts";
import { subscriptionStream } from "../event-stream.ts";
import { groupName } from "./group-routes.ts";
import type { HttpBackend, Route } from "../route.ts";
import { json, ok, route } from "../route.ts";
import { array, boolean, either, integer, object, oneOf, optional, string } from "../schema.ts";

const settledIdsMax = 10_000;
const creditsMax = 100_000;
const errorCharsMax = 1_000;

const deliveryId = string({ description: "From the delivery", minLength: 1, maxLength: 1_000 });
const deliveryParams = object({ deliveryId });
const nackError = string({ description: "Why; kept in the dead letter", maxLength: errorCharsMax });

const Settled = object({
  committedOffset: integer({
    description: "The group's position in the delivery's partition: all before it is acknowledged",
  }),
});

const subscribe = route({
  method: "GET",
  path: "/api/v1/topics/{topic}/subscribe",
  name: "subscribe",
  tag: "Subscribe",
  summary: "Due events as Server-Sent Events, until the client goes away",
  params: object({ topic: topicName }),
  query: object({
    group: optional(groupName),
    partition: optional(integer({ description: "One partition; default all", minimum: 0 })),
    from: optional(
      either(oneOf(["earliest", "latest"]), integer({ minimum: 0 }), {
        description: "earliest, latest or an offset: where a group without a position starts",
      }),
    ),
    replay: optional(boolean({ description: "Move the group to from even if it has a position" })),
    credits: optional(
      integer({
        description: "Most events handed out and not acknowledged; default 1000",
        minimum: 1,
        maximum: creditsMax,
      }),
    ),
    subscriptionId: optional(
      string({ description: "Name of this member; its namesake gives way", minLength: 1 }),
    ),
  }),
  responses: {
    200: {
      description: "Messages `delivery` (data is the schema), then `end` if the server ends it",
      content: { "text/event-stream": DeliveryBody.json },
    },
  },
  async handle({ params: { topic }, query }, { events, clock }) {
    const subscription = events.subscribe({ topic, ...query });
    return {
      status: 200,
      body: subscriptionStream(subscription, clock),
      contentType: "text/event-stream",
      finish: () => void subscription.close().catch(() => {}),
    };
  },
});

const acknowledge = route({
  method: "POST",
  path: "/api/v1/deliveries/{deliveryId}/ack",
  name: "acknowledgeDelivery",
  tag: "Subscribe",
  summary: "Acknowledge a delivery; answered when that is durable",
  params: deliveryParams,
  responses: { 200: json("Acknowledged", Settled) },
  async handle({ params }, { encoded }) {
    const committedOffset = await encoded.settleEncoded(params.deliveryId, { ok: true });
    return ok({ committedOffset });
  },
});

const giveBack = route({
  method: "POST",
  path: "/api/v1/deliveries/{deliveryId}/nack",
  name: "rejectDelivery",
  tag: "Subscribe",
  summary: "Give a delivery back: it is tried again after the backoff, or becomes a dead letter",
  params: deliveryParams,
  body: object({ error: optional(nackError) }),
  isBodyOptional: true,
  responses: { 200: json("Given back", Settled) },
  async handle({ params, body }, { encoded }) {
    const outcome = { ok: false, error: body.error ?? "" } as const;
    return ok({ committedOffset: await encoded.settleEncoded(params.deliveryId, outcome) });
  },
});

const acknowledgeMany = route({
  method: "POST",
  path: "/api/v1/deliveries/ack",
  name: "acknowledgeDeliveries",
  tag: "Subscribe",
  summary: "Acknowledge many deliveries at once",
  body: object({ deliveryIds: array(deliveryId, { minItems: 1, maxItems: settledIdsMax }) }),
  responses: {
    200: json(
      "What became of them",
      object({
        acknowledged: integer(),
        errors: array(object({ deliveryId: string(), message: string() })),
      }),
    ),
  },
  async handle({ body: { deliveryIds } }, backend) {
    const errors = (await Promise.all(deliveryIds.map((id) => settle(id, backend)))).flat();
    return ok({ acknowledged: deliveryIds.length - errors.length, errors });
  },
});

export const subscribeRoutes: readonly Route[] = [
  subscribe,
  acknowledge,
  giveBack,
  acknowledgeMany,
];

async function settle(
  id: string,
  { encoded }: HttpBackend,
): Promise<{ deliveryId: string; message: string }[]> {
  try {
    await encoded.settleEncoded(id, { ok: true });
    return [];
  } catch (thrown) {
    const error = toCronosError(thrown);
    // What is not about this one delivery fails the request as a whole.
    if (error.kind !== "request") throw error;
    return [{ deliveryId: id, message: error.message }];
  }
}
