/**
 * EventService: publishing, delivery, replay, and the rpcs about pending events and dead letters.
 * The hot ones take and give bytes; `eventServiceDefinition` switches their codecs off.
 */
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import type { ServiceDefinition } from "@grpc/proto-loader";
import { CronosError } from "../../base/errors.ts";
import type {
  DeadLetterSelector,
  EventSelector,
  EventsApi,
} from "../../engine/events-api.ts";
import { ackHandler } from "./ack.ts";
import { deadLetterMessage, eventMessage, whenSet } from "./convert-messages.ts";
import { encodeDelivery, encodeReplayEvent } from "./encode-delivery.ts";
import type { GrpcEngine } from "./grpc-engine.ts";
import type { LiveCalls } from "./live-calls.ts";
import type {
  DeadLetterSelectorRequest,
  GetEventRequest,
  ListDeadLettersRequest,
  ListDeadLettersResponse,
  ListPendingRequest,
  ListPendingResponse,
  RescheduleRequest,
  SelectorRequest,
} from "./messages.ts";
import { serviceDefinition } from "./proto-file.ts";
import { publishBatchHandler, publishHandler } from "./publish.ts";
import { publishStreamHandler } from "./publish-stream.ts";
import { replayHandler } from "./replay.ts";
import { subscribeHandler } from "./subscribe.ts";
import { unary } from "./unary.ts";

/** The service as it is served: hot messages are their own bytes. */
export function eventServiceDefinition(): ServiceDefinition {
  const definition = serviceDefinition("EventService");
  const served: ServiceDefinition = { ...definition };
  for (const name of ["Publish", "PublishBatch", "PublishStream", "Ack"]) {
    const method = definition[name];
    if (method === undefined) continue;
    served[name] = { ...method, requestDeserialize: asIs, responseSerialize: bytesAsIs };
  }
  const { Subscribe, Replay } = definition;
  if (Subscribe !== undefined) {
    served["Subscribe"] = { ...Subscribe, responseSerialize: encodeDelivery as typeof bytesAsIs };
  }
  if (Replay !== undefined) {
    served["Replay"] = { ...Replay, responseSerialize: encodeReplayEvent as typeof bytesAsIs };
  }
  return served;
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

function bytesAsIs(message: object): Buffer {
  return message as Buffer;
}

export function eventServiceHandlers(
  engine: GrpcEngine,
  live: LiveCalls,
): UntypedServiceImplementation {
  const { events, encoded } = engine;
  return {
    Publish: publishHandler(encoded),
    PublishBatch: publishBatchHandler(encoded),
    PublishStream: publishStreamHandler(encoded, live),
    Subscribe: subscribeHandler(encoded, live),
    Ack: ackHandler(encoded, live),
    Replay: replayHandler(encoded, live),
    ...pendingHandlers(events),
    ...deadLetterHandlers(events),
  };
}

function pendingHandlers(events: EventsApi): UntypedServiceImplementation {
  return {
    Cancel: unary(async (request: SelectorRequest) => ({
      cancelled_count: await events.cancel(eventSelector(request)),
    })),
    Reschedule: unary(async (request: RescheduleRequest) => ({
      rescheduled_count: await events.reschedule(eventSelector(request), request.schedule_ts),
    })),
    ListPending: unary(async (request: ListPendingRequest): Promise<ListPendingResponse> => {
      const page = await events.listPending({
        topic: request.topic,
        ...whenSet("from", request.from_ts),
        ...whenSet("to", request.to_ts),
        ...whenSet("limit", request.limit),
        ...whenSet("after", request.page_token),
      });
      return { events: page.items.map(eventMessage), next_page_token: page.next ?? "" };
    }),
    GetEvent: unary(async (request: GetEventRequest) => {
      const event = await events.get(request.topic, request.message_id);
      if (event !== undefined) return eventMessage(event);
      const what = `Get event ${request.message_id} of topic ${request.topic}`;
      throw new CronosError("NOT_FOUND", `${what}: there is none`);
    }),
  };
}

function deadLetterHandlers(events: EventsApi): UntypedServiceImplementation {
  return {
    ListDeadLetters: unary(
      async (request: ListDeadLettersRequest): Promise<ListDeadLettersResponse> => {
        const page = await events.listDeadLetters({
          topic: request.topic,
          ...whenSet("group", request.consumer_group),
          ...whenSet("limit", request.limit),
          ...whenSet("after", request.page_token),
        });
        const letters = page.items.map(deadLetterMessage);
        return { dead_letters: letters, next_page_token: page.next ?? "" };
      },
    ),
    RedriveDeadLetters: unary(async (request: DeadLetterSelectorRequest) => ({
      redriven_count: await events.redriveDeadLetters(deadLetterSelector(request)),
    })),
    PurgeDeadLetters: unary(async (request: DeadLetterSelectorRequest) => ({
      purged_count: await events.purgeDeadLetters(deadLetterSelector(request)),
    })),
  };
}

/** Which events: what is not set is left out, so that the engine sees exactly what was asked. */
function eventSelector(request: SelectorRequest): EventSelector {
  const { topic, message_ids: ids, prefix, meta } = request;
  return {
    topic,
    ...(ids.length === 0 ? {} : { ids }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(Object.keys(meta).length === 0 ? {} : { meta }),
  };
}

function deadLetterSelector(request: DeadLetterSelectorRequest): DeadLetterSelector {
  const { topic, message_ids: ids } = request;
  return {
    topic,
    ...whenSet("group", request.consumer_group),
    ...(ids.length === 0 ? {} : { ids }),
  };
}
