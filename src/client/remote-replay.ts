/**
 * A replay over the network. The stream is read only as fast as the loop takes events, so the
 * server waits for it; leaving the loop cancels it.
 */
import type { ServiceError } from "@grpc/grpc-js";
import type { ReplayOptions, StoredEvent } from "../engine/events-api.ts";
import { storedEvent } from "../protocols/grpc/convert-messages.ts";
import { errorOfStatus } from "../protocols/grpc/grpc-status.ts";
import type { ReplayEventMessage } from "../protocols/grpc/messages.ts";
import type { RemoteCalls } from "./remote-calls.ts";

export async function* replayRemote(
  calls: RemoteCalls,
  options: ReplayOptions,
): AsyncGenerator<StoredEvent> {
  const stream = calls.read("EventService", "Replay", {
    topic: options.topic,
    start_ts: options.from,
    end_ts: options.to,
    start_offset: options.startOffset,
    count: options.count,
    speed: options.speed,
    ...(options.partition === undefined ? {} : { partition_id: options.partition }),
  });
  try {
    for await (const message of stream) yield storedEvent((message as ReplayEventMessage).event);
  } catch (failure) {
    throw isServiceError(failure) ? errorOfStatus(failure) : failure;
  } finally {
    stream.cancel();
  }
}

function isServiceError(failure: unknown): failure is ServiceError {
  return failure instanceof Error && "details" in failure && "metadata" in failure;
}
