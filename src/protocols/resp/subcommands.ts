/**
 * Commands whose first argument is a second name: CLIENT LIST, CONFIG GET. One row each, with the
 * number of arguments that the whole command has.
 */
import type { CommandHandler } from "./command.ts";
import { arityError, ReplyError } from "./reply-error.ts";
import type { ReplyWriter } from "./reply-writer.ts";

export interface SubcommandSpec {
  /** In small letters. */
  readonly name: string;
  /** Number of arguments with both names; negative: at least so many. */
  readonly arity: number;
  readonly summary: string;
  /** `args` are those behind the second name. */
  readonly handler: CommandHandler;
}

/** The handler of a command that consists of subcommands, HELP among them. */
export function subcommandHandler(
  command: string,
  subcommands: readonly SubcommandSpec[],
): CommandHandler {
  const byName = new Map(subcommands.map((each) => [each.name, each]));
  return (client, args, reply) => {
    const name = String(args[0]).toLowerCase();
    const subcommand = byName.get(name);
    if (subcommand === undefined) {
      if (name === "help" && args.length === 1) return help(command, subcommands, reply);
      throw unknownSubcommand(command, String(args[0]));
    }
    const count = args.length + 1;
    const { arity } = subcommand;
    if (arity >= 0 ? count !== arity : count < -arity) throw arityError(`${command}|${name}`);
    return subcommand.handler(client, args.slice(1), reply);
  };
}

/** The error for a second name that there is not. */
export function unknownSubcommand(command: string, name: string): ReplyError {
  const shown = name.slice(0, 128);
  return new ReplyError(
    `ERR unknown subcommand '${shown}'. Try ${command.toUpperCase()} HELP.`,
  );
}

function help(command: string, all: readonly SubcommandSpec[], reply: ReplyWriter): void {
  const lines = all.flatMap(({ name, summary }) => [name.toUpperCase(), `    ${summary}.`]);
  const own = ["HELP", "    Prints this help."];
  const first = `${command.toUpperCase()} <subcommand> [<arg> ...]. Subcommands are:`;
  const text = [first, ...lines, ...own];
  reply.array(text.length);
  for (const line of text) reply.simple(line);
}

/** Writes an array of texts. */
export function replyTexts(reply: ReplyWriter, texts: readonly string[]): void {
  reply.array(texts.length);
  for (const text of texts) reply.text(text);
}

/** Writes a map of texts and numbers. */
export function replyMap(
  reply: ReplyWriter,
  entries: readonly (readonly [string, string | number])[],
): void {
  reply.map(entries.length);
  for (const [key, value] of entries) {
    reply.text(key);
    if (typeof value === "number") reply.integer(value);
    else reply.text(value);
  }
}

