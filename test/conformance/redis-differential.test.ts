/**
 * Random commands, sent to our server and to redis-server: the replies must be the same bytes. What
 * neither promises is left out of the comparison: the order of a hash, what is drawn at random, and
 * the milliseconds that have passed.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { SeededRandom } from "../../src/ports/seeded-random.ts";
import { randomRedisCommand, RandomWords } from "../support/random-redis-commands.ts";
import { startRedisServer } from "../support/redis-server.ts";
import { RespConnection } from "../support/resp-connection.ts";
import { respDatabase } from "../support/resp-database.ts";
import { readReplies, splitReplies } from "../support/resp-reader.ts";
import type { Reply } from "../support/resp-reader.ts";
import { replayable, rounds, seeds } from "../support/torture.ts";

const commandsOfSequence = 60;
const clockMs = 2_000;

for (const seed of seeds(1, 1)) {
  test(`random commands are answered as redis-server does, seed ${seed}`, async (t) => {
    const port = await startRedisServer(t);
    if (port === undefined) return;
    const database = await respDatabase();
    t.after(() => database.close());
    const theirs = await RespConnection.open(port);
    t.after(() => theirs.close());
    const ours = await database.connect();
    await replayable(seed, async () => {
      const words = new RandomWords(new SeededRandom(seed));
      for (let round = 0; round < rounds(60, 5_000); round++) {
        const version = 2 + (round % 2);
        const make = (): readonly string[] => randomRedisCommand(words);
        const commands = Array.from({ length: commandsOfSequence }, make);
        const [got, want] = await Promise.all([
          replies(ours, commands, version),
          replies(theirs, commands, version),
        ]);
        compare(commands, got, want);
      }
    });
  });
}

type Commands = readonly (readonly string[])[];

/** The replies of a sequence on an empty database, as they came. */
async function replies(
  connection: RespConnection,
  commands: Commands,
  version: number,
): Promise<readonly string[]> {
  connection.ask("DISCARD", "UNWATCH", ["HELLO", String(version)], "FLUSHALL", ["ECHO", "ready"]);
  await connection.match(/ready\r\n$/);
  connection.ask(...commands, "DISCARD", ["ECHO", "the end"]);
  return splitReplies(await connection.match(/the end\r\n$/));
}

function compare(commands: Commands, got: readonly string[], want: readonly string[]): void {
  // What EXEC answers is that of the commands since MULTI.
  let queued: (readonly string[])[] = [];
  for (const [at, command] of commands.entries()) {
    const name = command[0]?.toUpperCase() ?? "";
    const wanted = want[at] ?? "";
    if (name === "MULTI" && wanted.startsWith("+OK")) queued = [];
    else if (wanted.startsWith("+QUEUED")) queued.push(command);
    const shown = (reply: string): unknown => {
      if (name !== "EXEC" || !reply.startsWith("*")) return comparable(name, reply);
      return splitReplies(reply.slice(reply.indexOf("\r\n") + 2)).map((part, index) => {
        return comparable(queued[index]?.[0]?.toUpperCase() ?? "", part);
      });
    };
    const before = commands.slice(0, at + 1).map((each) => JSON.stringify(each.join(" ")));
    const mine = shown(got[at] ?? "");
    if (!isClose(mine, shown(wanted))) assert.deepEqual(mine, shown(wanted), before.join("\n"));
  }
}

/** The parts of a reply that are promised. */
function comparable(name: string, reply: string): unknown {
  if (reply.startsWith("-") || reply.startsWith("+QUEUED")) return reply;
  switch (name) {
    case "HKEYS":
    case "HVALS":
    case "KEYS":
      return itemsOf(reply).toSorted();
    case "HGETALL":
      return pairsOf(reply).toSorted();
    case "HSCAN":
    case "SCAN":
      return itemsOf(reply).length;
    case "HRANDFIELD":
    case "RANDOMKEY":
      return reply.startsWith("*") ? itemsOf(reply).length : reply.startsWith("$-1");
    case "TTL":
    case "PTTL":
    case "EXPIRETIME":
    case "PEXPIRETIME":
      return Number(reply.slice(1));
    default:
      return reply;
  }
}

/** Equal, or times and nearly so. */
function isClose(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
    return a.every((each, at) => isClose(each, b[at]));
  }
  if (typeof a === "number" && typeof b === "number" && a > 0) return Math.abs(a - b) < clockMs;
  return isDeepStrictEqual(a, b);
}

function itemsOf(reply: string): readonly string[] {
  const [only] = readReplies(reply);
  return only !== undefined && "items" in only ? only.items.map((item) => textOf(item)) : [reply];
}

function pairsOf(reply: string): readonly string[] {
  const items = itemsOf(reply);
  return items.flatMap((item, at) => (at % 2 === 0 ? [`${item} → ${items[at + 1]}`] : []));
}

function textOf(reply: Reply): string {
  return "text" in reply ? reply.text : JSON.stringify(reply);
}
