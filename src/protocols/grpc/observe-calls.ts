/**
 * Tells how each call ended, for metrics and for the log. A call ends once: with a status of ours,
 * or because the client went away (CANCELLED), which is how subscriptions usually end.
 */
import { ServerInterceptingCall, status } from "@grpc/grpc-js";
import type { ServerInterceptor } from "@grpc/grpc-js";
import type { Clock } from "../../ports/clock.ts";

export interface CallObservation {
  /** "Publish" */
  readonly method: string;
  /** The status by its name, e.g. "OK". */
  readonly code: string;
  /** What the client was told. */
  readonly details: string;
  /** Of a stream: its whole life. */
  readonly durationMs: number;
}

/** An interceptor that calls `onCall` at the end of every call. */
export function observeCalls(
  clock: Clock,
  onCall: (observation: CallObservation) => void,
): ServerInterceptor {
  return ({ path }, call) => {
    const method = path.slice(path.lastIndexOf("/") + 1);
    const startedAt = clock.monotonic();
    let isOver = false;
    const end = (code: status, details: string): void => {
      if (isOver) return;
      isOver = true;
      onCall({ method, code: status[code], details, durationMs: clock.monotonic() - startedAt });
    };
    return new ServerInterceptingCall(call, {
      start: (next) => next({ onCancel: () => end(status.CANCELLED, "Cancelled by the client") }),
      sendStatus: (sent, next) => {
        end(sent.code ?? status.OK, sent.details ?? "");
        next(sent);
      },
    });
  };
}
