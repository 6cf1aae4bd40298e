/**
 * Conversations with a RESP server: commands and the replies they must get, held against our server
 * and, where they are Redis' own commands, against redis-server too.
 *
 * Expected replies are written down as
 *
 *   "+OK" "-ERR text" ":1" "$bulk" "nil"   a simple reply, an error, a number, a string, null
 *   [a, b]                                 an array
 *   map(a, b, …)                           a map; in RESP2 an array of keys and values
 *   pairs([a, b], …)                       an array of pairs; in RESP2 an array of all their parts
 *   anyOrder([a, b])                       an array whose elements may come in any order
 */
import assert from "node:assert/strict";
import type { RespConnection } from "../support/resp-connection.ts";
import { readReplies } from "../support/resp-reader.ts";
import type { Reply } from "../support/resp-reader.ts";

export type Version = 2 | 3;
export type Expected = string | readonly Expected[] | ((version: Version) => Shown);
type Shown = string | readonly Shown[];
/** A command, as a line of words or as words, and what it must be answered. */
export type Step = readonly [command: string | readonly string[], reply: Expected];

export interface Conversation {
  readonly name: string;
  readonly steps: readonly Step[];
}

export function map(...items: readonly Expected[]): Expected {
  return (version) => {
    const shown = items.map((item) => expectedOf(item, version));
    return version === 3 ? ["map", ...shown] : shown;
  };
}

export function pairs(...items: readonly (readonly [Expected, Expected])[]): Expected {
  return (version) => {
    const shown = items.map((pair) => pair.map((item) => expectedOf(item, version)));
    return version === 3 ? shown : shown.flat();
  };
}

export function anyOrder(items: readonly Expected[]): Expected {
  return (version) => ["any order", ...sorted(items.map((item) => expectedOf(item, version)))];
}

/** Has the conversation, all of it in one write, and compares the replies. */
export async function converse(
  connection: RespConnection,
  { name, steps }: Conversation,
  version: Version,
): Promise<void> {
  connection.ask(["HELLO", String(version)], "FLUSHALL", ["ECHO", "ready"]);
  await connection.match(/ready\r\n$/);
  connection.ask(...steps.map(([command]) => command), ["ECHO", "the end"]);
  const replies = readReplies(await connection.match(/the end\r\n$/));
  steps.forEach(([command, expected], at) => {
    const want = expectedOf(expected, version);
    const got = shownReply(replies[at] as Reply);
    const words = typeof command === "string" ? command : command.join(" ");
    assert.deepEqual(inOrderOf(want, got), want, `${name}: ${words}`);
  });
  assert.equal(replies.length, steps.length + 1, `${name}: one reply for each command`);
}

function expectedOf(expected: Expected, version: Version): Shown {
  if (typeof expected === "string") return expected;
  if (typeof expected === "function") return expected(version);
  return expected.map((item) => expectedOf(item, version));
}

const prefixes = { simple: "+", error: "-", bulk: "$", verbatim: "$", number: ":" } as const;

function shownReply(reply: Reply): Shown {
  if (reply.type === "null") return "nil";
  if ("text" in reply) return prefixes[reply.type] + reply.text;
  const items = reply.items.map((item) => shownReply(item));
  return reply.type === "map" ? ["map", ...items] : items;
}

/** The reply with its elements in order where the expectation does not ask for one. */
function inOrderOf(want: Shown, got: Shown): Shown {
  if (typeof want === "string" || typeof got === "string") return got;
  if (want[0] === "any order") return ["any order", ...sorted(got)];
  return got.map((item, at) => inOrderOf(want[at] ?? "", item));
}

function sorted(items: readonly Shown[]): Shown[] {
  return items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
