/**
 * A subscription over the network, as an async iterator.
 *
 *   connecting ──headers──▶ open ──(connection lost)──▶ waiting ──(backoff)──▶ connecting
 *   any ──(close, or an end that trying again would not change)──▶ ended
 *
 * A member of a group connects again under its name and goes on where the group is; deliveries that
 * were fetched but not handed out are dropped, the server gives them again. A private subscription
 * has no position to go on from, so it ends with the error instead.
 *
 * One event per delivery: an event can be acknowledged by itself only if it came by itself. What is
 * fetched ahead is bounded by the credits.
 */
import { status } from "@grpc/grpc-js";
import type { ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import { CronosError } from "../base/errors.ts";
import type {
  EventDelivery,
  SubscribeOptions,
  Subscription,
} from "../engine/events-api.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import { RealRandom } from "../ports/real-random.ts";
import { errorOfStatus } from "../protocols/grpc/grpc-status.ts";
import type { SubscribeRequest } from "../protocols/grpc/messages.ts";
import { messageDefinition } from "../protocols/grpc/proto-file.ts";
import { decodeSingleDelivery } from "./decode-delivery.ts";
import type { SingleDelivery } from "./decode-delivery.ts";
import type { RemoteAcks } from "./remote-acks.ts";
import type { RemoteCalls } from "./remote-calls.ts";

const backoffMsMin = 50;
const backoffMsMax = 5_000;

/** Of a name that no other member has by chance. */
const memberNameBytes = 12;

interface Parts {
  readonly calls: RemoteCalls;
  readonly acks: RemoteAcks;
  readonly clock: Clock;
  /** The subscription is over. */
  ended(subscription: RemoteSubscription): void;
}

export class RemoteSubscription implements Subscription {
  readonly #parts: Parts;
  readonly #request: SubscribeRequest;
  readonly #isPrivate: boolean;
  #stream: ClientDuplexStream<Buffer, Buffer> | undefined;
  #retry: Timer | undefined;
  #backoffMs = backoffMsMin;
  /** The server took the subscription at least once. */
  #wasOpen = false;
  #fetched: EventDelivery[] = [];
  #fetchedAt = 0;
  /** Iterators that wait for a delivery. */
  #waiting: (() => void)[] = [];
  #end: { readonly error?: CronosError } | undefined;

  constructor(options: SubscribeOptions, parts: Parts) {
    this.#parts = parts;
    this.#isPrivate = options.group === undefined;
    this.#request = subscribeRequest(options);
    this.#connect();
  }

  async close(): Promise<void> {
    this.#finish({});
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EventDelivery> {
    try {
      for (;;) {
        const delivery = this.#take();
        if (delivery !== undefined) yield delivery;
        else if (this.#end?.error !== undefined) throw this.#end.error;
        else if (this.#end !== undefined) return;
        else await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    } finally {
      await this.close();
    }
  }

  #take(): EventDelivery | undefined {
    const delivery = this.#fetched[this.#fetchedAt];
    if (delivery === undefined) return undefined;
    this.#fetchedAt++;
    if (this.#fetchedAt === this.#fetched.length) this.#drop();
    return delivery;
  }

  #drop(): void {
    this.#fetched = [];
    this.#fetchedAt = 0;
  }

  #connect(): void {
    this.#retry = undefined;
    const stream = this.#parts.calls.stream("EventService", "Subscribe");
    this.#stream = stream;
    stream.on("metadata", () => {
      this.#wasOpen = true;
      this.#backoffMs = backoffMsMin;
    });
    stream.on("data", (message: Buffer) => {
      const delivery = decodeSingleDelivery(message);
      if (delivery === undefined) return;
      this.#fetched.push(this.#delivery(delivery));
      this.#wake();
    });
    stream.on("error", (failure: ServiceError) => this.#lost(stream, errorOfStatus(failure)));
    stream.on("end", () => {
      this.#lost(stream, new CronosError("UNAVAILABLE", "Subscribe: the server ended the stream"));
    });
    // Once moved, the group must not be moved again by a reconnection.
    const request = { ...this.#request, replay: this.#request.replay && !this.#wasOpen };
    stream.write(messageDefinition("SubscribeRequest").serialize(request));
  }

  #delivery({ event, deliveryId, attempt, ackTimeoutMs }: SingleDelivery): EventDelivery {
    const { acks } = this.#parts;
    return {
      ...event,
      deliveryId,
      attempt,
      ackTimeoutMs,
      ack: () => acks.settle(deliveryId),
      nack: (error = "") => acks.settle(deliveryId, error),
    };
  }

  #lost(stream: ClientDuplexStream<Buffer, Buffer>, error: CronosError): void {
    if (this.#stream !== stream || this.#end !== undefined) return;
    this.#stream = undefined;
    this.#drop();
    if (this.#isPrivate || !isWorthRetrying(error)) {
      this.#finish({ error });
      return;
    }
    this.#retry = this.#parts.clock.after(this.#backoffMs, () => this.#connect());
    this.#backoffMs = Math.min(this.#backoffMs * 2, backoffMsMax);
  }

  #finish(end: { readonly error?: CronosError }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#retry?.cancel();
    this.#drop();
    this.#stream?.cancel();
    this.#wake();
    this.#parts.ended(this);
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function newMemberName(): string {
  return Buffer.from(new RealRandom().bytes(memberNameBytes)).toString("hex");
}

/** The server is away or busy, rather than of another opinion. */
function isWorthRetrying(error: CronosError): boolean {
  const { cause } = error;
  if (error.kind === "retry") return true;
  return cause instanceof Error && "code" in cause && cause.code === status.UNAVAILABLE;
}

function subscribeRequest(options: SubscribeOptions): SubscribeRequest {
  const { from = "earliest" } = options;
  const edges = { earliest: 0, latest: -1 };
  return {
    consumer_group: options.group ?? "",
    topic: options.topic,
    partition_id: options.partition ?? -1,
    start_offset: typeof from === "number" ? from : edges[from],
    max_buffer_size: options.credits ?? 0,
    subscription_id: options.subscriptionId ?? newMemberName(),
    replay: options.replay ?? false,
    max_batch_size: 1,
  };
}
