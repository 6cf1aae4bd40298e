/**
 * PublishStream: batches one after another without waiting, receipts in their order. A batch that
 * fails is answered with success = false, whatever the reason, and the stream goes on.
 *
 * What became durable together is answered in one message: with one event per request a message
 * per receipt would cost more than the publish.
 */
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { toCronosError } from "../../base/errors.ts";
import type { EncodedEventsApi } from "../../engine/encoded-events.ts";
import { encodeBatchFailure, encodeBatchResponse, encodeReceipts } from "./encode-response.ts";
import type { LiveCalls } from "./live-calls.ts";
import { answerInOrder } from "./ordered-answers.ts";
import { readRequestId } from "./read-request.ts";

/** Of one stream: enough to fill group commits, little enough that a node bears hundreds. */
const inFlight = { requestsMax: 1024, bytesMax: 16 * 1024 * 1024 };

/** Serves EventService.PublishStream. */
export function publishStreamHandler(
  events: Pick<EncodedEventsApi, "publishBatchEncoded">,
  live: LiveCalls,
): (call: ServerDuplexStream<Buffer, Buffer>) => void {
  return (call) =>
    answerInOrder(call, {
      ...inFlight,
      live,
      serve: (request) => publish(events, request),
      messages: (receipts) => [encodeReceipts(receipts)],
    });
}

async function publish(
  events: Pick<EncodedEventsApi, "publishBatchEncoded">,
  request: Buffer,
): Promise<Buffer> {
  let requestId = 0;
  try {
    requestId = readRequestId(request);
    return encodeBatchResponse(await events.publishBatchEncoded(request), requestId);
  } catch (thrown) {
    return encodeBatchFailure(toCronosError(thrown), requestId);
  }
}
