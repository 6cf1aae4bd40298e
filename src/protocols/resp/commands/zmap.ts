/** Commands on ordered maps: bytes to bytes, in the order of the keys, one map per namespace. */
import { estimateSize } from "../../../models/zmap/estimate-size.ts";
import { mutation, mutationKinds } from "../../../models/zmap/mutations.ts";
import { keySelectors, selectKey } from "../../../models/zmap/scan.ts";
import type { KeySelector } from "../../../models/zmap/scan.ts";
import { zchange, zdel, zdelRange, zget, zgetRange, zset } from "../../../models/zmap/zmap.ts";
import type { Key } from "../../../base/key.ts";
import type { RespClient } from "../command.ts";
import { arityError, notAnInteger, ReplyError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { argumentAt, family, keyAt, readFast, readSlow, removeFast } from "./arguments.ts";
import { removeSlow, wordAt, writeFast } from "./arguments.ts";

const since = "0.2.0";

/** Most arguments of ZGETRANGE: two ends, three options with a value, REVERSE. */
const RANGE_ARGUMENTS_MAX = 9;

export const zmapCommands = family("zmap", {
  ZSET: {
    arity: 3,
    flags: writeFast,
    since,
    summary: "Stores a value under a key",
    run: ({ session }, args, reply) => {
      const entry = { key: keyAt(args, 0), value: argumentAt(args, 1) };
      const space = session.zmap;
      session.write((tx) => zset(tx, space, entry));
      reply.ok();
    },
  },
  ZGET: {
    arity: 2,
    flags: readFast,
    since,
    summary: "Returns the value under a key",
    run: ({ session }, args, reply) => {
      const space = session.zmap;
      reply.bulkOrNull(zget(session.view, space, keyAt(args, 0)));
    },
  },
  ZDEL: {
    arity: 2,
    flags: removeFast,
    since,
    summary: "Deletes a key, if it is there",
    run: ({ session }, args, reply) => {
      const space = session.zmap;
      session.write((tx) => zdel(tx, space, keyAt(args, 0)));
      reply.ok();
    },
  },
  ZDELRANGE: {
    arity: 3,
    flags: removeSlow,
    since,
    summary: "Deletes the keys from one, which is included, to another, which is not",
    keys: "none",
    run: ({ session }, args, reply) => {
      const space = session.zmap;
      session.write((tx) => zdelRange(tx, space, { begin: endAt(args, 0), end: endAt(args, 1) }));
      reply.ok();
    },
  },
  ZGETRANGE: {
    arity: -3,
    flags: readSlow,
    since,
    summary: "Returns keys and values from one key to another, in order",
    keys: "none",
    run: getRange,
  },
  ZGETKEY: {
    arity: -2,
    flags: readFast,
    since,
    summary: "Returns the key beside another one that a selector says",
    run: getKey,
  },
  ZGETRANGESIZE: {
    arity: 3,
    flags: readSlow,
    since,
    summary: "Estimates the bytes of a range",
    keys: "none",
    run: ({ session }, args, reply) => {
      const space = session.zmap;
      const range = { begin: endAt(args, 0), end: endAt(args, 1) };
      reply.integer(estimateSize(session.view, space, range));
    },
  },
  ZMUTATE: {
    arity: 4,
    flags: writeFast,
    since,
    summary: "Changes a value by a parameter, without conflicts",
    run: mutate,
  },
});

/** An end of a range; `*` is open. */
function endAt(args: readonly Buffer[], at: number): Key | undefined {
  const end = keyAt(args, at);
  return end === "*" ? undefined : end;
}

interface RangeOptions {
  readonly limit?: number;
  readonly reverse?: boolean;
  readonly beginSelector?: KeySelector;
  readonly endSelector?: KeySelector;
}

function getRange({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  if (args.length > RANGE_ARGUMENTS_MAX) throw arityError("ZGETRANGE");
  const space = session.zmap;
  const entries = zgetRange(session.view, space, {
    begin: endAt(args, 0),
    end: endAt(args, 1),
    ...rangeOptions(args),
  });
  reply.array(entries.length);
  for (const { key, value } of entries) {
    reply.array(2);
    reply.binary(key);
    reply.bulk(value);
  }
}

function rangeOptions(args: readonly Buffer[]): RangeOptions {
  const options: { -readonly [Name in keyof RangeOptions]: RangeOptions[Name] } = {};
  for (let at = 2; at < args.length; at++) {
    const word = optionAt(args, at);
    switch (word) {
      case "LIMIT":
        refuseTwice(word, options.limit);
        options.limit = limitAt(args, ++at);
        break;
      case "REVERSE":
        refuseTwice(word, options.reverse);
        options.reverse = true;
        break;
      case "BEGIN_KEY_SELECTOR":
        refuseTwice(word, options.beginSelector);
        options.beginSelector = selectorAt(args, ++at);
        break;
      case "END_KEY_SELECTOR":
        refuseTwice(word, options.endSelector);
        options.endSelector = selectorAt(args, ++at);
        break;
      default:
        throw unknownArgument(args, at);
    }
  }
  return options;
}

function getKey({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  if (args.length > 3) throw arityError("ZGETKEY");
  let selector: KeySelector = "first_greater_or_equal";
  if (args.length > 1) {
    if (optionAt(args, 1) !== "KEY_SELECTOR") throw unknownArgument(args, 1);
    selector = selectorAt(args, 2);
  }
  const space = session.zmap;
  const found = selectKey(session.view, space, { key: keyAt(args, 0), selector });
  if (found === undefined) reply.null();
  else reply.binary(found);
}

function mutate({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const word = wordAt(args, 2);
  const kind = mutationKinds.find((known) => known === word);
  if (kind === undefined) {
    throw new ReplyError(`ERR Unknown mutation type: '${argumentAt(args, 2).toString("latin1")}'`);
  }
  // A copy: the argument is a view of what arrived, and a transaction may keep it for long.
  const param = Buffer.from(argumentAt(args, 1));
  const change = { key: keyAt(args, 0), change: mutation(kind, param), heldBytes: param.length };
  const space = session.zmap;
  session.write((tx) => zchange(tx, space, change));
  reply.ok();
}

/** The word of an option; both ways of joining its parts are known. */
function optionAt(args: readonly Buffer[], at: number): string {
  return wordAt(args, at).replaceAll("-", "_");
}

function refuseTwice(word: string, before: unknown): void {
  if (before !== undefined) throw new ReplyError(`ERR Duplicate '${word}' argument`);
}

function unknownArgument(args: readonly Buffer[], at: number): ReplyError {
  return new ReplyError(`ERR Unknown '${argumentAt(args, at).toString("latin1")}' argument`);
}

function limitAt(args: readonly Buffer[], at: number): number {
  const text = args[at]?.toString("latin1");
  if (text !== undefined && !/^[+-]?\d{1,10}$/.test(text)) throw notAnInteger();
  const limit = Number(text);
  if (limit > 0) return limit;
  throw new ReplyError("ERR LIMIT argument must be followed by a positive integer");
}

function selectorAt(args: readonly Buffer[], at: number): KeySelector {
  if (args[at] === undefined) {
    const option = argumentAt(args, at - 1).toString("latin1");
    throw new ReplyError(`ERR ${option} argument must be followed by a valid key selector`);
  }
  const word = wordAt(args, at).toLowerCase();
  const selector = keySelectors.find((known) => known === word);
  if (selector !== undefined) return selector;
  throw new ReplyError(`ERR Unknown key selector: '${argumentAt(args, at).toString("latin1")}'`);
}
