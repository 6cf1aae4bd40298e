/** What commands are made of: their tables, and arguments as the models want them. */
import type { Key } from "../../../base/key.ts";
import { parseInt64 } from "../../../models/keys/numbers.ts";
import type { CommandFlag, CommandGroup, CommandHandler } from "../command.ts";
import type { CommandSpec, KeyPositions, SubcommandShape } from "../command.ts";
import { ReplyError } from "../reply-error.ts";

/** A command of a family, in one line. Keys are those of the family unless it says otherwise. */
export interface CommandRow {
  readonly arity: number;
  readonly flags: readonly CommandFlag[];
  readonly since: string;
  readonly summary: string;
  readonly run: CommandHandler;
  readonly keys?: KeyPositions | "none";
  readonly findKeys?: (args: readonly Buffer[]) => readonly number[];
  readonly subcommands?: readonly SubcommandShape[];
}

export const readFast: readonly CommandFlag[] = ["readonly", "fast"];
export const readSlow: readonly CommandFlag[] = ["readonly"];
export const writeFast: readonly CommandFlag[] = ["write", "denyoom", "fast"];
export const writeSlow: readonly CommandFlag[] = ["write", "denyoom"];
/** Writes that make nothing larger. */
export const removeFast: readonly CommandFlag[] = ["write", "fast"];
export const removeSlow: readonly CommandFlag[] = ["write"];

export const firstKey: KeyPositions = { first: 1, last: 1, step: 1 };
export const firstTwoKeys: KeyPositions = { first: 1, last: 2, step: 1 };
export const allKeys: KeyPositions = { first: 1, last: -1, step: 1 };
export const everySecondKey: KeyPositions = { first: 1, last: -1, step: 2 };

/** The commands of a family, whose first argument is a key unless a row says otherwise. */
export function family(
  group: CommandGroup,
  rows: Readonly<Record<string, CommandRow>>,
): readonly CommandSpec[] {
  return Object.entries(rows).map(([name, { run, keys = firstKey, ...row }]) => ({
    name,
    group,
    ...row,
    ...(keys === "none" ? {} : { keys }),
    handler: run,
  }));
}

/** The argument at `at` as a key. The arity says that it is there. */
export function keyAt(args: readonly Buffer[], at: number): Key {
  return (args[at] as Buffer).toString("latin1");
}

/** The argument at `at`. The arity says that it is there. */
export function argumentAt(args: readonly Buffer[], at: number): Buffer {
  return args[at] as Buffer;
}

/** All arguments from `from` on, as keys. */
export function keysFrom(args: readonly Buffer[], from: number): Key[] {
  const keys: Key[] = [];
  for (let at = from; at < args.length; at++) keys.push(keyAt(args, at));
  return keys;
}

/** A 64-bit integer; throws "value is not an integer or out of range". */
export function int64At(args: readonly Buffer[], at: number): bigint {
  return parseInt64(argumentAt(args, at));
}

/** An integer of which only so much matters as a number can hold: positions, lengths. */
export function integerAt(args: readonly Buffer[], at: number): number {
  return Number(parseInt64(argumentAt(args, at)));
}

/** A 32-bit integer. */
export function int32At(args: readonly Buffer[], at: number): number {
  const value = integerAt(args, at);
  if (value !== (value | 0)) throw outOfRange(-0x80000000, 0x7fffffff);
  return value;
}

/** Refuses an integer that is none of those; the words are Redis'. */
export function outOfRange(lowest: number | bigint, highest: number | bigint): ReplyError {
  return new ReplyError(
    `ERR value is out of range, value must between ${lowest} and ${highest}`,
  );
}

/** Whether the argument is this word, given in capitals, in any case. */
export function isWord(argument: Buffer | undefined, word: string): boolean {
  if (argument === undefined || argument.length !== word.length) return false;
  for (let at = 0; at < word.length; at++) {
    const byte = argument[at] as number;
    const capital = byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
    if (capital !== word.charCodeAt(at)) return false;
  }
  return true;
}

/** The argument as a word in capitals, to switch on. */
export function wordAt(args: readonly Buffer[], at: number): string {
  return argumentAt(args, at).toString("latin1").toUpperCase();
}
