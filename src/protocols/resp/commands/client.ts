/** CLIENT: what clients say about themselves and ask about others. */
import type { CommandSpec, RespClient } from "../command.ts";
import { arityError, notAnInteger, ReplyError, syntaxError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { subcommandHandler } from "../subcommands.ts";
import type { SubcommandSpec } from "../subcommands.ts";
import { checkedName } from "./connection.ts";

const subcommands: readonly SubcommandSpec[] = [
  {
    name: "id",
    arity: 2,
    summary: "Tells the connection's number",
    handler: (client, _args, reply) => reply.integer(client.id),
  },
  {
    name: "info",
    arity: 2,
    summary: "Tells about this connection",
    handler: (client, _args, reply) => reply.verbatim(`${describe(client)}\n`),
  },
  { name: "list", arity: -2, summary: "Tells about all connections", handler: list },
  { name: "kill", arity: -3, summary: "Closes connections", handler: kill },
  {
    name: "getname",
    arity: 2,
    summary: "Tells the connection's name",
    handler: ({ name }, _args, reply) => (name === "" ? reply.null() : reply.text(name)),
  },
  {
    name: "setname",
    arity: 3,
    summary: "Names the connection",
    handler: (client, [name], reply) => {
      client.name = checkedName(String(name));
      reply.ok();
    },
  },
  { name: "setinfo", arity: 4, summary: "Names the client's library", handler: setInfo },
  {
    name: "no-evict",
    arity: 3,
    summary: "Keeps the connection when memory is short",
    handler: (client, [value], reply) => {
      client.noEvict = onOff(value);
      reply.ok();
    },
  },
  {
    name: "no-touch",
    arity: 3,
    summary: "Reads without counting as use",
    handler: (client, [value], reply) => {
      client.noTouch = onOff(value);
      reply.ok();
    },
  },
  { name: "reply", arity: 3, summary: "Chooses which replies are sent", handler: replyMode },
  {
    name: "getredir",
    arity: 2,
    summary: "Tells where invalidations go: nowhere",
    handler: (_client, _args, reply) => reply.integer(-1),
  },
  { name: "pause", arity: -3, summary: "Lets commands wait for some ms", handler: pause },
  {
    name: "unpause",
    arity: 2,
    summary: "Ends a pause",
    handler: ({ server }, _args, reply) => {
      server.pause.end();
      reply.ok();
    },
  },
  {
    name: "unblock",
    arity: -3,
    summary: "Tells 0: no command waits that can be ended",
    handler: unblock,
  },
  {
    name: "trackinginfo",
    arity: 2,
    summary: "Tells that nothing is tracked",
    handler: trackingInfo,
  },
  {
    name: "tracking",
    arity: -3,
    summary: "Is not supported",
    handler: tracking,
  },
];

export const clientCommands: readonly CommandSpec[] = [
  {
    name: "client",
    arity: -2,
    flags: ["noscript", "loading", "stale"],
    group: "connection",
    since: "2.4.0",
    summary: "Tells and changes facts about connections",
    subcommands,
    handler: subcommandHandler("client", subcommands),
  },
];

/** One line about a client, as CLIENT LIST shows it. */
function describe(client: RespClient): string {
  const { input, output } = client.connection.waitingBytes;
  const now = client.server.clock.now();
  const fields: readonly (readonly [string, string | number])[] = [
    ["id", client.id],
    ["addr", client.remoteAddress],
    ["laddr", client.localAddress],
    ["fd", client.id],
    ["name", client.name],
    ["age", Math.max(0, Math.floor((now - client.connectedAt) / 1_000))],
    ["idle", Math.max(0, Math.floor((now - client.lastCommandAt) / 1_000))],
    ["flags", flags(client)],
    ["db", 0],
    ["sub", client.subscriptions.size("channel")],
    ["psub", client.subscriptions.size("pattern")],
    ["ssub", client.subscriptions.size("shard")],
    ["multi", client.queue === undefined ? -1 : client.queue.length],
    ["qbuf", input],
    ["qbuf-free", 0],
    ["obl", 0],
    ["oll", output === 0 ? 0 : 1],
    ["omem", output],
    ["tot-mem", input + output],
    ["events", "r"],
    ["cmd", client.lastCommand?.name.toLowerCase() ?? "NULL"],
    ["user", client.account.name],
    ["redir", -1],
    ["resp", client.version],
    ["lib-name", client.libraryName],
    ["lib-ver", client.libraryVersion],
    ["namespace", client.session.namespaceName],
  ];
  return fields.map(([name, value]) => `${name}=${value}`).join(" ");
}

function flags(client: RespClient): string {
  const letters =
    (client.subscriptions.none ? "" : "P") +
    (client.queue === undefined ? "" : "x") +
    (client.noEvict ? "e" : "") +
    (client.noTouch ? "T" : "");
  return letters === "" ? "N" : letters;
}

const clientTypes = ["normal", "master", "replica", "slave", "pubsub"];

function hasType(client: RespClient, type: string): boolean {
  return type === (client.subscriptions.none ? "normal" : "pubsub");
}

function clientType(text: string): string {
  const type = text.toLowerCase();
  if (clientTypes.includes(type)) return type;
  throw new ReplyError(`ERR Unknown client type '${text}'`);
}

function list(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  let chosen = [...client.server.clients.values()];
  const option = args[0] === undefined ? "" : String(args[0]).toLowerCase();
  if (option === "type" && args.length === 2) {
    const type = clientType(String(args[1]));
    chosen = chosen.filter((each) => hasType(each, type));
  } else if (option === "id" && args.length >= 2) {
    const ids = new Set(args.slice(1).map((arg) => clientId(String(arg))));
    chosen = chosen.filter(({ id }) => ids.has(id));
  } else if (args.length > 0) {
    throw syntaxError();
  }
  reply.verbatim(chosen.map((each) => `${describe(each)}\n`).join(""));
}

function clientId(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new ReplyError("ERR Invalid client ID");
}

type Filter = (each: RespClient) => boolean;

function kill(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const texts = args.map(String);
  const all = [...client.server.clients.values()];
  if (texts.length === 1) {
    const victim = all.find(({ remoteAddress }) => remoteAddress === texts[0]);
    if (victim === undefined) throw new ReplyError("ERR No such client");
    end(client, victim);
    reply.ok();
    return;
  }
  if (texts.length % 2 !== 0) throw syntaxError();
  const filters: Filter[] = [];
  let skipMe = true;
  for (let at = 0; at < texts.length; at += 2) {
    const value = texts[at + 1] ?? "";
    if (texts[at]?.toLowerCase() === "skipme") skipMe = yesNo(value);
    else filters.push(killFilter(client, texts[at] ?? "", value));
  }
  const victims = all.filter((each) => filters.every((filter) => filter(each)));
  const killed = victims.filter((each) => !(skipMe && each === client));
  for (const victim of killed) end(client, victim);
  reply.integer(killed.length);
}

function killFilter(client: RespClient, option: string, value: string): Filter {
  switch (option.toLowerCase()) {
    case "id": {
      if (!/^[1-9]\d{0,14}$/.test(value)) {
        throw new ReplyError("ERR client-id should be greater than 0");
      }
      return ({ id }) => id === Number(value);
    }
    case "type": {
      const type = clientType(value);
      return (each) => hasType(each, type);
    }
    case "user":
      return ({ account }) => account.name === value;
    case "addr":
      return ({ remoteAddress }) => remoteAddress === value;
    case "laddr":
      return ({ localAddress }) => localAddress === value;
    case "maxage": {
      if (!/^\d{1,15}$/.test(value)) throw notAnInteger();
      const now = client.server.clock.now();
      return ({ connectedAt }) => now - connectedAt >= Number(value) * 1_000;
    }
    default:
      throw syntaxError();
  }
}

/** A client that kills itself still gets its reply. */
function end(client: RespClient, victim: RespClient): void {
  if (victim === client) victim.connection.closeSoon();
  else victim.connection.destroy();
}

function yesNo(text: string): boolean {
  if (/^yes$/i.test(text)) return true;
  if (/^no$/i.test(text)) return false;
  throw syntaxError();
}

function onOff(value: Buffer | undefined): boolean {
  const text = String(value);
  if (/^on$/i.test(text)) return true;
  if (/^off$/i.test(text)) return false;
  throw syntaxError();
}

function setInfo(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const [attribute, value] = [String(args[0]), String(args[1])];
  const name = attribute.toLowerCase();
  if (name !== "lib-name" && name !== "lib-ver") {
    throw new ReplyError(`ERR Unrecognized option '${attribute}'`);
  }
  if (!/^[!-~]*$/.test(value)) {
    throw new ReplyError(
      `ERR ${name} cannot contain spaces, newlines or special characters.`,
    );
  }
  if (name === "lib-name") client.libraryName = value;
  else client.libraryVersion = value;
  reply.ok();
}

function replyMode(client: RespClient, [mode]: readonly Buffer[], reply: ReplyWriter): void {
  switch (String(mode).toLowerCase()) {
    case "on":
      client.replyMode = "on";
      reply.ok();
      break;
    case "off":
      client.replyMode = "off";
      break;
    case "skip":
      if (client.replyMode !== "off") client.replyMode = "skip-next";
      break;
    default:
      throw syntaxError();
  }
}

function tracking(_client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const mode = String(args[0]).toLowerCase();
  if (mode === "off" && args.length === 1) {
    reply.ok();
    return;
  }
  if (mode !== "on" && mode !== "off") throw syntaxError();
  if (mode === "off") throw arityError("client|tracking");
  throw new ReplyError("ERR Client tracking is not supported: read again what may have changed");
}

function pause({ server }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const mode = String(args[1] ?? "all").toLowerCase();
  if (args.length > 2) throw syntaxError();
  if (mode !== "all" && mode !== "write") {
    throw new ReplyError("ERR CLIENT PAUSE mode must be WRITE or ALL");
  }
  const text = String(args[0]);
  if (!/^-?\d{1,15}$/.test(text)) {
    throw new ReplyError("ERR timeout is not an integer or out of range");
  }
  if (Number(text) < 0) throw new ReplyError("ERR timeout is negative");
  server.pause.start(Number(text), mode === "write");
  reply.ok();
}

function unblock(_client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  if (args[1] !== undefined && !/^(?:timeout|error)$/i.test(String(args[1]))) {
    throw new ReplyError("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }
  if (!/^-?\d{1,15}$/.test(String(args[0]))) throw notAnInteger();
  reply.integer(0);
}

function trackingInfo(_client: RespClient, _args: readonly Buffer[], reply: ReplyWriter): void {
  reply.map(3);
  reply.text("flags");
  reply.set(1);
  reply.text("off");
  reply.text("redirect");
  reply.integer(-1);
  reply.text("prefixes");
  reply.array(0);
}
