/**
 * The event subscriptions of a connection. Deliveries are pushes, in RESP2 plain arrays as with
 * Redis' pub/sub:
 *
 *   event · subscription · delivery id · attempt · event (a map, see commands/events.ts)
 *
 * A client that does not take its pushes is handed nothing more until it has.
 */
import type {
  EncodedDelivery,
  EncodedSubscribeOptions,
  EncodedSubscriber,
  EncodedSubscription,
} from "../../engine/encoded-events.ts";
import { decodeEvent } from "../../models/events/stored-event.ts";
import type { RespClient } from "./command.ts";
import { ReplyWriter } from "./reply-writer.ts";
import { writeEvent } from "./write-event.ts";

/** Bytes a client has not taken above which it is handed nothing more. */
const WAITING_BYTES_MAX = 1024 * 1024;
/** How often a client that was too slow is looked at again. */
const RESUME_MS = 5;

const feeds = new WeakMap<RespClient, EventFeeds>();

export class EventFeeds {
  readonly #client: RespClient;
  readonly #open = new Map<string, EncodedSubscription>();

  private constructor(client: RespClient) {
    this.#client = client;
    client.onReset(() => {
      feeds.delete(client);
      for (const subscription of this.#open.values()) void subscription.close().catch(() => {});
    });
  }

  /** The subscriptions of a client. */
  static of(client: RespClient): EventFeeds {
    let found = feeds.get(client);
    if (found === undefined) feeds.set(client, (found = new EventFeeds(client)));
    return found;
  }

  /** Opens a subscription; resolves with its name. */
  async open(options: EncodedSubscribeOptions): Promise<string> {
    const feed = new Feed(this.#client, (name) => this.#open.delete(name));
    const { engine } = this.#client.server;
    const events = engine.eventsOf(this.#client.session.namespace.name);
    const subscription = await events.subscribeEncoded(options, feed);
    // Its name is the reply to the command, which must come before what is pushed.
    this.#client.server.clock.soon(() => feed.start(subscription));
    this.#open.set(subscription.subscriptionId, subscription);
    if (feeds.get(this.#client) !== this) await subscription.close();
    return subscription.subscriptionId;
  }

  /** Closes a subscription; tells whether there was one of this name. */
  async close(name: string): Promise<boolean> {
    const subscription = this.#open.get(name);
    if (subscription === undefined) return false;
    this.#open.delete(name);
    await subscription.close();
    return true;
  }
}

class Feed implements EncodedSubscriber {
  readonly #client: RespClient;
  readonly #onEnded: (name: string) => void;
  readonly #writer = new ReplyWriter();
  #subscription: EncodedSubscription | undefined;
  /** Deliveries that came before the reply to the command that asked for them. */
  #early: EncodedDelivery[] = [];

  constructor(client: RespClient, onEnded: (name: string) => void) {
    this.#client = client;
    this.#onEnded = onEnded;
  }

  /** Pushes what has come, and what comes from now on. */
  start(subscription: EncodedSubscription): void {
    this.#subscription = subscription;
    for (const delivery of this.#early) this.#push(delivery, subscription.subscriptionId);
    this.#early = [];
  }

  deliver(delivery: EncodedDelivery): boolean {
    if (this.#subscription === undefined) {
      this.#early.push(delivery);
      return true;
    }
    this.#push(delivery, this.#subscription.subscriptionId);
    if (this.#client.connection.waitingBytes.output <= WAITING_BYTES_MAX) return true;
    this.#resumeLater();
    return false;
  }

  ended(reason: string): void {
    const name = this.#subscription?.subscriptionId ?? "";
    this.#onEnded(name);
    const writer = this.#begin(3);
    writer.text("event.ended");
    writer.text(name);
    writer.text(reason);
    this.#send();
  }

  #push(delivery: EncodedDelivery, name: string): void {
    for (const event of delivery.events) {
      const writer = this.#begin(5);
      writer.text("event");
      writer.text(name);
      writer.text(delivery.deliveryId);
      writer.integer(delivery.attempt);
      writeEvent(writer, decodeEvent(event));
      this.#send();
    }
  }

  #begin(length: number): ReplyWriter {
    this.#writer.version = this.#client.version;
    this.#writer.push(length);
    return this.#writer;
  }

  #send(): void {
    const bytes = this.#writer.take();
    if (bytes !== undefined) this.#client.connection.push(bytes);
  }

  #resumeLater(): void {
    this.#client.server.clock.after(RESUME_MS, () => {
      if (this.#client.connection.waitingBytes.output > WAITING_BYTES_MAX) this.#resumeLater();
      else this.#subscription?.resume();
    });
  }
}
