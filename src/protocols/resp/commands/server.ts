/** Small commands about the server: TIME, TICK, ROLE. */
import type { CommandSpec, RespClient } from "../command.ts";
import { ReplyError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { integerAt } from "./arguments.ts";

export const serverCommands: readonly CommandSpec[] = [
  {
    name: "time",
    arity: 1,
    flags: ["loading", "stale", "fast"],
    group: "server",
    since: "2.6.0",
    summary: "Tells the time: seconds since 1970, and microseconds",
    handler: (client, _args, reply) => {
      const now = client.server.clock.now();
      reply.array(2);
      reply.text(String(Math.floor(now / 1_000)));
      reply.text(String((now % 1_000) * 1_000));
    },
  },
  {
    name: "TICK",
    arity: 2,
    flags: ["fast"],
    group: "server",
    since: "0.2.0",
    summary: "Tells the version of the database that a read sees now",
    handler: tick,
  },
  {
    name: "wait",
    arity: 3,
    flags: ["noscript"],
    group: "generic",
    since: "3.0.0",
    summary: "Tells how many replicas have what was written: there are none",
    handler: wait,
  },
  {
    name: "role",
    arity: 1,
    flags: ["noscript", "loading", "stale", "fast"],
    group: "server",
    since: "2.8.12",
    summary: "Tells the role in replication: always master",
    handler: (_client, _args, reply) => {
      reply.array(3);
      reply.text("master");
      reply.integer(0);
      reply.array(0);
    },
  },
];

/** Nothing is waited for: no replica will come, and what was answered is durable. */
function wait(_client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  integerAt(args, 0);
  if (timeoutAt(args, 1) < 0) throw new ReplyError("ERR timeout is negative");
  reply.integer(0);
}

function timeoutAt(args: readonly Buffer[], at: number): number {
  try {
    return integerAt(args, at);
  } catch {
    throw new ReplyError("ERR timeout is not an integer or out of range");
  }
}

function tick(client: RespClient, [mode]: readonly Buffer[], reply: ReplyWriter): void {
  // A cached version may be a second old; this one costs nothing and is fresh.
  if (!/^(?:fresh|cached)$/i.test(String(mode))) {
    throw new ReplyError(`ERR illegal argument for TICK: '${String(mode)}'`);
  }
  reply.integer(client.session.readVersion);
}
