/** Which arguments of a request are keys. */
import type { CommandSpec } from "./command.ts";

/** The keys among a command's arguments (without its name). */
export function keysOf(spec: CommandSpec, args: readonly Buffer[]): readonly Buffer[] {
  if (spec.findKeys !== undefined) {
    return spec.findKeys(args).map((index) => args[index]).filter((key) => key !== undefined);
  }
  if (spec.keys === undefined || spec.keys.first === 0) return [];
  const { first, last, step } = spec.keys;
  const end = last < 0 ? args.length + last : last - 1;
  const keys: Buffer[] = [];
  for (let at = first - 1; at <= end; at += step) {
    const key = args[at];
    if (key !== undefined) keys.push(key);
  }
  return keys;
}
