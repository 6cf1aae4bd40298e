/**
 * A subscription as the library shows it: an async iterator over single events. Deliveries wait in a
 * queue that the credits bound.
 */
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
          if (this.#model.dispatcher.find(delivery.deliveryId) !== undefined) yield this.#show(delivery);
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

  #show(delivery: Delivery): EventDelivery {
    const [source] = delivery.events;
    if (source === undefined) throw new CronosError("INTERNAL", "Delivery must hold an event");
    const { deliveryId, attempt, ackTimeoutMs } = delivery;
    return {
      ...decodeEvent(source),
      deliveryId,
      attempt,
      ackTimeoutMs,
      ack: async () => void (await this.#model.settle(deliveryId, { ok: true })),
      nack: async (error = "") => void (await this.#model.settle(deliveryId, { ok: false, error })),
    };
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
