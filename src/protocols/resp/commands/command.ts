/** COMMAND: what commands there are, from the table that also runs them. */
import { globMatches } from "../../../base/glob.ts";
import { categoriesOf } from "../categories.ts";
import { keysOf } from "../command-keys.ts";
import type { CommandHandler, CommandSpec, RespClient } from "../command.ts";
import { ReplyError, syntaxError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { replyTexts, subcommandHandler } from "../subcommands.ts";
import type { SubcommandSpec } from "../subcommands.ts";

const subcommands: readonly SubcommandSpec[] = [
  {
    name: "count",
    arity: 2,
    summary: "Counts the commands",
    handler: ({ server }, _args, reply) => reply.integer(server.table.size),
  },
  {
    name: "info",
    arity: -2,
    summary: "Tells the shape of commands",
    handler: ({ server }, args, reply) => {
      if (args.length === 0) {
        all(server.table.all, server.table.size, reply);
        return;
      }
      reply.array(args.length);
      for (const name of args) {
        const spec = server.table.find(name);
        if (spec === undefined) reply.nullArray();
        else describe(spec, reply);
      }
    },
  },
  { name: "docs", arity: -2, summary: "Tells what commands are for", handler: docs },
  { name: "list", arity: -2, summary: "Lists the names of commands", handler: list },
  { name: "getkeys", arity: -3, summary: "Finds the keys in a command", handler: getKeys },
];

const subcommand = subcommandHandler("command", subcommands);

const command: CommandHandler = (client, args, reply) => {
  if (args.length > 0) return subcommand(client, args, reply);
  return all(client.server.table.all, client.server.table.size, reply);
};

export const commandCommands: readonly CommandSpec[] = [
  {
    name: "command",
    arity: -1,
    flags: ["loading", "stale"],
    group: "server",
    since: "2.8.13",
    summary: "Tells which commands there are",
    subcommands: subcommands.map(({ name }) => name),
    handler: command,
  },
];

function all(specs: Iterable<CommandSpec>, count: number, reply: ReplyWriter): void {
  reply.array(count);
  for (const spec of specs) describe(spec, reply);
}

/** Flags of our own that clients of Redis do not know under these names. */
const wireFlags: Readonly<Record<string, string>> = {
  "no-auth": "no_auth",
  "no-multi": "no_multi",
  "skip-monitor": "skip_monitor",
};

function describe(spec: CommandSpec, reply: ReplyWriter): void {
  const keys = spec.keys ?? { first: 0, last: 0, step: 0 };
  const flags = spec.flags
    .filter((flag) => flag !== "when-subscribed")
    .map((flag) => wireFlags[flag] ?? flag);
  reply.array(10);
  reply.text(spec.name.toLowerCase());
  reply.integer(spec.arity);
  reply.set(flags.length);
  for (const flag of flags) reply.simple(flag);
  reply.integer(keys.first);
  reply.integer(keys.last);
  reply.integer(keys.step);
  const categories = categoriesOf(spec);
  reply.set(categories.length);
  for (const category of categories) reply.simple(`@${category}`);
  reply.array(0); // Tips.
  reply.array(0); // Key specifications: the three numbers above say all there is.
  reply.array(0); // Subcommands have no shape of their own.
}

function docs(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const { table } = client.server;
  const named = args.map((name) => table.find(name)).filter((spec) => spec !== undefined);
  const specs = args.length === 0 ? [...table.all] : named;
  reply.map(specs.length);
  for (const spec of specs) {
    reply.text(spec.name.toLowerCase());
    reply.map(3);
    reply.text("summary");
    reply.text(spec.summary);
    reply.text("since");
    reply.text(spec.since);
    reply.text("group");
    reply.text(spec.group);
  }
}

function list(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  let specs = [...client.server.table.all];
  if (args.length > 0) {
    const [filterBy, kind, value] = args.map(String);
    if (args.length !== 3 || filterBy?.toLowerCase() !== "filterby") throw syntaxError();
    specs = specs.filter(listFilter(kind ?? "", value ?? ""));
  }
  replyTexts(reply, specs.map(({ name }) => name.toLowerCase()));
}

function listFilter(kind: string, value: string): (spec: CommandSpec) => boolean {
  switch (kind.toLowerCase()) {
    case "module":
      return () => false;
    case "aclcat":
      return (spec) => categoriesOf(spec).includes(value.toLowerCase());
    case "pattern":
      return ({ name }) => globMatches(value.toLowerCase(), name.toLowerCase());
    default:
      throw syntaxError();
  }
}

function getKeys(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const [name, ...rest] = args;
  const spec = name === undefined ? undefined : client.server.table.find(name);
  if (spec === undefined) throw new ReplyError("ERR Invalid command specified");
  const { arity } = spec;
  if (arity >= 0 ? args.length !== arity : args.length < -arity) {
    throw new ReplyError("ERR Invalid number of arguments specified for command");
  }
  const keys = keysOf(spec, rest);
  if (keys.length === 0) throw new ReplyError("ERR The command has no key arguments");
  reply.array(keys.length);
  for (const key of keys) reply.bulk(key);
}
