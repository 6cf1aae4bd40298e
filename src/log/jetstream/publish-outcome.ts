/**
 * What is known when a publish was not acknowledged. Only two answers say something for certain:
 * "wrong last sequence", and a refusal for lack of room or of permission. Everything else (a
 * time-out, no responders while a leader is elected, an error that we do not know) leaves it open,
 * and the caller looks at the stream.
 */
import { JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream";
import { InvalidArgumentError, PermissionViolationError } from "@nats-io/transport-node";
import { CronosError } from "../../base/errors.ts";
import type { ErrorCode } from "../../base/errors.ts";
import type { PublishOutcome } from "./shard-stream.ts";

/** JetStream's numbers of the refusals that are for certain, besides those of the sequence. */
const refusalCodes: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [10002, "DISK_FULL"], // resource limits exceeded for account
  [10023, "DISK_FULL"], // insufficient resources
  [10028, "DISK_FULL"], // memory resource limits exceeded for account
  [10047, "DISK_FULL"], // insufficient storage resources available
  [10054, "TOO_LARGE"], // message size exceeds maximum allowed
  [10077, "DISK_FULL"], // the stream could not store it: its limit of bytes is reached
]);

/** The outcome of a publish to `stream` that ended with `error`. */
export function outcomeOfError(stream: string, error: unknown): PublishOutcome {
  if (error instanceof JetStreamApiError && isOutOfTurn(error)) return { kind: "out of turn" };
  const code = certainCode(error);
  if (code === undefined) return { kind: "unknown", cause: error };
  const text = error instanceof Error ? error.message : String(error);
  const refusal = new CronosError(code, `Cannot append to stream ${stream}: ${text}`, {
    cause: error,
    details: { stream },
  });
  return { kind: "refused", error: refusal };
}

function isOutOfTurn({ code }: JetStreamApiError): boolean {
  return (
    code === JetStreamApiCodes.StreamWrongLastSequence ||
    code === JetStreamApiCodes.StreamWrongLastSequenceUnknown
  );
}

function certainCode(error: unknown): ErrorCode | undefined {
  if (error instanceof JetStreamApiError) return refusalCodes.get(error.code);
  // The client wraps what happens to a request, sometimes.
  const cause = error instanceof Error ? error.cause : undefined;
  for (const each of [error, cause]) {
    if (each instanceof InvalidArgumentError) return "TOO_LARGE";
    if (each instanceof PermissionViolationError) return "UNAUTHENTICATED";
  }
  return undefined;
}
