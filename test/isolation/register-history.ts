/**
 * Histories over registers, turned into histories over list-append.
 *
 * Every value is written once, and who writes a register tells what was in it before. So the values
 * of a register form a chain, and to read a value is to read the list of those up to it.
 */
import type { CommittedTransaction, Step } from "./history-checker.ts";

/** undefined: the register was empty. */
export type RegisterStep =
  | { readonly kind: "get"; readonly key: string; readonly value: string | undefined }
  | {
      readonly kind: "set";
      readonly key: string;
      readonly value: string;
      readonly before: string | undefined;
    };

export interface RegisterTransaction extends Omit<CommittedTransaction, "steps"> {
  readonly steps: readonly RegisterStep[];
}

/** The same history over lists; words when two values replaced the same one. */
export function registersAsLists(
  history: readonly RegisterTransaction[],
): readonly CommittedTransaction[] | string {
  const before = new Map<string, string | undefined>();
  const replacedBy = new Map<string, string>();
  for (const step of history.flatMap(({ steps }) => steps)) {
    if (step.kind !== "set") continue;
    before.set(step.value, step.before);
    const place = `${step.key} ${step.before ?? ""}`;
    const other = replacedBy.get(place);
    if (other !== undefined) {
      return `lost update of ${step.key}: ${other} and ${step.value} replaced ${step.before}`;
    }
    replacedBy.set(place, step.value);
  }
  const listUpTo = (value: string | undefined): string[] => {
    const list: string[] = [];
    for (let at = value; at !== undefined; at = before.get(at)) list.push(at);
    return list.toReversed();
  };
  const asList = (step: RegisterStep): readonly Step[] => {
    const { key, value } = step;
    if (step.kind === "get") return [{ kind: "read", key, list: listUpTo(value) }];
    const read: Step = { kind: "read", key, list: listUpTo(step.before) };
    return [read, { kind: "append", key, value: step.value }];
  };
  return history.map(({ steps, ...rest }) => ({ ...rest, steps: steps.flatMap(asList) }));
}
