/**
 * Transactions. Two kinds, which do not mix:
 *
 *   BEGIN … COMMIT        interactive: reads see a snapshot and own writes, COMMIT tells conflicts
 *   MULTI … EXEC          Redis': commands are queued, and run as one when nothing watched changed
 *
 * Both hold whatever a session can do: keys, ordered maps, namespaces, events.
 */
import { isCronosError } from "../../../base/errors.ts";
import type { CommandSpec, RespClient } from "../command.ts";
import { MultiQueue } from "../multi-queue.ts";
import { ReplyError, syntaxError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";

const none = "TRANSACTION there is no transaction in progress.";
const flags = ["noscript", "loading", "stale", "fast", "no-multi"] as const;

export const transactionCommands: readonly CommandSpec[] = [
  {
    name: "BEGIN",
    arity: 1,
    flags: [...flags],
    group: "transactions",
    since: "0.1.0",
    summary: "Starts an interactive transaction on the durable state of now",
    handler: begin,
  },
  {
    name: "COMMIT",
    arity: -1,
    flags: [...flags],
    group: "transactions",
    since: "0.1.0",
    summary: "Applies the transaction, or NOT_COMMITTED when something it read has changed",
    handler: commit,
  },
  {
    name: "ROLLBACK",
    arity: 1,
    flags: [...flags],
    group: "transactions",
    since: "0.1.0",
    summary: "Forgets the transaction",
    handler: rollback,
  },
  {
    name: "SNAPSHOTREAD",
    arity: 2,
    flags: [...flags],
    group: "transactions",
    since: "0.1.0",
    summary: "ON: reads of the transaction are not checked at COMMIT",
    handler: snapshotRead,
  },
  {
    name: "GETREADVERSION",
    arity: 1,
    flags: [...flags],
    group: "transactions",
    since: "0.1.0",
    summary: "Index of the newest record that the transaction, or the next read, sees",
    handler: ({ session }, _args, reply) => reply.integer(session.readVersion),
  },
  {
    name: "GETAPPROXIMATESIZE",
    arity: 1,
    flags: [...flags],
    group: "transactions",
    since: "0.1.0",
    summary: "Bytes of the transaction's writes and read set",
    handler: ({ session }, _args, reply) => {
      if (session.transaction === undefined) throw new ReplyError(none);
      reply.integer(session.transaction.approximateSize);
    },
  },
  {
    name: "multi",
    arity: 1,
    flags: [...flags],
    group: "transactions",
    since: "1.2.0",
    summary: "Starts queueing commands",
    handler: (client, _args, reply) => {
      if (client.queue !== undefined) throw new ReplyError("ERR MULTI calls can not be nested");
      client.queue = new MultiQueue();
      reply.ok();
    },
  },
  {
    name: "exec",
    arity: 1,
    flags: ["noscript", "loading", "stale", "no-multi"],
    group: "transactions",
    since: "1.2.0",
    summary: "Runs the queued commands as one, unless something watched has changed",
    handler: exec,
  },
  {
    name: "discard",
    arity: 1,
    flags: [...flags],
    group: "transactions",
    since: "2.0.0",
    summary: "Forgets the queued commands",
    handler: (client, _args, reply) => {
      if (client.queue === undefined) throw new ReplyError("ERR DISCARD without MULTI");
      client.queue = undefined;
      client.session.unwatch();
      reply.ok();
    },
  },
  {
    name: "watch",
    arity: -2,
    flags: [...flags],
    keys: { first: 1, last: -1, step: 1 },
    group: "transactions",
    since: "2.2.0",
    summary: "EXEC does nothing if one of the keys changes from now on",
    handler: watch,
  },
  {
    name: "unwatch",
    arity: 1,
    flags: ["noscript", "loading", "stale", "fast"],
    group: "transactions",
    since: "2.2.0",
    summary: "Forgets what is watched",
    handler: ({ session }, _args, reply) => {
      session.unwatch();
      reply.ok();
    },
  },
];

function begin(
  client: RespClient,
  _args: readonly Buffer[],
  reply: ReplyWriter,
): void | Promise<void> {
  const { session } = client;
  refuseInMulti(client, "BEGIN");
  if (session.transaction !== undefined) {
    throw new ReplyError("TRANSACTION there is already a transaction in progress.");
  }
  // The snapshot must show what this session was told: it waits for its own writes.
  const settled = session.settled();
  if (settled !== undefined) return settled.then(() => start());
  start();
  return undefined;

  function start(): void {
    session.begin();
    reply.ok();
  }
}

async function commit(
  client: RespClient,
  args: readonly Buffer[],
  reply: ReplyWriter,
): Promise<void> {
  const { session } = client;
  refuseInMulti(client, "COMMIT");
  const returning = returningOf(args);
  const { transaction } = session;
  if (transaction === undefined) throw new ReplyError(none);
  session.transaction = undefined;
  try {
    const place = await transaction.commit();
    if (returning === undefined) reply.ok();
    else if (returning === "COMMITTED-VERSION") reply.integer(place?.version ?? -1);
    else if (place === undefined) reply.null();
    else reply.bulk(place.stamp);
  } catch (error) {
    if (!isCronosError(error, "CONFLICT")) throw error;
    const text = "Transaction not committed due to conflict with another transaction";
    throw new ReplyError(`NOT_COMMITTED ${text}${keyText(error.details["key"])}`);
  }
}

function rollback(client: RespClient, _args: readonly Buffer[], reply: ReplyWriter): void {
  refuseInMulti(client, "ROLLBACK");
  const { session } = client;
  if (session.transaction === undefined) throw new ReplyError(none);
  session.transaction.rollback();
  session.transaction = undefined;
  reply.ok();
}

function snapshotRead(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const word = (args[0] as Buffer).toString("latin1");
  const mode = word.toUpperCase();
  if (mode !== "ON" && mode !== "OFF") {
    throw new ReplyError(`ERR illegal argument for SNAPSHOTREAD: '${word}'`);
  }
  client.session.snapshotReads = mode === "ON";
  reply.ok();
}

/** Runs the queue as one operation: nothing of others comes between, all of it is one record. */
function exec(client: RespClient, _args: readonly Buffer[], reply: ReplyWriter): void {
  const { queue, session } = client;
  if (!(queue instanceof MultiQueue)) throw new ReplyError("ERR EXEC without MULTI");
  client.queue = undefined;
  if (queue.isRefused) {
    session.unwatch();
    throw new ReplyError("EXECABORT Transaction discarded because of previous errors.");
  }
  const before = reply.length;
  try {
    session.atomically(() => {
      if (session.watchedChanged()) reply.nullArray();
      else queue.run(client, reply);
    });
  } catch (error) {
    reply.rewind(before);
    throw error;
  } finally {
    session.unwatch();
  }
}

function watch(
  client: RespClient,
  args: readonly Buffer[],
  reply: ReplyWriter,
): void | Promise<void> {
  const { session } = client;
  if (client.queue !== undefined) throw new ReplyError("ERR WATCH inside MULTI is not allowed");
  const keys = args.map((key) => key.toString("latin1"));
  const settled = session.settled();
  if (settled !== undefined) return settled.then(() => start());
  start();
  return undefined;

  function start(): void {
    session.watch(keys);
    reply.ok();
  }
}

function refuseInMulti(client: RespClient, name: string): void {
  if (client.queue !== undefined) throw new ReplyError(`ERR ${name} inside MULTI is not allowed`);
}

function returningOf(args: readonly Buffer[]): "COMMITTED-VERSION" | "VERSIONSTAMP" | undefined {
  if (args.length === 0) return undefined;
  const [first, second] = args.map((arg) => arg.toString("latin1").toUpperCase());
  if (first !== "RETURNING" || args.length !== 2) throw syntaxError();
  if (second === "COMMITTED-VERSION" || second === "VERSIONSTAMP") return second;
  throw syntaxError();
}

/** The row that was in conflict, readable as far as it can be. */
function keyText(key: unknown): string {
  if (typeof key !== "string") return "";
  const readable = key.replaceAll(/[^\x20-\x7e]/g, (byte) => {
    return `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `: key ${readable}`;
}
