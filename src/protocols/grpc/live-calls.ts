/**
 * Calls that may have no end of their own (subscriptions and other streams), so that a shutdown can
 * end them.
 */
import type { status } from "@grpc/grpc-js";
import type { ServerDuplexStream, ServerWritableStream } from "@grpc/grpc-js";

/** A call the server writes to for as long as it lives. */
export type LiveCall<Request, Response> =
  | ServerDuplexStream<Request, Response>
  | ServerWritableStream<Request, Response>;

export class LiveCalls {
  readonly #ends = new Set<(reason: string) => void>();
  #draining = false;

  get draining(): boolean {
    return this.#draining;
  }

  /** Remembers how a call is ended; the returned function forgets it. */
  add(end: (reason: string) => void): () => void {
    this.#ends.add(end);
    return () => this.#ends.delete(end);
  }

  /** Ends all, and lets none begin. */
  drain(reason: string): void {
    this.#draining = true;
    for (const end of this.#ends) end(reason);
    this.#ends.clear();
  }
}

/** A status that is not OK. */
export interface CallFailure {
  readonly code: status;
  readonly details: string;
}

/** Ends a streaming call with a status that is not OK. */
export function failCall(call: LiveCall<unknown, unknown>, failure: CallFailure): void {
  // The call's own listener turns it into the status of the call.
  if (!call.cancelled && !call.writableEnded) call.emit("error", failure);
}
