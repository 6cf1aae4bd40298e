/** When a key shall expire: the options and times of SET, GETEX, EXPIRE and their relatives. */
import type { ExpireCondition } from "../../../models/keys/generic.ts";
import { isInt64, parseInt64 } from "../../../models/keys/numbers.ts";
import { keyU48Max } from "../../../base/key.ts";
import { ReplyError, syntaxError } from "../reply-error.ts";
import { argumentAt, wordAt } from "./arguments.ts";

/** How a time is given. */
export interface TimeForm {
  readonly unitMs: 1 | 1000;
  /** Counted from 1970 instead of from now. */
  readonly absolute: boolean;
}

const timeForms: ReadonlyMap<string, TimeForm> = new Map([
  ["EX", { unitMs: 1000, absolute: false }],
  ["PX", { unitMs: 1, absolute: false }],
  ["EXAT", { unitMs: 1000, absolute: true }],
  ["PXAT", { unitMs: 1, absolute: true }],
]);

export interface SetWords {
  /** The time as it was given; undefined: none was. */
  time: Buffer | undefined;
  form: TimeForm | undefined;
  only: "present" | "absent" | undefined;
  get: boolean;
  keep: boolean;
  persist: boolean;
}

/** The options of SET or GETEX from `args[from]` on. Throws a syntax error. */
export function setWords(
  args: readonly Buffer[],
  from: number,
  command: "set" | "getex",
): SetWords {
  const words: SetWords = {
    time: undefined,
    form: undefined,
    only: undefined,
    get: false,
    keep: false,
    persist: false,
  };
  for (let at = from; at < args.length; at++) {
    const word = wordAt(args, at);
    const form = timeForms.get(word);
    if (form !== undefined && at + 1 < args.length && mayHave(words, form)) {
      words.form = form;
      words.time = argumentAt(args, ++at);
    } else if (!takeWord(words, word, command)) throw syntaxError();
  }
  return words;
}

/** The same form may come again: the last time counts. */
function mayHave(words: SetWords, form: TimeForm): boolean {
  return (words.form === undefined || words.form === form) && !words.keep && !words.persist;
}

function takeWord(words: SetWords, word: string, command: "set" | "getex"): boolean {
  if (command === "getex") {
    if (word !== "PERSIST" || words.form !== undefined) return false;
    words.persist = true;
    return true;
  }
  if (word === "NX" && words.only !== "present") words.only = "absent";
  else if (word === "XX" && words.only !== "absent") words.only = "present";
  else if (word === "GET") words.get = true;
  else if (word === "KEEPTTL" && words.form === undefined) words.keep = true;
  else return false;
  return true;
}

const INT64_MAX = 2n ** 63n - 1n;

export interface TimeContext {
  readonly form: TimeForm;
  /** Wall clock, Unix ms. */
  readonly now: number;
  /** For errors. */
  readonly command: string;
}

/** The time a key of SET and its relatives expires, Unix ms; it must be a positive one. */
export function futureTime(
  text: Buffer,
  { form, now, command }: TimeContext,
): number {
  const value = parseInt64(text);
  if (value <= 0n) throw invalidExpireTime(command);
  return expiryTime(value, { form, now, command });
}

/** The time that a number means, Unix ms; in the past too. */
export function expiryTime(
  value: bigint,
  { form, now, command }: TimeContext,
): number {
  const ms = value * BigInt(form.unitMs);
  const at = form.absolute ? ms : ms + BigInt(now);
  if (!isInt64(ms) || at > INT64_MAX) throw invalidExpireTime(command);
  // Rows hold times until the year 10889; before 1970 is long enough ago, however long.
  return Math.max(1, Math.min(Number(at), keyU48Max));
}

export function invalidExpireTime(command: string): ReplyError {
  return new ReplyError(`ERR invalid expire time in '${command}' command`);
}

/** The options of EXPIRE and its relatives from `args[from]` on. */
export function expireCondition(args: readonly Buffer[], from: number): ExpireCondition {
  const condition = { onlyNone: false, onlySome: false, onlyLater: false, onlyEarlier: false };
  for (let at = from; at < args.length; at++) {
    const word = wordAt(args, at);
    if (word === "NX") condition.onlyNone = true;
    else if (word === "XX") condition.onlySome = true;
    else if (word === "GT") condition.onlyLater = true;
    else if (word === "LT") condition.onlyEarlier = true;
    else throw new ReplyError(`ERR Unsupported option ${argumentAt(args, at).toString("latin1")}`);
  }
  const { onlyNone, onlySome, onlyLater, onlyEarlier } = condition;
  if (onlyNone && (onlySome || onlyLater || onlyEarlier)) {
    throw new ReplyError(
      "ERR NX and XX, GT or LT options at the same time are not compatible",
    );
  }
  if (onlyLater && onlyEarlier) {
    throw new ReplyError("ERR GT and LT options at the same time are not compatible");
  }
  return condition;
}
