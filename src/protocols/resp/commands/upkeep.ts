/**
 * Commands that look after a Redis: snapshots, slow commands, latency, memory, other databases.
 * There is nothing to look after here, and what they answer is true: every answered write is on
 * disk, no slow commands and no latencies are noted (metrics tell them), there is one database.
 */
import { bytesOfKey } from "../../../models/keys/generic.ts";
import type { CommandSpec, KeyPositions, RespClient } from "../command.ts";
import { ReplyError, syntaxError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { subcommandHandler } from "../subcommands.ts";
import type { SubcommandSpec } from "../subcommands.ts";
import { family, int32At, integerAt, isWord, keyAt, removeFast } from "./arguments.ts";

/** Fields of a hash that MEMORY USAGE looks at unless it is told otherwise. */
const USAGE_SAMPLES = 5;
const usageKeys: KeyPositions = { first: 2, last: 2, step: 1 };

const memoryWords: readonly SubcommandSpec[] = [
  {
    name: "usage",
    arity: -3,
    summary: "Tells the bytes of a key's rows",
    flags: ["readonly"],
    keys: usageKeys,
    handler: usage,
  },
  {
    name: "doctor",
    arity: 2,
    summary: "Tells what is wrong with memory: nothing",
    handler: (_client, _args, reply) => reply.verbatim("Memory is bounded by the configuration."),
  },
  { name: "purge", arity: 2, summary: "Does nothing", handler: replyOk },
];

const slowlogWords: readonly SubcommandSpec[] = [
  { name: "get", arity: -2, summary: "Tells slow commands: none is noted", handler: slowlogGet },
  { name: "len", arity: 2, summary: "Tells 0", handler: replyZero },
  { name: "reset", arity: 2, summary: "Does nothing", handler: replyOk },
];

const latencyWords: readonly SubcommandSpec[] = [
  { name: "latest", arity: 2, summary: "Tells latencies: none is noted", handler: replyNone },
  { name: "history", arity: 3, summary: "Tells latencies: none is noted", handler: replyNone },
  { name: "reset", arity: -2, summary: "Tells 0", handler: replyZero },
];

const adminFlags = ["admin", "loading", "stale"] as const;

export const upkeepCommands: readonly CommandSpec[] = [
  ...family("server", {
    memory: {
      arity: -2,
      flags: ["readonly"],
      since: "4.0.0",
      summary: "Tells how much memory a key takes",
      keys: "none",
      subcommands: memoryWords,
      run: subcommandHandler("memory", memoryWords),
    },
    slowlog: {
      arity: -2,
      flags: adminFlags,
      since: "2.2.12",
      summary: "Tells slow commands: none is noted",
      keys: "none",
      subcommands: slowlogWords,
      run: subcommandHandler("slowlog", slowlogWords),
    },
    latency: {
      arity: -2,
      flags: [...adminFlags, "noscript"],
      since: "2.8.13",
      summary: "Tells latencies: none is noted",
      keys: "none",
      subcommands: latencyWords,
      run: subcommandHandler("latency", latencyWords),
    },
    lastsave: {
      arity: 1,
      flags: ["loading", "stale", "fast"],
      since: "1.0.0",
      summary: "Tells when everything was on disk: now, Unix seconds",
      keys: "none",
      run: ({ server }, _args, reply) => reply.integer(Math.floor(server.clock.now() / 1000)),
    },
    save: {
      arity: 1,
      flags: ["admin", "noscript", "no-multi"],
      since: "1.0.0",
      summary: "Does nothing: what was answered is on disk",
      keys: "none",
      run: replyOk,
    },
    bgsave: {
      arity: -1,
      flags: ["admin", "noscript"],
      since: "1.0.0",
      summary: "Does nothing: what was answered is on disk",
      keys: "none",
      run: (_client, args, reply) => {
        if (args.length > 1 || (args.length === 1 && !isWord(args[0], "SCHEDULE"))) {
          throw syntaxError();
        }
        reply.simple("Background saving started");
      },
    },
  }),
  ...family("generic", {
    move: {
      arity: 3,
      flags: removeFast,
      since: "1.0.0",
      summary: "Is refused: there is one database",
      run: (_client, args) => {
        if (int32At(args, 1) !== 0) throw new ReplyError("ERR DB index is out of range");
        throw new ReplyError("ERR source and destination objects are the same");
      },
    },
  }),
];

function usage({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  let samples = USAGE_SAMPLES;
  for (let at = 1; at < args.length; at += 2) {
    if (!isWord(args[at], "SAMPLES") || at + 1 >= args.length) throw syntaxError();
    samples = integerAt(args, at + 1);
    if (samples < 0) throw syntaxError();
  }
  const limit = samples === 0 ? Number.POSITIVE_INFINITY : samples;
  const bytes = bytesOfKey(session.view, session.keys, { key: keyAt(args, 0), samples: limit });
  if (bytes === undefined) reply.null();
  else reply.integer(bytes);
}

function slowlogGet(_client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const text = String(args[0] ?? "10");
  if (args.length > 1) throw syntaxError();
  if (!/^(?:-1|\d{1,18})$/.test(text)) {
    throw new ReplyError("ERR count should be greater than or equal to -1");
  }
  reply.array(0);
}

function replyNone(_client: RespClient, _args: readonly Buffer[], reply: ReplyWriter): void {
  reply.array(0);
}

function replyZero(_client: RespClient, _args: readonly Buffer[], reply: ReplyWriter): void {
  reply.integer(0);
}

function replyOk(_client: RespClient, _args: readonly Buffer[], reply: ReplyWriter): void {
  reply.ok();
}
