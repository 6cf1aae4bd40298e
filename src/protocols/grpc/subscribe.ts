/**
 * Subscribe: the first message on the stream says what is wanted, later ones are ignored, closing
 * the sending side means nothing (grpcurl does it at once). The subscription ends when the client
 * cancels or its connection breaks.
 *
 *   waiting ──(first message)──▶ opening ──▶ open ⇄ full ──▶ closed
 *
 * Full: more than `bufferedBytesMax` wait for the client's socket. Nothing more is taken from the
 * engine until half of that is sent, so a slow client costs disk, not memory.
 */
import { Metadata, status } from "@grpc/grpc-js";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type {
  EncodedDelivery,
  EncodedEventsApi,
  EncodedSubscribeOptions,
  EncodedSubscriber,
  EncodedSubscription,
} from "../../engine/encoded-events.ts";
import type { StartPosition } from "../../engine/events-api.ts";
import { whenSet } from "./convert-messages.ts";
import { deliverySize } from "./encode-delivery.ts";
import { statusOf } from "./grpc-status.ts";
import { failCall } from "./live-calls.ts";
import type { LiveCalls } from "./live-calls.ts";
import type { SubscribeRequest } from "./messages.ts";

/** Larger deliveries only cost latency. */
const batchSizeDefault = 500;

/** Waiting for one client's socket before the engine is asked to hold back. */
const bufferedBytesMax = 2 * 1024 * 1024;

type SubscribeCall = ServerDuplexStream<SubscribeRequest, EncodedDelivery>;

/** Serves EventService.Subscribe. */
export function subscribeHandler(
  events: Pick<EncodedEventsApi, "subscribeEncoded">,
  live: LiveCalls,
): (call: SubscribeCall) => void {
  return (call) => {
    const subscriber = new CallSubscriber(call, live);
    call.once("data", (request: SubscribeRequest) => void subscriber.open(events, request));
    call.once("end", () => subscriber.requestsEnded());
  };
}

/** What a request asks of the engine. */
export function subscribeOptions(request: SubscribeRequest): EncodedSubscribeOptions {
  return {
    topic: request.topic,
    from: startPosition(request.start_offset),
    replay: request.replay,
    batchSize: request.max_batch_size === 0 ? batchSizeDefault : request.max_batch_size,
    ...(request.partition_id === -1 ? {} : { partition: request.partition_id }),
    ...whenSet("group", request.consumer_group),
    ...whenSet("credits", request.max_buffer_size),
    ...whenSet("subscriptionId", request.subscription_id),
  };
}

function startPosition(startOffset: number): StartPosition {
  if (startOffset === -1) return "latest";
  return startOffset === 0 ? "earliest" : startOffset;
}

/** The engine's subscriber that writes to a call. */
class CallSubscriber implements EncodedSubscriber {
  readonly #call: SubscribeCall;
  readonly #live: LiveCalls;
  readonly #forget: () => void;
  #subscription: EncodedSubscription | undefined;
  #bufferedBytes = 0;
  #full = false;
  #asked = false;
  #closed = false;

  constructor(call: SubscribeCall, live: LiveCalls) {
    this.#call = call;
    this.#live = live;
    this.#forget = live.add((reason) => this.#end(status.UNAVAILABLE, reason));
    call.once("cancelled", () => this.#close());
    call.once("close", () => this.#close());
  }

  async open(
    events: Pick<EncodedEventsApi, "subscribeEncoded">,
    request: SubscribeRequest,
  ): Promise<void> {
    this.#asked = true;
    if (this.#live.draining) {
      this.#end(status.UNAVAILABLE, "Server is shutting down");
      return;
    }
    try {
      const subscription = await events.subscribeEncoded(subscribeOptions(request), this);
      if (this.#closed) await subscription.close();
      else this.#opened(subscription);
    } catch (thrown) {
      this.#close();
      failCall(this.#call, statusOf(thrown));
    }
  }

  /** The client closed its sending side; without a request there is nothing to wait for. */
  requestsEnded(): void {
    if (!this.#asked) this.#end(status.INVALID_ARGUMENT, "Subscribe: no request was sent");
  }

  #opened(subscription: EncodedSubscription): void {
    this.#subscription = subscription;
    this.#call.sendMetadata(new Metadata());
    // The socket may have taken everything while subscribe was still on its way.
    if (this.#full && this.#bufferedBytes === 0) this.#resume();
  }

  deliver(delivery: EncodedDelivery): boolean {
    if (this.#closed) return false;
    const size = deliverySize(delivery);
    this.#bufferedBytes += size;
    this.#full = this.#bufferedBytes >= bufferedBytesMax;
    this.#call.write(delivery, () => this.#sent(size));
    return !this.#full;
  }

  ended(reason: string): void {
    this.#subscription = undefined;
    this.#end(this.#live.draining ? status.UNAVAILABLE : status.ABORTED, reason);
  }

  #sent(size: number): void {
    this.#bufferedBytes -= size;
    if (this.#full && this.#bufferedBytes <= bufferedBytesMax / 2) this.#resume();
  }

  #resume(): void {
    if (this.#subscription === undefined) return;
    this.#full = false;
    this.#subscription.resume();
  }

  #end(code: status, details: string): void {
    this.#close();
    failCall(this.#call, { code, details });
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#forget();
    // The engine gives what was not acknowledged to others; nobody waits for that here.
    void this.#subscription?.close().catch(() => undefined);
  }
}
