/** What operators ask a Redis, and what bit commands make of numbers that do not fit. */
import { map } from "./conversation.ts";
import type { Conversation, Expected } from "./conversation.ts";

const arity = (name: string): Expected => `-ERR wrong number of arguments for '${name}' command`;

export const upkeepConversations: readonly Conversation[] = [
  {
    name: "slow commands, latencies, other databases",
    steps: [
      ["SLOWLOG RESET", "+OK"],
      ["SLOWLOG GET 0", []],
      ["SLOWLOG GET x", "-ERR count should be greater than or equal to -1"],
      ["SLOWLOG FOO", "-ERR unknown subcommand 'FOO'. Try SLOWLOG HELP."],
      ["LATENCY LATEST", []],
      ["LATENCY HISTORY command", []],
      ["LATENCY RESET", ":0"],
      ["SET k v", "+OK"],
      ["MOVE k 0", "-ERR source and destination objects are the same"],
      ["MOVE k 99", "-ERR DB index is out of range"],
      ["MOVE k x", "-ERR value is not an integer or out of range"],
      ["MEMORY USAGE nothing", "nil"],
      ["MEMORY USAGE k SAMPLES", "-ERR syntax error"],
      ["MEMORY USAGE k FOO 1", "-ERR syntax error"],
      ["MEMORY USAGE k SAMPLES -1", "-ERR syntax error"],
      ["MEMORY USAGE k SAMPLES x", "-ERR value is not an integer or out of range"],
      ["OBJECT IDLETIME k", ":0"],
      ["OBJECT FREQ nothing", "nil"],
    ],
  },
  {
    name: "CLIENT PAUSE, UNBLOCK and TRACKINGINFO",
    steps: [
      ["CLIENT PAUSE x", "-ERR timeout is not an integer or out of range"],
      ["CLIENT PAUSE -1", "-ERR timeout is negative"],
      ["CLIENT PAUSE 10 foo", "-ERR CLIENT PAUSE mode must be WRITE or ALL"],
      ["CLIENT PAUSE 5 WRITE", "+OK"],
      ["SET k v", "+OK"],
      ["CLIENT UNPAUSE", "+OK"],
      ["CLIENT UNBLOCK 99999", ":0"],
      ["CLIENT UNBLOCK 99999 error", ":0"],
      ["CLIENT UNBLOCK 1 foo", "-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"],
      ["CLIENT UNBLOCK x", "-ERR value is not an integer or out of range"],
      ["CLIENT TRACKINGINFO", map("$flags", ["$off"], "$redirect", ":-1", "$prefixes", [])],
      ["CLIENT REPLY SKIP x", arity("client|reply")],
    ],
  },
  {
    name: "BITFIELD SET of a negative number where there is no sign",
    steps: [
      ["BITFIELD k OVERFLOW SAT SET u8 0 -200", [":0"]],
      ["BITFIELD k GET u8 0", [":255"]],
      ["BITFIELD k SET u8 0 -200", [":255"]],
      ["BITFIELD k GET u8 0", [":56"]],
      ["BITFIELD k OVERFLOW FAIL SET u8 0 -1", ["nil"]],
    ],
  },
];
