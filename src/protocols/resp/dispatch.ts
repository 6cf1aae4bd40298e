/**
 * From a request to its handler: the checks that come before every command, in this order.
 *
 *   known? ─ authenticated? ─ number of arguments? ─ allowed? ─ queued by MULTI? ─ handler
 */
import { isCronosError } from "../../base/errors.ts";
import { checkAccess } from "./access.ts";
import type { CommandSpec, RespClient } from "./command.ts";
import { arityError, errorText, isReply, ReplyError } from "./reply-error.ts";
import type { ReplyWriter } from "./reply-writer.ts";
import { checkSubcommand } from "./subcommands.ts";

/** A request: the command's name as it came, what it stands for, its arguments. */
export interface Request {
  readonly name: Buffer;
  readonly spec: CommandSpec | undefined;
  readonly args: readonly Buffer[];
}

/** How much of an unknown name an error shows. */
const NAME_BYTES_MAX = 128;

/** Does one command: writes its reply, or resolves once it has. Does not throw. */
export function dispatch(
  client: RespClient,
  request: Request,
  reply: ReplyWriter,
): void | Promise<void> {
  const before = reply.length;
  try {
    const spec = checked(client, request);
    client.lastCommand = spec;
    client.commands++;
    if (client.queue?.take(spec, request.args, reply) === true) return undefined;
    const done = spec.handler(client, request.args, reply);
    if (done === undefined) return undefined;
    // What was written before is on its way by the time a promise settles.
    return done.catch((error: unknown) => fail(client, { request, reply, before: 0 }, error));
  } catch (error) {
    fail(client, { request, reply, before }, error);
    return undefined;
  }
}

interface Failing {
  readonly request: Request;
  readonly reply: ReplyWriter;
  /** Length of the replies before this one. */
  readonly before: number;
}

function fail(client: RespClient, { request, reply, before }: Failing, error: unknown): void {
  reply.rewind(before);
  reply.error(errorText(error));
  if (!isReply(error) && (!isCronosError(error) || error.kind === "internal")) {
    client.server.onFault(error, request.spec?.name ?? "");
  }
}

function checked(client: RespClient, { name, spec, args }: Request): CommandSpec {
  const refusal = refusalOf(client, spec, args.length + 1);
  try {
    if (refusal !== undefined || spec === undefined) throw refusal ?? unknownCommand(name);
    if (spec.subcommands !== undefined) checkSubcommand(spec, args);
    checkAccess(client, spec, args);
    return spec;
  } catch (error) {
    client.queue?.refused();
    if (spec?.name !== "exec") throw error;
    // An EXEC that is refused ends the transaction, if there is one.
    client.queue = undefined;
    client.session.unwatch();
    const reason = errorText(error).replace(/^[A-Z]+ /, "");
    throw new ReplyError(`EXECABORT Transaction discarded because of: ${reason}`);
  }
}

function refusalOf(
  client: RespClient,
  spec: CommandSpec | undefined,
  count: number,
): ReplyError | undefined {
  if (!client.authenticated && spec?.flags.includes("no-auth") !== true) {
    return new ReplyError("NOAUTH Authentication required.");
  }
  if (spec === undefined) return undefined;
  if (client.version === 2 && !client.subscriptions.none) {
    if (!spec.flags.includes("when-subscribed")) return subscribedError(spec.name);
  }
  const { arity } = spec;
  return (arity >= 0 ? count === arity : count >= -arity) ? undefined : arityError(spec.name);
}

function unknownCommand(name: Buffer): ReplyError {
  const text = name.subarray(0, NAME_BYTES_MAX).toString("latin1").toUpperCase();
  return new ReplyError(`ERR unknown command '${text}'`);
}

function subscribedError(name: string): ReplyError {
  return new ReplyError(
    `ERR Can't execute '${name.toLowerCase()}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / ` +
      "QUIT / RESET are allowed in this context",
  );
}
