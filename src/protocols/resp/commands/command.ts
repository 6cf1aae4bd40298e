/** COMMAND: what commands there are, from the table that also runs them. */
import { globMatches } from "../../../base/glob.ts";
import { categoriesOf } from "../categories.ts";
import { keysOf } from "../command-keys.ts";
import type { CommandHandler, CommandSpec, KeyPositions } from "../command.ts";
import type { RespClient, RespServer } from "../command.ts";
import { ReplyError, syntaxError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { asCommand, findSubcommand, helpShape } from "../subcommands.ts";
import { replyMap, replyTexts, subcommandHandler } from "../subcommands.ts";
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
        const spec = named(server, name);
        if (spec === undefined) reply.nullArray();
        else describe(spec, reply);
      }
    },
  },
  { name: "docs", arity: -2, summary: "Tells what commands are for", handler: docs },
  { name: "list", arity: -2, summary: "Lists the names of commands", handler: list },
  { name: "getkeys", arity: -4, summary: "Finds the keys in a command", handler: getKeys },
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
    subcommands,
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
  const { subcommands: words } = spec;
  // Where the keys are is said with the second words.
  const keys = words === undefined ? spec.keys : undefined;
  const flags = spec.flags
    .filter((flag) => flag !== "when-subscribed")
    .map((flag) => wireFlags[flag] ?? flag);
  reply.array(10);
  reply.text(spec.name.toLowerCase());
  reply.integer(spec.arity);
  reply.set(flags.length);
  for (const flag of flags) reply.simple(flag);
  reply.integer(keys?.first ?? 0);
  reply.integer(keys?.last ?? 0);
  reply.integer(keys?.step ?? 0);
  const categories = categoriesOf(spec);
  reply.set(categories.length);
  for (const category of categories) reply.simple(`@${category}`);
  reply.array(0); // Tips.
  reply.array(keys === undefined ? 0 : 1);
  if (keys !== undefined) describeKeys(spec, keys, reply);
  const shapes = words === undefined ? [] : [...words, helpShape];
  reply.array(shapes.length);
  for (const shape of shapes) describe(asCommand(spec, shape), reply);
}

/** A key specification, as Redis 7 tells it. */
function describeKeys(
  { flags }: CommandSpec,
  { first, last, step }: KeyPositions,
  reply: ReplyWriter,
): void {
  const access = flags.includes("write") ? ["RW", "update"] : ["RO", "access"];
  reply.map(3);
  reply.text("flags");
  reply.set(access.length);
  for (const word of access) reply.simple(word);
  reply.text("begin_search");
  describeSearch(reply, "index", { index: first });
  reply.text("find_keys");
  // The last key is counted from the first, or from the end.
  const lastkey = last < 0 ? last : last - first;
  describeSearch(reply, "range", { lastkey, keystep: step, limit: 0 });
}

function describeSearch(
  reply: ReplyWriter,
  type: string,
  numbers: Readonly<Record<string, number>>,
): void {
  reply.map(2);
  reply.text("type");
  reply.text(type);
  reply.text("spec");
  replyMap(reply, Object.entries(numbers));
}

/** The command of a name like GET, or OBJECT|ENCODING. */
function named({ table }: RespServer, name: Buffer): CommandSpec | undefined {
  const [first = "", second] = name.toString("latin1").split("|", 2);
  const spec = table.find(Buffer.from(first, "latin1"));
  if (spec === undefined || second === undefined) return spec;
  const shape = findSubcommand(spec, Buffer.from(second, "latin1"));
  return shape === undefined || spec.subcommands === undefined ? undefined : asCommand(spec, shape);
}

function docs({ server }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const found = args.map((name) => named(server, name)).filter((spec) => spec !== undefined);
  document(args.length === 0 ? [...server.table.all] : found, reply);
}

function document(specs: readonly CommandSpec[], reply: ReplyWriter): void {
  reply.map(specs.length);
  for (const spec of specs) {
    const { name, summary, since, group, subcommands: shapes } = spec;
    reply.text(name.toLowerCase());
    reply.map(shapes === undefined ? 3 : 4);
    for (const [key, value] of Object.entries({ summary, since, group })) {
      reply.text(key);
      reply.text(value);
    }
    if (shapes === undefined) continue;
    reply.text("subcommands");
    document([...shapes, helpShape].map((shape) => asCommand(spec, shape)), reply);
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
