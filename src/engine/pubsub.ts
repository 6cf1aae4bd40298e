/**
 * Publish and subscribe: messages go to whoever listens now. Nothing is stored.
 *
 * Three kinds of subscription, each with names of its own: to a channel, to the channels that a
 * pattern matches, to a shard channel. Names are binary strings. A channel belongs to no namespace.
 */
import { globMatches } from "../base/glob.ts";

export type SubscriptionKind = "channel" | "pattern" | "shard";

/** A message on its way; the same object goes to everybody who subscribed in the same way. */
export interface PubSubMessage {
  readonly kind: SubscriptionKind;
  /** Set for the kind "pattern". */
  readonly pattern: string | undefined;
  readonly channel: string;
  /** Valid for as long as it is kept. */
  readonly payload: Uint8Array;
}

/** Somebody who subscribed. Called while it is published: must be quick and not throw. */
export interface Subscriber {
  receive(message: PubSubMessage): void;
}

type Subscribers = Map<string, Set<Subscriber>>;

export class PubSub {
  readonly #subscribers: Readonly<Record<SubscriptionKind, Subscribers>> = {
    channel: new Map(),
    pattern: new Map(),
    shard: new Map(),
  };

  subscribe(kind: SubscriptionKind, name: string, subscriber: Subscriber): void {
    const subscribers = this.#subscribers[kind];
    const known = subscribers.get(name);
    if (known === undefined) subscribers.set(name, new Set([subscriber]));
    else known.add(subscriber);
  }

  unsubscribe(kind: SubscriptionKind, name: string, subscriber: Subscriber): void {
    const known = this.#subscribers[kind].get(name);
    known?.delete(subscriber);
    if (known?.size === 0) this.#subscribers[kind].delete(name);
  }

  /** Sends to the channel's subscribers, then to those of matching patterns; tells to how many. */
  publish(channel: string, payload: Uint8Array): number {
    const { channel: channels, pattern: patterns } = this.#subscribers;
    let receivers = send(channels.get(channel), {
      kind: "channel",
      pattern: undefined,
      channel,
      payload,
    });
    for (const [pattern, subscribers] of patterns) {
      if (!globMatches(pattern, channel)) continue;
      receivers += send(subscribers, { kind: "pattern", pattern, channel, payload });
    }
    return receivers;
  }

  /** Sends to the subscribers of a shard channel; tells to how many. */
  publishShard(channel: string, payload: Uint8Array): number {
    const subscribers = this.#subscribers.shard.get(channel);
    return send(subscribers, { kind: "shard", pattern: undefined, channel, payload });
  }

  /** Names that somebody subscribed to; those that match `pattern` if one is given. */
  names(kind: SubscriptionKind, pattern?: string): string[] {
    const names = [...this.#subscribers[kind].keys()];
    return pattern === undefined ? names : names.filter((name) => globMatches(pattern, name));
  }

  /** How many subscribed to this very name. */
  subscriberCount(kind: SubscriptionKind, name: string): number {
    return this.#subscribers[kind].get(name)?.size ?? 0;
  }

  /** How many different names of a kind somebody subscribed to. */
  nameCount(kind: SubscriptionKind): number {
    return this.#subscribers[kind].size;
  }
}

function send(subscribers: ReadonlySet<Subscriber> | undefined, message: PubSubMessage): number {
  if (subscribers === undefined) return 0;
  for (const subscriber of subscribers) subscriber.receive(message);
  return subscribers.size;
}
