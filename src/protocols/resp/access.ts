/**
 * Whether a client may run a command: what engine/auth decides, asked with what the command's row
 * says about its arguments and answered in Redis' words.
 */
import { keyFromBytes } from "../../base/key.ts";
import type { AccessRequest, Denial } from "../../engine/auth/access-request.ts";
import { authorize } from "../../engine/auth/authorize.ts";
import type { Account } from "../../engine/auth/users.ts";
import { categoriesOf } from "./categories.ts";
import type { CommandGroup, CommandSpec, RespClient } from "./command.ts";
import { keysOf } from "./command-keys.ts";
import { ReplyError } from "./reply-error.ts";
import { findSubcommand } from "./subcommands.ts";

/** Groups whose commands work on no namespace, or on those they name. */
const withoutNamespace: ReadonlySet<CommandGroup> = new Set([
  "connection",
  "server",
  "pubsub",
  "session",
  "cluster",
  "transactions",
  "namespace",
]);

/** Commands that write and also tell what was stored. */
const readingWrites: ReadonlySet<string> = new Set(
  (
    "incr incrby incrbyfloat decr decrby hincrby hincrbyfloat setbit bitfield " +
    "getdel getex getset copy rename renamenx"
  ).split(" "),
);

/** Refuses with NOPERM what the client's user may not do. */
export function checkAccess(client: RespClient, spec: CommandSpec, args: readonly Buffer[]): void {
  if (client.account.access.isUnrestricted || spec.flags.includes("no-auth")) return;
  const denial = denialOf(client.account, { spec, args, namespace: client.session.namespaceName });
  if (denial === undefined) return;
  client.server.accessLog.add({
    ...denial,
    context: client.queue === undefined ? "toplevel" : "multi",
    user: client.account.name,
    client: client.remoteAddress,
    at: client.server.clock.now(),
  });
  throw new ReplyError(`NOPERM ${refusal(denial)}`);
}

/** As redis-server 7 says it. */
function refusal({ reason, object }: Denial): string {
  const start = "this user has no permissions to";
  if (reason === "command") return `${start} run the '${object}' command`;
  if (reason === "namespace") return `${start} access the namespace`;
  return `${start} access one of the ${reason}s used as arguments`;
}

/** A command with its arguments, in a namespace. */
export interface Wish {
  readonly spec: CommandSpec;
  readonly args: readonly Buffer[];
  readonly namespace: string;
}

/** What keeps a user from running a command; undefined: nothing. */
export function denialOf(account: Account, wish: Wish): Denial | undefined {
  return authorize(account, requestFor(wish));
}

function requestFor({ spec, args, namespace }: Wish): AccessRequest {
  const isPubSub = spec.group === "pubsub";
  const writes = spec.flags.includes("write");
  const name = spec.name.toLowerCase();
  return {
    command: fullName(spec, args),
    categories: categoriesOf(spec),
    keys: isPubSub ? [] : keysFor(spec, args).map(keyFromBytes),
    reads: !writes || readingWrites.has(name) || (name === "set" && args.slice(2).some(isGet)),
    writes,
    channels: isPubSub ? channelsOf(name, args) : [],
    arePatterns: name === "psubscribe",
    namespaces: namespacesOf(spec, { args, namespace }),
  };
}

/** Commands of the group that name no topic. */
const withoutTopic: ReadonlySet<string> = new Set([
  "event.unsubscribe",
  "event.ack",
  "event.nack",
  "series.stream",
  "series.unstream",
]);

/** To rules a topic is a key. */
function keysFor(spec: CommandSpec, args: readonly Buffer[]): readonly Buffer[] {
  if (spec.group !== "event") return keysOf(spec, args);
  return withoutTopic.has(spec.name.toLowerCase()) ? [] : args.slice(0, 1);
}

function isGet(arg: Buffer): boolean {
  return arg.length === 3 && arg.toString("latin1").toLowerCase() === "get";
}

/** The command's name, with the second word if it has one: config|get. */
function fullName(spec: CommandSpec, [second]: readonly Buffer[]): string {
  const name = spec.name.toLowerCase();
  if (spec.subcommands === undefined || second === undefined) return name;
  const word = findSubcommand(spec, second)?.name;
  return word === undefined ? name : `${name}|${word}`;
}

function channelsOf(name: string, args: readonly Buffer[]): readonly string[] {
  if (name === "publish" || name === "spublish") return args.slice(0, 1).map(keyFromBytes);
  return /^[ps]?subscribe$/.test(name) ? args.map(keyFromBytes) : [];
}

function namespacesOf(
  { group }: CommandSpec,
  { args, namespace }: Pick<Wish, "args" | "namespace">,
): readonly string[] {
  if (group === "namespace") return args.slice(1).map(keyFromBytes);
  return withoutNamespace.has(group) ? [] : [keyFromBytes(Buffer.from(namespace))];
}
