/**
 * A subscription as the library shows it: an async iterator over single events. Deliveries wait in
 * a queue that the credits bound.
 */
import { must } from "../base/assert.ts";
import { CronosError } from "../base/errors.ts";
import type { EventsModel, SubscribeRequest } from "../models/events/events-model.ts";
import type { Delivery, Member, Subscriber } from "../models/events/group.ts";
import { decodeEvent } from "../models/events/stored-event.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { EventDelivery, Subscription } from "./events-api.ts";

export class IteratorSubscription implements Subscription, Subscriber {
  readonly #model: EventsModel;
  readonly #joined: Promise<Member>;
  readonly #queue: Delivery[] = [];
  readonly #onClosed: () => void;
  readonly #alive: Timer;
  #waiting: (() => void)[] = [];
  #ended: CronosError | undefined;
  #closed = false;

  constructor(
    model: EventsModel,
    options: { readonly clock: Clock; readonly request: SubscribeRequest; onClosed: () => void },
  ) {
    this.#model = model;
    this.#onClosed = options.onClosed;
    this.#alive = options.clock.keepAlive();
    this.#joined = model.subscribe(options.request, this);
    // The error is thrown by the iterator; without one there is nobody to tell.
    this.#joined.catch((error: CronosError) => this.#end(error));
  }

  deliver(delivery: Delivery): boolean {
    this.#queue.push(delivery);
    this.#wake();
    return true;
  }

  ended(reason: string): void {
    this.#end(new CronosError("CLOSED", `Subscription ended: ${reason}`));
  }

  /** Ends the loop without an error: the database is closing. */
  finish(): void {
    this.#closed = true;
    this.#queue.length = 0;
    this.#alive.cancel();
    this.#onClosed();
    this.#wake();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.finish();
    const member = await this.#joined.catch(() => undefined);
    if (member !== undefined) await this.#model.leave(member);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<EventDelivery> {
    try {
      await this.#joined;
      for (;;) {
        const delivery = this.#queue.shift();
        if (delivery !== undefined) {
          // Its time may have run out in the queue: then it was given to somebody already.
          if (this.#model.dispatcher.find(delivery.deliveryId) !== undefined) {
            yield new IteratedDelivery(this.#model, delivery);
          }
          continue;
        }
        if (this.#closed) return;
        if (this.#ended !== undefined) throw this.#ended;
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    } finally {
      await this.close();
    }
  }

  #end(error: CronosError): void {
    this.#ended ??= error;
    this.#alive.cancel();
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** One event of the iterator. Fields of its own and shared methods: it is made for every event. */
class IteratedDelivery implements EventDelivery {
  readonly topic: string;
  readonly id: string;
  readonly at: number;
  readonly payload: Uint8Array;
  readonly meta: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly partition: number;
  readonly offset: number;
  readonly deliveryId: string;
  readonly attempt: number;
  readonly ackTimeoutMs: number;
  readonly #model: EventsModel;

  constructor(model: EventsModel, delivery: Delivery) {
    const event = decodeEvent(must(delivery.events[0], "Delivery must hold an event"));
    this.topic = event.topic;
    this.id = event.id;
    this.at = event.at;
    this.payload = event.payload;
    this.meta = event.meta;
    this.createdAt = event.createdAt;
    this.partition = event.partition;
    this.offset = event.offset;
    this.deliveryId = delivery.deliveryId;
    this.attempt = delivery.attempt;
    this.ackTimeoutMs = delivery.ackTimeoutMs;
    this.#model = model;
  }

  async ack(): Promise<void> {
    await this.#model.settle(this.deliveryId, { ok: true });
  }

  async nack(error = ""): Promise<void> {
    await this.#model.settle(this.deliveryId, { ok: false, error });
  }
}
