/**
 * Ack: settles deliveries by their id, from any connection. What cannot be settled (unknown,
 * settled before, timed out) is answered with success = false, and the stream goes on.
 */
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { toCronosError } from "../../base/errors.ts";
import type { EncodedEventsApi } from "../../engine/encoded-events.ts";
import { encodeAckFailure, encodeAckResponse } from "./encode-response.ts";
import type { LiveCalls } from "./live-calls.ts";
import { answerInOrder } from "./ordered-answers.ts";
import { readAckRequest } from "./read-request.ts";

/** Of one stream. An acknowledgement is small; what it costs is the answer that waits for disk. */
const inFlight = { requestsMax: 4096, bytesMax: 1024 * 1024 };

/** Serves EventService.Ack. */
export function ackHandler(
  events: Pick<EncodedEventsApi, "settleEncoded">,
  live: LiveCalls,
): (call: ServerDuplexStream<Buffer, Buffer>) => void {
  return (call) =>
    answerInOrder(call, {
      ...inFlight,
      live,
      serve: (request) => settle(events, request),
      messages: (answers) => answers,
    });
}

async function settle(
  events: Pick<EncodedEventsApi, "settleEncoded">,
  request: Buffer,
): Promise<Buffer> {
  try {
    const { deliveryId, success, error } = readAckRequest(request);
    const outcome = success ? { ok: true as const } : { ok: false as const, error };
    return encodeAckResponse(await events.settleEncoded(deliveryId, outcome));
  } catch (thrown) {
    return encodeAckFailure(toCronosError(thrown));
  }
}
