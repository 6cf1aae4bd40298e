/**
 * Publish and PublishBatch: the request stays bytes from the socket to the store.
 */
import type { handleUnaryCall } from "@grpc/grpc-js";
import type { CronosError } from "../../base/errors.ts";
import type { EncodedEventsApi } from "../../engine/encoded-events.ts";
import {
  encodeBatchFailure,
  encodeBatchResponse,
  encodePublishFailure,
  encodePublishResponse,
} from "./encode-response.ts";
import { requestError, statusOf } from "./grpc-status.ts";
import { readPublishRequest } from "./read-request.ts";

type RawHandler = handleUnaryCall<Buffer, Buffer>;

/** Serves EventService.Publish. */
export function publishHandler(events: Pick<EncodedEventsApi, "publishEncoded">): RawHandler {
  return rawUnary((request) => {
    const { event, allowDuplicate } = readPublishRequest(request);
    return events.publishEncoded(event, { allowDuplicate }).then(encodePublishResponse);
  }, encodePublishFailure);
}

/** Serves EventService.PublishBatch. */
export function publishBatchHandler(
  events: Pick<EncodedEventsApi, "publishBatchEncoded">,
): RawHandler {
  return rawUnary(
    async (request) => encodeBatchResponse(await events.publishBatchEncoded(request)),
    (error) => encodeBatchFailure(error),
  );
}

/** A wrong request is answered with what `encodeFailure` makes of its error. */
function rawUnary(
  serve: (request: Buffer) => Promise<Buffer>,
  encodeFailure: (error: CronosError) => Buffer,
): RawHandler {
  return (call, callback) => {
    const fail = (thrown: unknown): void => {
      try {
        callback(null, encodeFailure(requestError(thrown)));
      } catch (notTheRequest) {
        callback(statusOf(notTheRequest));
      }
    };
    let answer: Promise<Buffer>;
    try {
      answer = serve(call.request);
    } catch (thrown) {
      fail(thrown);
      return;
    }
    answer.then((response) => callback(null, response), fail);
  };
}
