/**
 * Replay: stored events from the engine's iterator to the call, no faster than the client reads.
 */
import { once } from "node:events";
import { status } from "@grpc/grpc-js";
import type { ServerWritableStream } from "@grpc/grpc-js";
import type { EncodedEvent, EncodedEventsApi } from "../../engine/encoded-events.ts";
import type { ReplayOptions } from "../../engine/events-api.ts";
import { whenSet } from "./convert-messages.ts";
import { statusOf } from "./grpc-status.ts";
import { failCall } from "./live-calls.ts";
import type { LiveCalls } from "./live-calls.ts";
import type { ReplayRequest } from "./messages.ts";

type ReplayCall = ServerWritableStream<ReplayRequest, EncodedEvent>;

/** Serves EventService.Replay. */
export function replayHandler(
  events: Pick<EncodedEventsApi, "replayEncoded">,
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
  events: Pick<EncodedEventsApi, "replayEncoded">,
  call: ReplayCall,
  stop: AbortSignal,
): Promise<void> {
  try {
    const replay = events.replayEncoded(replayOptions(call.request))[Symbol.asyncIterator]();
    // With a pace the next event may be hours away: the client does not wait that long to leave.
    stop.addEventListener("abort", () => void replay.return?.());
    for (;;) {
      const step = await replay.next();
      if (stop.aborted) return;
      if (step.done === true) break;
      if (!call.write(step.value)) await once(call, "drain", { signal: stop });
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
