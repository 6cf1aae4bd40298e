/**
 * The least that can stand behind the gRPC services for a load test of themselves: events of one
 * topic are kept in memory until they are due and handed to one subscriber. Nothing is durable,
 * deduplicated or delivered twice; the engine has its own tests.
 */
import { ProtobufReader } from "../../src/base/protobuf.ts";
import type {
  EncodedEvent,
  EncodedSubscribeOptions,
  EncodedSubscriber,
  EncodedSubscription,
} from "../../src/engine/encoded-events.ts";
import type { BatchReceipt, PublishReceipt } from "../../src/engine/events-api.ts";
import { FakeEncodedEvents } from "./fake-encoded-events.ts";

interface Waiting {
  readonly dueAt: number;
  readonly events: EncodedEvent[];
}

export class LoopbackEvents extends FakeEncodedEvents {
  #waiting: Waiting[] = [];
  #waitingAt = 0;
  readonly #timer = setInterval(() => this.#deliver(), 1);
  #subscriber: EncodedSubscriber | undefined;
  #offset = 0;
  #delivery = 0;
  #full = false;
  readonly #open = new Map<string, number>();
  #credits = 0;

  stop(): void {
    clearInterval(this.#timer);
  }

  override async publishEncoded(event: Uint8Array): Promise<PublishReceipt> {
    const at = dueOf(event);
    const offset = this.#offset++;
    const bytes = new Uint8Array(event);
    const createdAt = Date.now();
    this.#waiting.push({ dueAt: at, events: [{ bytes, partition: 0, offset, createdAt }] });
    return { partition: 0, offset, at, duplicate: false };
  }

  override async publishBatchEncoded(batch: Uint8Array): Promise<BatchReceipt> {
    const copy = new Uint8Array(batch);
    const reader = new ProtobufReader(copy);
    const createdAt = Date.now();
    const events: EncodedEvent[] = [];
    const firstOffset = this.#offset;
    let dueAt = 0;
    for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
      if (tag !== 10) {
        reader.skip(tag);
        continue;
      }
      const bytes = reader.view();
      dueAt = dueOf(bytes);
      events.push({ bytes, partition: 0, offset: this.#offset++, createdAt });
    }
    this.#waiting.push({ dueAt, events });
    const published = events.length;
    return { published, duplicates: 0, errors: [], firstOffset, lastOffset: this.#offset - 1 };
  }

  override async subscribeEncoded(
    options: EncodedSubscribeOptions,
    subscriber: EncodedSubscriber,
  ): Promise<EncodedSubscription> {
    this.#subscriber = subscriber;
    this.#credits = options.credits ?? 1000;
    return {
      subscriptionId: "s",
      ack: (deliveryId) => this.settleEncoded(deliveryId),
      nack: (deliveryId) => this.settleEncoded(deliveryId),
      resume: () => {
        this.#full = false;
      },
      close: async () => {
        this.#subscriber = undefined;
      },
    };
  }

  override async settleEncoded(deliveryId: string): Promise<number> {
    this.#credits += this.#open.get(deliveryId) ?? 0;
    this.#open.delete(deliveryId);
    return 0;
  }

  #deliver(): void {
    const now = Date.now();
    while (this.#subscriber !== undefined && !this.#full && this.#credits > 0) {
      const due: EncodedEvent[] = [];
      while (due.length < 500 && (this.#waiting[this.#waitingAt]?.dueAt ?? Infinity) <= now) {
        due.push(...(this.#waiting[this.#waitingAt++]?.events ?? []));
      }
      if (this.#waitingAt > 100_000) {
        this.#waiting = this.#waiting.slice(this.#waitingAt);
        this.#waitingAt = 0;
      }
      if (due.length === 0) return;
      const deliveryId = `delivery-${this.#delivery++}`;
      this.#open.set(deliveryId, due.length);
      this.#credits -= due.length;
      const delivery = { deliveryId, attempt: 1, ackTimeoutMs: 30_000, events: due };
      this.#full = !this.#subscriber.deliver(delivery);
    }
  }
}

function dueOf(event: Uint8Array): number {
  const reader = new ProtobufReader(event);
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === 16) return reader.varint();
    reader.skip(tag);
  }
  return 0;
}
