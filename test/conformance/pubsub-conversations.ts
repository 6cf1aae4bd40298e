/** Pub/sub as far as replies are not pushes. */
import type { Conversation, Expected } from "./conversation.ts";

const arity = (name: string): Expected => `-ERR wrong number of arguments for '${name}' command`;

export const pubsubConversations: readonly Conversation[] = [
  {
    name: "pub/sub without subscribers",
    steps: [
      ["PUBLISH news hello", ":0"],
      ["SPUBLISH news hello", ":0"],
      ["PUBSUB CHANNELS", []],
      ["PUBSUB CHANNELS n*", []],
      ["PUBSUB NUMPAT", ":0"],
      ["PUBSUB NUMSUB", []],
      ["PUBSUB NUMSUB news other", ["$news", ":0", "$other", ":0"]],
      ["PUBSUB SHARDCHANNELS", []],
      ["PUBSUB SHARDNUMSUB news", ["$news", ":0"]],
      ["PUBSUB NUMPAT x", arity("pubsub|numpat")],
      ["PUBSUB FOO", "-ERR unknown subcommand 'FOO'. Try PUBSUB HELP."],
      ["PUBLISH news", arity("publish")],
      ["SUBSCRIBE", arity("subscribe")],
      ["PSUBSCRIBE", arity("psubscribe")],
      ["MULTI", "+OK"],
      ["PUBLISH news hello", "+QUEUED"],
      ["EXEC", [":0"]],
    ],
  },
];
