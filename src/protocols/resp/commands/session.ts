/** SESSION.ATTRIBUTE and SESSION.CLOSE. */
import type { CommandSpec, RespClient } from "../command.ts";
import { arityError, notAnInteger, ReplyError, syntaxError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { replyMap } from "../subcommands.ts";

/** Largest LIMIT of a query. */
const LIMIT_MAX = 10_000;

export const sessionCommands: readonly CommandSpec[] = [
  {
    name: "SESSION.ATTRIBUTE",
    arity: -2,
    flags: ["fast"],
    group: "session",
    since: "0.2.0",
    summary: "Tells and sets how documents come and go on this connection",
    handler: attribute,
  },
  {
    name: "SESSION.CLOSE",
    arity: 1,
    flags: ["fast", "no-multi"],
    group: "session",
    since: "0.2.0",
    summary: "Makes the session as if it were new; the protocol version stays",
    handler: (client, _args, reply) => {
      client.reset();
      reply.ok();
    },
  },
];

function attribute(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const [action, name, value] = args.map(String);
  if (action?.toLowerCase() === "list") {
    if (args.length !== 1) throw arityError("SESSION.ATTRIBUTE");
    list(client, reply);
  } else if (action?.toLowerCase() === "set") {
    if (name === undefined || value === undefined || args.length !== 3) {
      throw arityError("SESSION.ATTRIBUTE");
    }
    set(client, name, value);
    reply.ok();
  } else {
    throw syntaxError();
  }
}

function list({ attributes }: RespClient, reply: ReplyWriter): void {
  replyMap(reply, [
    ["reply_type", attributes.replyType],
    ["input_type", attributes.inputType],
    ["limit", attributes.limit],
    ["object_id_format", attributes.objectIdFormat],
  ]);
}

function set({ attributes }: RespClient, name: string, value: string): void {
  const lower = value.toLowerCase();
  switch (name.toLowerCase()) {
    case "reply_type":
      if (lower !== "bson" && lower !== "json") throw invalid("reply type", value);
      attributes.replyType = lower;
      break;
    case "input_type":
      if (lower !== "bson" && lower !== "json") throw invalid("input type", value);
      attributes.inputType = lower;
      break;
    case "limit":
      attributes.limit = limit(value);
      break;
    case "object_id_format":
      if (lower !== "bytes" && lower !== "hex") throw invalid("object id format", value);
      attributes.objectIdFormat = lower;
      break;
    default:
      throw new ReplyError(`ERR Invalid session attribute: '${name}'`);
  }
}

function limit(value: string): number {
  if (!/^-?\d{1,15}$/.test(value)) {
    throw notAnInteger();
  }
  const count = Number(value);
  if (count <= 0) throw new ReplyError("ERR 'limit' must be greater than 0");
  if (count > LIMIT_MAX) throw new ReplyError(`ERR 'limit' must be at most ${LIMIT_MAX}`);
  return count;
}

function invalid(what: string, value: string): ReplyError {
  return new ReplyError(`ERR Invalid ${what}: ${value}`);
}
