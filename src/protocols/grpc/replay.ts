/**
 * Replay: stored events from the engine's iterator to the call, no faster than the client reads.
 */
import { once } from "node:events";
import { status } from "@grpc/grpc-js";
import type { ServerWritableStream } from "@grpc/grpc-js";
import type { EventsApi, ReplayOptions } from "../../engine/events-api.ts";
import { eventMessage, whenSet } from "./convert-messages.ts";
import { statusOf } from "./grpc-status.ts";
import { failCall } from "./live-calls.ts";
import type { LiveCalls } from "./live-calls.ts";
import type { ReplayEventMessage, ReplayRequest } from "./messages.ts";

type ReplayCall = ServerWritableStream<ReplayRequest, ReplayEventMessage>;

/** Serves EventService.Replay. */
export function replayHandler(
  events: Pick<EventsApi, "replay">,
  live: LiveCalls,
): (call: ReplayCall) => void {
  return (call) => {
    const stop = new AbortController();
    const forget = live.add((details) => {
      stop.abort();
      failCall(call, { code: status.UNAVAILABLE, details });
    });
    call.once("cancelled", () => stop.abort());
    void sendAll(events, call, stop.signal).finally(forget);
  };
}

async function sendAll(
  events: Pick<EventsApi, "replay">,
  call: ReplayCall,
  stop: AbortSignal,
): Promise<void> {
  try {
    for await (const event of events.replay(replayOptions(call.request))) {
      if (stop.aborted) return;
      const message = { event: eventMessage(event), replay_offset: event.offset };
      if (!call.write(message)) await once(call, "drain", { signal: stop });
    }
    call.end();
  } catch (thrown) {
    if (!stop.aborted) failCall(call, statusOf(thrown));
  }
}

/** What a request asks of the engine. */
export function replayOptions(request: ReplayRequest): ReplayOptions {
  const partition = request.partition_id ?? -1;
  return {
    topic: request.topic,
    ...(partition === -1 ? {} : { partition }),
    ...whenSet("from", request.start_ts),
    ...whenSet("to", request.end_ts),
    ...whenSet("startOffset", request.start_offset),
    ...whenSet("count", request.count),
    ...whenSet("speed", request.speed),
  };
}
