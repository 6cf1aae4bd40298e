/** Commands about the connection itself: PING, ECHO, HELLO, AUTH, QUIT, RESET, SELECT. */
import { keyFromBytes } from "../../../base/key.ts";
import type { CommandSpec, RespClient } from "../command.ts";
import { arityError, ReplyError, syntaxError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { redisVersion } from "../versions.ts";

export const connectionCommands: readonly CommandSpec[] = [
  {
    name: "ping",
    arity: -1,
    flags: ["fast", "when-subscribed"],
    group: "connection",
    since: "1.0.0",
    summary: "Returns PONG, or the argument",
    handler: ping,
  },
  {
    name: "echo",
    arity: 2,
    flags: ["fast"],
    group: "connection",
    since: "1.0.0",
    summary: "Returns the argument",
    handler: (_client, [message], reply) => reply.bulkOrNull(message),
  },
  {
    name: "hello",
    arity: -1,
    flags: ["noscript", "loading", "stale", "fast", "no-auth", "no-multi"],
    group: "connection",
    since: "6.0.0",
    summary: "Chooses the version of the protocol, authenticates, names the connection",
    handler: hello,
  },
  {
    name: "auth",
    arity: -2,
    flags: ["noscript", "loading", "stale", "fast", "no-auth", "no-multi"],
    group: "connection",
    since: "1.0.0",
    summary: "Authenticates the connection",
    handler: auth,
  },
  {
    name: "quit",
    arity: -1,
    flags: ["noscript", "loading", "stale", "fast", "no-auth", "no-multi", "when-subscribed"],
    group: "connection",
    since: "1.0.0",
    summary: "Closes the connection",
    handler: (client, _args, reply) => {
      reply.ok();
      client.connection.closeSoon();
    },
  },
  {
    name: "reset",
    arity: 1,
    flags: ["noscript", "loading", "stale", "fast", "no-auth", "no-multi", "when-subscribed"],
    group: "connection",
    since: "6.2.0",
    summary: "Makes the connection as if it were new",
    handler: (client, _args, reply) => {
      client.reset();
      setVersion(client, reply, 2);
      reply.simple("RESET");
    },
  },
  {
    name: "select",
    arity: 2,
    flags: ["loading", "stale", "fast"],
    group: "connection",
    since: "1.0.0",
    summary: "Chooses database 0: there is no other one, namespaces take their place",
    handler: select,
  },
];

function ping(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const [message] = args;
  if (args.length > 1) throw arityError("ping");
  if (client.version === 2 && !client.subscriptions.none) {
    // As a message, so that it cannot be taken for one.
    reply.array(2);
    reply.text("pong");
    reply.bulk(message ?? Buffer.alloc(0));
    return;
  }
  if (message === undefined) reply.pong();
  else reply.bulk(message);
}

function select(_client: RespClient, [index]: readonly Buffer[], reply: ReplyWriter): void {
  const text = String(index);
  if (!/^-?\d{1,10}$/.test(text)) {
    throw new ReplyError("ERR value is not an integer or out of range");
  }
  if (Number(text) !== 0) throw new ReplyError("ERR DB index is out of range");
  reply.ok();
}

function auth(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  if (args.length > 2) throw syntaxError();
  const [user, password] = args.map(keyFromBytes);
  if (password === undefined && client.server.engine.users.default.access.state.noPassword) {
    throw new ReplyError(
      "ERR AUTH <password> called without any password configured for the default user. " +
        "Are you sure your configuration is correct?",
    );
  }
  if (password === undefined) authenticate(client, "default", user ?? "");
  else authenticate(client, user ?? "", password);
  reply.ok();
}

/** Throws WRONGPASS. */
function authenticate(client: RespClient, user: string, password: string): void {
  const { users } = client.server.engine;
  const account = users.authenticate(user, password);
  if (account === undefined) {
    client.server.accessLog.add({
      reason: "auth",
      context: "toplevel",
      object: "AUTH",
      user,
      client: client.remoteAddress,
      at: client.server.clock.now(),
    });
    throw new ReplyError("WRONGPASS invalid username-password pair or user is disabled.");
  }
  client.authenticated = true;
  client.account = account;
}

function hello(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const version = helloVersion(client, args[0]);
  const options = helloOptions(args.slice(1));
  if (options.password !== undefined) authenticate(client, options.user, options.password);
  if (!client.authenticated) {
    throw new ReplyError(
      "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO " +
        "<proto> AUTH <user> <pass> option can be used to authenticate the client and select " +
        "the RESP protocol version at the same time",
    );
  }
  if (options.name !== undefined) client.name = checkedName(options.name);
  setVersion(client, reply, version);
  reply.map(7);
  reply.text("server");
  reply.text("cronosdb");
  reply.text("version");
  reply.text(redisVersion);
  reply.text("proto");
  reply.integer(version);
  reply.text("id");
  reply.integer(client.id);
  reply.text("mode");
  reply.text("cluster");
  reply.text("role");
  reply.text("master");
  reply.text("modules");
  reply.array(0);
}

function helloVersion(client: RespClient, argument: Buffer | undefined): 2 | 3 {
  if (argument === undefined) return client.version;
  const text = String(argument);
  if (!/^-?\d{1,18}$/.test(text)) {
    throw new ReplyError("ERR Protocol version is not an integer or out of range");
  }
  if (text === "2") return 2;
  if (text === "3") return 3;
  throw new ReplyError("NOPROTO unsupported protocol version");
}

interface HelloOptions {
  user: string;
  password: string | undefined;
  name: string | undefined;
}

function helloOptions(args: readonly Buffer[]): HelloOptions {
  const options: HelloOptions = { user: "default", password: undefined, name: undefined };
  for (let at = 0; at < args.length; ) {
    const option = String(args[at]);
    const left = args.length - at - 1;
    if (/^auth$/i.test(option) && left >= 2) {
      options.user = keyFromBytes(args[at + 1] as Buffer);
      options.password = keyFromBytes(args[at + 2] as Buffer);
      at += 3;
    } else if (/^setname$/i.test(option) && left >= 1) {
      options.name = String(args[at + 1]);
      at += 2;
    } else {
      throw new ReplyError(`ERR Syntax error in HELLO option '${option}'`);
    }
  }
  return options;
}

function setVersion(client: RespClient, reply: ReplyWriter, version: 2 | 3): void {
  client.version = version;
  reply.version = version;
}

/** Throws for a name with blanks or control characters: CLIENT LIST could not show it. */
export function checkedName(name: string): string {
  if (/^[!-~]*$/.test(name)) return name;
  throw new ReplyError(
    "ERR Client names cannot contain spaces, newlines or special characters.",
  );
}
