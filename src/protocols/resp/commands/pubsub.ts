/** Publish and subscribe: channels, patterns, shard channels. */
import type { SubscriptionKind } from "../../../engine/pubsub.ts";
import type { CommandHandler, CommandSpec } from "../command.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { subcommandHandler } from "../subcommands.ts";
import type { SubcommandSpec } from "../subcommands.ts";

const subscriberFlags = ["pubsub", "noscript", "loading", "stale", "when-subscribed"] as const;
const shardKeys = { first: 1, last: -1, step: 1 } as const;

const pubsubSubcommands: readonly SubcommandSpec[] = [
  {
    name: "channels",
    arity: -2,
    summary: "Lists channels with subscribers",
    handler: listNames("channel"),
  },
  {
    name: "numpat",
    arity: 2,
    summary: "Counts patterns with subscribers",
    handler: (client, _args, reply) => {
      reply.integer(client.server.engine.pubsub.nameCount("pattern"));
    },
  },
  {
    name: "numsub",
    arity: -2,
    summary: "Counts subscribers of channels",
    handler: countSubscribers("channel"),
  },
  {
    name: "shardchannels",
    arity: -2,
    summary: "Lists shard channels with subscribers",
    handler: listNames("shard"),
  },
  {
    name: "shardnumsub",
    arity: -2,
    summary: "Counts subscribers of shard channels",
    handler: countSubscribers("shard"),
  },
];

export const pubsubCommands: readonly CommandSpec[] = [
  {
    name: "subscribe",
    arity: -2,
    flags: subscriberFlags,
    group: "pubsub",
    since: "2.0.0",
    summary: "Subscribes to channels",
    handler: subscribe("channel", "subscribe"),
  },
  {
    name: "psubscribe",
    arity: -2,
    flags: subscriberFlags,
    group: "pubsub",
    since: "2.0.0",
    summary: "Subscribes to the channels that match patterns",
    handler: subscribe("pattern", "psubscribe"),
  },
  {
    name: "ssubscribe",
    arity: -2,
    flags: subscriberFlags,
    keys: shardKeys,
    group: "pubsub",
    since: "7.0.0",
    summary: "Subscribes to shard channels",
    handler: subscribe("shard", "ssubscribe"),
  },
  {
    name: "unsubscribe",
    arity: -1,
    flags: subscriberFlags,
    group: "pubsub",
    since: "2.0.0",
    summary: "Ends subscriptions to channels, to all if none is named",
    handler: unsubscribe("channel", "unsubscribe"),
  },
  {
    name: "punsubscribe",
    arity: -1,
    flags: subscriberFlags,
    group: "pubsub",
    since: "2.0.0",
    summary: "Ends subscriptions to patterns, to all if none is named",
    handler: unsubscribe("pattern", "punsubscribe"),
  },
  {
    name: "sunsubscribe",
    arity: -1,
    flags: subscriberFlags,
    keys: shardKeys,
    group: "pubsub",
    since: "7.0.0",
    summary: "Ends subscriptions to shard channels, to all if none is named",
    handler: unsubscribe("shard", "sunsubscribe"),
  },
  {
    name: "publish",
    arity: 3,
    flags: ["pubsub", "loading", "stale", "fast"],
    group: "pubsub",
    since: "2.0.0",
    summary: "Sends a message to a channel",
    handler: (client, [channel, payload], reply) => {
      const { pubsub } = client.server.engine;
      reply.integer(pubsub.publish(binary(channel), payload ?? Buffer.alloc(0)));
    },
  },
  {
    name: "spublish",
    arity: 3,
    flags: ["pubsub", "loading", "stale", "fast"],
    keys: { first: 1, last: 1, step: 1 },
    group: "pubsub",
    since: "7.0.0",
    summary: "Sends a message to a shard channel",
    handler: (client, [channel, payload], reply) => {
      const { pubsub } = client.server.engine;
      reply.integer(pubsub.publishShard(binary(channel), payload ?? Buffer.alloc(0)));
    },
  },
  {
    name: "pubsub",
    arity: -2,
    flags: ["pubsub", "loading", "stale"],
    group: "pubsub",
    since: "2.8.0",
    summary: "Tells who subscribed to what",
    subcommands: pubsubSubcommands,
    handler: subcommandHandler("pubsub", pubsubSubcommands),
  },
];

function subscribe(kind: SubscriptionKind, word: string): CommandHandler {
  return ({ subscriptions }, args, reply) => {
    for (const arg of args) {
      const name = binary(arg);
      subscriptions.add(kind, name);
      answer(reply, word, { name, count: subscriptions.count(kind) });
    }
  };
}

function unsubscribe(kind: SubscriptionKind, word: string): CommandHandler {
  return ({ subscriptions }, args, reply) => {
    const names = args.length === 0 ? subscriptions.names(kind) : args.map(binary);
    for (const name of names) {
      subscriptions.remove(kind, name);
      answer(reply, word, { name, count: subscriptions.count(kind) });
    }
    // Something has to be answered.
    if (names.length === 0) {
      answer(reply, word, { name: undefined, count: subscriptions.count(kind) });
    }
  };
}

function answer(
  reply: ReplyWriter,
  word: string,
  { name, count }: { readonly name: string | undefined; readonly count: number },
): void {
  reply.push(3);
  reply.text(word);
  if (name === undefined) reply.null();
  else reply.binary(name);
  reply.integer(count);
}

function listNames(kind: SubscriptionKind): CommandHandler {
  return (client, [pattern], reply) => {
    const filter = pattern === undefined ? undefined : binary(pattern);
    const names = client.server.engine.pubsub.names(kind, filter);
    reply.array(names.length);
    for (const name of names) reply.binary(name);
  };
}

function countSubscribers(kind: SubscriptionKind): CommandHandler {
  return (client, args, reply) => {
    // Not a map in RESP3 either.
    reply.array(2 * args.length);
    for (const arg of args) {
      reply.bulk(arg);
      reply.integer(client.server.engine.pubsub.subscriberCount(kind, binary(arg)));
    }
  };
}

function binary(bytes: Buffer | undefined): string {
  return bytes === undefined ? "" : bytes.toString("latin1");
}
