/** ACL: who there is, and who may do what. The rules themselves: engine/auth/access.ts. */
import { keyFromBytes } from "../../../base/key.ts";
import type { AccessLogEntry } from "../../../engine/auth/access-log.ts";
import { describeAccess, describeKeys } from "../../../engine/auth/rules.ts";
import type { RuleNames } from "../../../engine/auth/rules.ts";
import type { Account } from "../../../engine/auth/users.ts";
import { denialOf } from "../access.ts";
import type { Wish } from "../access.ts";
import { categoriesOf } from "../categories.ts";
import type { CommandLookup, CommandSpec, RespClient } from "../command.ts";
import { arityError, notAnInteger, ReplyError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { checkSubcommand, findSubcommand, replyTexts, subcommandHandler } from "../subcommands.ts";
import type { SubcommandSpec } from "../subcommands.ts";
import { argumentAt, integerAt, isWord, keyAt } from "./arguments.ts";

const PASSWORD_BITS = 256;
const PASSWORD_BITS_MAX = 4096;
const LOG_ENTRIES = 10;

const subcommands: readonly SubcommandSpec[] = [
  {
    name: "whoami",
    arity: 2,
    summary: "Tells the user of the connection",
    handler: ({ account }, _args, reply) => reply.binary(account.name),
  },
  {
    name: "users",
    arity: 2,
    summary: "Lists the names of the users",
    handler: ({ server }, _args, reply) => {
      replyBinaries(reply, server.engine.users.all.map(({ name }) => name));
    },
  },
  {
    name: "list",
    arity: 2,
    summary: "Lists the users with their rules",
    handler: ({ server }, _args, reply) => {
      const { all } = server.engine.users;
      replyBinaries(
        reply,
        all.map(({ name, access }) => `user ${name} ${describeAccess(access.state)}`),
      );
    },
  },
  { name: "getuser", arity: 3, summary: "Tells the rules of a user", handler: getUser },
  {
    name: "setuser",
    arity: -3,
    summary: "Applies rules to a user, who is made if need be",
    handler: async ({ server }, [name, ...rules], reply) => {
      const { users } = server.engine;
      const names = ruleNames(server.table);
      await users.change(keyFromBytes(name as Buffer), rules.map(keyFromBytes), names);
      reply.ok();
    },
  },
  {
    name: "deluser",
    arity: -3,
    summary: "Deletes users and ends their connections",
    handler: async ({ server }, args, reply) => {
      reply.integer(await server.engine.users.delete(args.map(keyFromBytes)));
    },
  },
  { name: "cat", arity: -2, summary: "Lists categories, or the commands of one", handler: cat },
  { name: "log", arity: -2, summary: "Tells what was refused to whom", handler: log },
  { name: "genpass", arity: -2, summary: "Makes up a password", handler: genPass },
  { name: "dryrun", arity: -4, summary: "Tells whether a user may do it", handler: dryRun },
];

export const aclCommands: readonly CommandSpec[] = [
  {
    name: "acl",
    arity: -2,
    flags: ["admin", "noscript", "loading", "stale", "no-multi"],
    group: "server",
    since: "6.0.0",
    summary: "Tells and changes who may do what",
    subcommands,
    handler: subcommandHandler("acl", subcommands),
  },
];

function ruleNames(table: CommandLookup): RuleNames {
  return {
    isCommand: (name) => {
      const [command = "", subcommand, more] = name.split("|");
      const spec = table.find(Buffer.from(command, "latin1"));
      if (spec === undefined || more !== undefined) return false;
      if (subcommand === undefined) return true;
      return findSubcommand(spec, Buffer.from(subcommand)) !== undefined;
    },
    isCategory: (name) => categories(table).has(name),
  };
}

function categories(table: CommandLookup): ReadonlySet<string> {
  return new Set([...table.all].flatMap((spec) => categoriesOf(spec)));
}

function getUser({ server }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const account = server.engine.users.find(keyAt(args, 0));
  if (account === undefined) {
    reply.null();
    return;
  }
  const { state } = account.access;
  reply.map(7);
  reply.text("flags");
  replyTexts(reply, [state.isOn ? "on" : "off", ...(state.noPassword ? ["nopass"] : [])]);
  reply.text("passwords");
  replyTexts(reply, state.passwords);
  const texts = {
    commands: state.commands.join(" "),
    keys: state.keys.map(describeKeys).join(" "),
    channels: state.channels.map((pattern) => `&${pattern}`).join(" "),
    namespaces: state.namespaces.map((pattern) => `ns:${pattern}`).join(" "),
  };
  for (const [name, value] of Object.entries(texts)) {
    reply.text(name);
    reply.binary(value);
  }
  reply.text("selectors");
  reply.array(0);
}

function cat({ server }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  if (args.length > 1) throw arityError("acl|cat");
  const [name] = args;
  if (name === undefined) {
    replyTexts(reply, [...categories(server.table)].toSorted());
    return;
  }
  const category = String(name).toLowerCase();
  const specs = [...server.table.all].filter((spec) => categoriesOf(spec).includes(category));
  if (specs.length === 0) throw new ReplyError(`ERR Unknown category '${String(name)}'`);
  replyTexts(reply, specs.map((spec) => spec.name.toLowerCase()));
}

function log({ server }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const [argument] = args;
  if (args.length > 1) throw arityError("acl|log");
  if (isWord(argument, "RESET")) {
    server.accessLog.clear();
    reply.ok();
    return;
  }
  const count = argument === undefined ? LOG_ENTRIES : integerAt(args, 0);
  const entries = server.accessLog.entries.slice(0, Math.max(0, count));
  reply.array(entries.length);
  for (const { entry, count: times } of entries) {
    reply.map(7);
    reply.text("count");
    reply.integer(times);
    reply.text("reason");
    reply.text(entry.reason);
    logFields(reply, entry);
    reply.text("age-seconds");
    reply.double((server.clock.now() - entry.at) / 1000);
  }
}

function logFields(reply: ReplyWriter, { context, object, user, client }: AccessLogEntry): void {
  const fields = { context, object, username: user, "client-info": `addr=${client}` };
  for (const [name, value] of Object.entries(fields)) {
    reply.text(name);
    reply.binary(value);
  }
}

function genPass({ server }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  if (args.length > 1) throw arityError("acl|genpass");
  const bits = args.length === 0 ? PASSWORD_BITS : integerAt(args, 0);
  if (!Number.isSafeInteger(bits)) throw notAnInteger();
  if (bits <= 0 || bits > PASSWORD_BITS_MAX) {
    throw new ReplyError(
      "ERR ACL GENPASS argument must be the number of bits for the output password, a positive " +
        `number up to ${PASSWORD_BITS_MAX}`,
    );
  }
  reply.text(server.engine.users.makePassword(Math.ceil(bits / 4)));
}

function dryRun(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const { engine, table } = client.server;
  const name = keyAt(args, 0);
  const account = engine.users.find(name);
  if (account === undefined) throw new ReplyError(`ERR User '${name}' not found`);
  const spec = table.find(argumentAt(args, 1));
  if (spec === undefined) throw new ReplyError(`ERR Command '${keyAt(args, 1)}' not found`);
  const count = args.length - 1;
  if (spec.arity >= 0 ? count !== spec.arity : count < -spec.arity) throw arityError(spec.name);
  checkSubcommand(spec, args.slice(2));
  const refusal = dryRefusal(account, {
    spec,
    args: args.slice(2),
    namespace: client.session.namespaceName,
  });
  if (refusal === undefined) reply.ok();
  else reply.binary(refusal);
}

function dryRefusal(account: Account, wish: Wish): string | undefined {
  const denial = denialOf(account, wish);
  if (denial === undefined) return undefined;
  const what =
    denial.reason === "command"
      ? `run the '${denial.object}' command`
      : `access the '${denial.object}' ${denial.reason}`;
  return `This user has no permissions to ${what}`;
}

function replyBinaries(reply: ReplyWriter, texts: readonly string[]): void {
  reply.array(texts.length);
  for (const text of texts) reply.binary(text);
}
