/**
 * CONFIG: settings under the names that clients of Redis ask for. Most tell how things are and
 * cannot be changed here; cronosdb's own settings are given at its start.
 */
import { CronosError } from "../../../base/errors.ts";
import { globMatches } from "../../../base/glob.ts";
import type { CommandSpec, RespClient, RespServer } from "../command.ts";
import { requestLimits } from "../parser.ts";
import { arityError, ReplyError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { subcommandHandler } from "../subcommands.ts";
import type { SubcommandSpec } from "../subcommands.ts";

interface Parameter {
  readonly get: (server: RespServer) => string;
  /** Checks and takes a value; throws a CronosError that says what is wrong with it. */
  readonly set?: (server: RespServer, value: string) => void;
}

const parameters: Readonly<Record<string, Parameter>> = {
  appendfsync: fixed("always"),
  appendonly: fixed("yes"),
  bind: { get: ({ host }) => host },
  "client-query-buffer-limit": fixed(String(requestLimits.queryBytes)),
  "cluster-enabled": fixed("yes"),
  databases: fixed("1"),
  "hash-max-listpack-entries": remembered("hash-max-listpack-entries", "128"),
  "hash-max-listpack-value": remembered("hash-max-listpack-value", "64"),
  maxclients: { get: ({ clientsMax }) => String(clientsMax) },
  maxmemory: fixed("0"),
  "maxmemory-policy": fixed("noeviction"),
  "notify-keyspace-events": {
    get: ({ engine }) => engine.keyspaceEvents.setting,
    set: ({ engine }, value) => {
      engine.keyspaceEvents.setting = value;
    },
  },
  port: { get: ({ port }) => String(port) },
  "proto-max-bulk-len": fixed(String(requestLimits.bulkBytes)),
  save: fixed(""),
  "slowlog-log-slower-than": remembered("slowlog-log-slower-than", "10000"),
  "slowlog-max-len": remembered("slowlog-max-len", "128"),
  "tcp-keepalive": fixed("300"),
  timeout: fixed("0"),
};

const subcommands: readonly SubcommandSpec[] = [
  { name: "get", arity: -3, summary: "Tells settings whose names match patterns", handler: get },
  { name: "set", arity: -4, summary: "Changes settings", handler: set },
  {
    name: "resetstat",
    arity: 2,
    summary: "Starts counting from zero",
    handler: ({ server }, _args, reply) => {
      Object.assign(server.counts, { connections: 0, rejectedConnections: 0, commands: 0 });
      reply.ok();
    },
  },
  {
    name: "rewrite",
    arity: 2,
    summary: "Is refused: there is no file to write",
    handler: () => {
      throw new ReplyError("ERR The server is running without a config file");
    },
  },
];

export const configCommands: readonly CommandSpec[] = [
  {
    name: "config",
    arity: -2,
    flags: ["admin", "noscript", "loading", "stale"],
    group: "server",
    since: "2.0.0",
    summary: "Tells and changes settings",
    subcommands,
    handler: subcommandHandler("config", subcommands),
  },
];

function fixed(value: string): Parameter {
  return { get: () => value };
}

/** A number that is kept for who asks for it. */
function remembered(name: string, initial: string): Parameter {
  return {
    get: ({ settings }) => settings.get(name) ?? initial,
    set: ({ settings }, value) => {
      if (!/^-?\d{1,15}$/.test(value)) {
        throw new CronosError("INVALID_ARGUMENT", "argument couldn't be parsed into an integer");
      }
      settings.set(name, value);
    },
  };
}

function get(client: RespClient, patterns: readonly Buffer[], reply: ReplyWriter): void {
  const texts = patterns.map((pattern) => String(pattern).toLowerCase());
  const found = Object.entries(parameters).filter(([name]) => {
    return texts.some((pattern) => globMatches(pattern, name));
  });
  reply.map(found.length);
  for (const [name, parameter] of found) {
    reply.text(name);
    reply.text(parameter.get(client.server));
  }
}

/** All or none: what a failing name changed before is set back. */
function set(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const { server } = client;
  if (args.length % 2 !== 0) throw arityError("config|set");
  const changes = pairs(args.map(String));
  for (const [name] of changes) checkSettable(name);
  const undo: (() => void)[] = [];
  for (const [name, value] of changes) {
    const parameter = parameters[name];
    const before = parameter?.get(server) ?? "";
    try {
      parameter?.set?.(server, value);
      undo.push(() => parameter?.set?.(server, before));
    } catch (error) {
      for (const each of undo.toReversed()) each();
      throw setFailed(name, error instanceof Error ? error.message : String(error));
    }
  }
  reply.ok();
}

function pairs(texts: readonly string[]): (readonly [string, string])[] {
  const found: (readonly [string, string])[] = [];
  for (let at = 0; at < texts.length; at += 2) {
    found.push([(texts[at] ?? "").toLowerCase(), texts[at + 1] ?? ""]);
  }
  return found;
}

function checkSettable(name: string): void {
  const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  if (parameter === undefined) {
    throw new ReplyError(
      `ERR Unknown option or number of arguments for CONFIG SET - '${name}'`,
    );
  }
  if (parameter.set === undefined) throw setFailed(name, "can't set immutable config");
}

function setFailed(name: string, reason: string): ReplyError {
  return new ReplyError(
    `ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`,
  );
}
