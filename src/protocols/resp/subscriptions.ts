/**
 * What one client subscribed to, and messages as bytes.
 */
import type { PubSub, PubSubMessage, Subscriber, SubscriptionKind } from "../../engine/pubsub.ts";
import { ReplyWriter } from "./reply-writer.ts";
import type { RespVersion } from "./reply-writer.ts";

export class Subscriptions implements Subscriber {
  readonly #pubsub: PubSub;
  readonly #deliver: (message: PubSubMessage) => void;
  #total = 0;
  readonly #names: Readonly<Record<SubscriptionKind, Set<string>>> = {
    channel: new Set(),
    pattern: new Set(),
    shard: new Set(),
  };

  constructor(pubsub: PubSub, deliver: (message: PubSubMessage) => void) {
    this.#pubsub = pubsub;
    this.#deliver = deliver;
  }

  receive(message: PubSubMessage): void {
    this.#deliver(message);
  }

  /** Nothing is subscribed to. */
  get none(): boolean {
    return this.#total === 0;
  }

  names(kind: SubscriptionKind): readonly string[] {
    return [...this.#names[kind]];
  }

  size(kind: SubscriptionKind): number {
    return this.#names[kind].size;
  }

  /** The number that SUBSCRIBE and its kin answer: shard channels are counted by themselves. */
  count(kind: SubscriptionKind): number {
    const { channel, pattern, shard } = this.#names;
    return kind === "shard" ? shard.size : channel.size + pattern.size;
  }

  add(kind: SubscriptionKind, name: string): void {
    if (this.#names[kind].has(name)) return;
    this.#names[kind].add(name);
    this.#total++;
    this.#pubsub.subscribe(kind, name, this);
  }

  remove(kind: SubscriptionKind, name: string): void {
    if (!this.#names[kind].delete(name)) return;
    this.#total--;
    this.#pubsub.unsubscribe(kind, name, this);
  }

  clear(): void {
    for (const kind of ["channel", "pattern", "shard"] as const) {
      for (const name of this.#names[kind]) this.remove(kind, name);
    }
  }
}

const types = { channel: "message", pattern: "pmessage", shard: "smessage" } as const;

/** Messages as bytes, made once for all clients of the same protocol version. */
export class MessageEncoder {
  readonly #encoded = new Map<RespVersion, Buffer>();
  #message: PubSubMessage | undefined;

  encode(message: PubSubMessage, version: RespVersion): Buffer {
    if (message !== this.#message) {
      this.#message = message;
      this.#encoded.clear();
    }
    const known = this.#encoded.get(version);
    if (known !== undefined) return known;
    const bytes = encodeMessage(message, version);
    this.#encoded.set(version, bytes);
    return bytes;
  }
}

function encodeMessage(message: PubSubMessage, version: RespVersion): Buffer {
  const reply = new ReplyWriter();
  reply.version = version;
  reply.push(message.pattern === undefined ? 3 : 4);
  reply.text(types[message.kind]);
  if (message.pattern !== undefined) reply.binary(message.pattern);
  reply.binary(message.channel);
  reply.bulk(message.payload);
  return Buffer.from(reply.take() ?? "");
}
