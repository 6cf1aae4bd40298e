/**
 * Commands whose first argument is a second name: CLIENT LIST, CONFIG GET. One row each, with the
 * number of arguments that the whole command has.
 */
import type { CommandHandler, CommandSpec, SubcommandShape } from "./command.ts";
import { arityError, ReplyError } from "./reply-error.ts";
import type { ReplyWriter } from "./reply-writer.ts";

export interface SubcommandSpec extends SubcommandShape {
  /** `args` are those behind the second name. */
  readonly handler: CommandHandler;
}

/** What every command with second words also has. */
export const helpShape: SubcommandShape = {
  name: "help",
  arity: 2,
  summary: "Prints this help",
  flags: ["loading", "stale"],
};

/** The second word's shape; undefined if there is none of this name. */
export function findSubcommand(
  { subcommands }: Pick<CommandSpec, "subcommands">,
  second: Buffer,
): SubcommandShape | undefined {
  const name = second.toString("latin1").toLowerCase();
  return name === "help" ? helpShape : subcommands?.find((each) => each.name === name);
}

/** A command as COMMAND tells it for one of its second words: `object|encoding`. */
export function asCommand(spec: CommandSpec, shape: SubcommandShape): CommandSpec {
  const { group, since, handler, name, flags } = spec;
  return { group, since, handler, flags, ...shape, name: `${name.toLowerCase()}|${shape.name}` };
}

/** Throws unless the command has the second word, and that so many arguments. */
export function checkSubcommand(spec: CommandSpec, args: readonly Buffer[]): void {
  const [second] = args;
  if (second === undefined || spec.subcommands === undefined) return;
  const subcommand = findSubcommand(spec, second);
  if (subcommand === undefined) throw unknownSubcommand(spec.name, String(second));
  const { arity, name } = subcommand;
  const count = args.length + 1;
  if (arity >= 0 ? count !== arity : count < -arity) throw arityError(`${spec.name}|${name}`);
}

/** The handler of a command that consists of subcommands. They are checked already. */
export function subcommandHandler(
  command: string,
  subcommands: readonly SubcommandSpec[],
): CommandHandler {
  const byName = new Map(subcommands.map((each) => [each.name, each]));
  return (client, args, reply) => {
    const subcommand = byName.get(String(args[0]).toLowerCase());
    if (subcommand === undefined) return help(command, subcommands, reply);
    return subcommand.handler(client, args.slice(1), reply);
  };
}

/** The error for a second name that there is not. */
function unknownSubcommand(command: string, name: string): ReplyError {
  const shown = name.slice(0, 128);
  return new ReplyError(
    `ERR unknown subcommand '${shown}'. Try ${command.toUpperCase()} HELP.`,
  );
}

function help(command: string, all: readonly SubcommandShape[], reply: ReplyWriter): void {
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

