/** What clients of Redis Cluster ask a cluster of one, and tools of Kronotop. */
import type { Conversation } from "./conversation.ts";

export const clusterConversations: readonly Conversation[] = [
  {
    name: "CLUSTER tells slots and has no links",
    steps: [
      ["CLUSTER KEYSLOT foo", ":12182"],
      ["CLUSTER KEYSLOT {foo}bar", ":12182"],
      ["SET {foo}1 a", "+OK"],
      ["SET {foo}2 b", "+OK"],
      ["CLUSTER COUNTKEYSINSLOT 12182", ":2"],
      ["CLUSTER GETKEYSINSLOT 12182 10", ["${foo}1", "${foo}2"]],
      ["CLUSTER GETKEYSINSLOT 12182 0", []],
      ["CLUSTER COUNTKEYSINSLOT 0", ":0"],
      ["CLUSTER COUNTKEYSINSLOT x", "-ERR value is not an integer or out of range"],
      ["CLUSTER COUNTKEYSINSLOT -1", "-ERR Invalid slot"],
      ["CLUSTER LINKS", []],
      ["CLUSTER FOO", "-ERR unknown subcommand 'FOO'. Try CLUSTER HELP."],
      ["READONLY", "+OK"],
      ["READWRITE", "+OK"],
    ],
  },
  {
    name: "KR.ADMIN knows that the cluster is there",
    steps: [
      ["KR.ADMIN INITIALIZE-CLUSTER", "-ERR cluster has already been initialized"],
      ["KR.ADMIN LIST-SILENT-MEMBERS", []],
      ["KR.ADMIN DESCRIBE-SHARD bogus 0", "-ERR invalid shard kind"],
      ["VOLUME.ADMIN LIST", ["$bucket-shard-0"]],
    ],
  },
];
