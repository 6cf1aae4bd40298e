/** Commands on strings, as Redis 7 has them. Bits are in bits.ts. */
import { KeyError, decrementOverflow } from "../../../models/keys/key-error.ts";
import { bodyAt } from "../../../models/keys/header.ts";
import {
  appendString,
  findString,
  getAndDelete,
  getAndExpire,
  getString,
  getTexts,
  incrementFloat,
  incrementString,
  overwriteString,
  setAllIfAbsent,
  setString,
  setStringIf,
  substring,
} from "../../../models/keys/strings.ts";
import type { NewExpiry, SetResult } from "../../../models/keys/strings.ts";
import type { RespClient } from "../command.ts";
import { arityError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import {
  allKeys,
  argumentAt,
  everySecondKey,
  family,
  firstTwoKeys,
  int64At,
  integerAt,
  keyAt,
  keysFrom,
  readFast,
  readSlow,
  removeFast,
  writeFast,
  writeSlow,
} from "./arguments.ts";
import { futureTime, setWords } from "./expiry-options.ts";
import type { SetWords, TimeForm } from "./expiry-options.ts";
import { lcs } from "./lcs.ts";

export const stringCommands = family("string", {
  get: {
    arity: 2,
    flags: readFast,
    since: "1.0.0",
    summary: "Returns the string of a key",
    run: get,
  },
  set: {
    arity: -3,
    flags: writeSlow,
    since: "1.0.0",
    summary: "Stores a string, whatever the key held before",
    run: set,
  },
  setnx: {
    arity: 3,
    flags: writeFast,
    since: "1.0.0",
    summary: "Stores a string if the key is not there",
    run: setnx,
  },
  setex: {
    arity: 4,
    flags: writeSlow,
    since: "2.0.0",
    summary: "Stores a string that expires after so many seconds",
    run: (client, args, reply) => setExpiring(client, args, { reply, unitMs: 1000, name: "setex" }),
  },
  psetex: {
    arity: 4,
    flags: writeSlow,
    since: "2.6.0",
    summary: "Stores a string that expires after so many milliseconds",
    run: (client, args, reply) => setExpiring(client, args, { reply, unitMs: 1, name: "psetex" }),
  },
  getex: {
    arity: -2,
    flags: removeFast,
    since: "6.2.0",
    summary: "Returns the string of a key and changes when it expires",
    run: getex,
  },
  getdel: {
    arity: 2,
    flags: removeFast,
    since: "6.2.0",
    summary: "Returns the string of a key and removes the key",
    run: getdel,
  },
  getset: {
    arity: 3,
    flags: writeFast,
    since: "1.0.0",
    summary: "Stores a string and returns the one before",
    run: getset,
  },
  mget: {
    arity: -2,
    flags: readFast,
    since: "1.0.0",
    summary: "Returns the strings of several keys",
    keys: allKeys,
    run: mget,
  },
  mset: {
    arity: -3,
    flags: writeSlow,
    since: "1.0.1",
    summary: "Stores several strings at once",
    keys: everySecondKey,
    run: mset,
  },
  msetnx: {
    arity: -3,
    flags: writeSlow,
    since: "1.0.1",
    summary: "Stores several strings if none of the keys is there",
    keys: everySecondKey,
    run: msetnx,
  },
  append: {
    arity: 3,
    flags: writeFast,
    since: "2.0.0",
    summary: "Adds to the end of a string and returns its length",
    run: append,
  },
  strlen: {
    arity: 2,
    flags: readFast,
    since: "2.2.0",
    summary: "Returns the length of a string",
    run: strlen,
  },
  getrange: {
    arity: 4,
    flags: readSlow,
    since: "2.4.0",
    summary: "Returns a part of a string",
    run: getrange,
  },
  substr: {
    arity: 4,
    flags: readSlow,
    since: "1.0.0",
    summary: "Returns a part of a string: GETRANGE under its old name",
    run: getrange,
  },
  setrange: {
    arity: 4,
    flags: writeSlow,
    since: "2.2.0",
    summary: "Overwrites a part of a string and returns its length",
    run: setrange,
  },
  incr: {
    arity: 2,
    flags: writeFast,
    since: "1.0.0",
    summary: "Adds one to an integer",
    run: (client, args, reply) => increment(client, keyAt(args, 0), { reply, by: 1n }),
  },
  decr: {
    arity: 2,
    flags: writeFast,
    since: "1.0.0",
    summary: "Takes one from an integer",
    run: (client, args, reply) => increment(client, keyAt(args, 0), { reply, by: -1n }),
  },
  incrby: {
    arity: 3,
    flags: writeFast,
    since: "1.0.0",
    summary: "Adds to an integer",
    run: (client, args, reply) => {
      increment(client, keyAt(args, 0), { reply, by: int64At(args, 1) });
    },
  },
  decrby: {
    arity: 3,
    flags: writeFast,
    since: "1.0.0",
    summary: "Takes from an integer",
    run: decrby,
  },
  incrbyfloat: {
    arity: 3,
    flags: writeFast,
    since: "2.6.0",
    summary: "Adds to a floating-point number",
    run: incrbyfloat,
  },
  lcs: {
    arity: -3,
    flags: readSlow,
    since: "7.0.0",
    summary: "Finds the longest common subsequence of two strings",
    keys: firstTwoKeys,
    run: lcs,
  },
});

function get({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const row = findString(session.view, session.keys, keyAt(args, 0));
  if (row === undefined) reply.null();
  else reply.bulkFrom(row, bodyAt(row));
}

function set({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const key = keyAt(args, 0);
  const value = argumentAt(args, 1);
  const at = session.keys;
  if (args.length === 2) {
    session.write((tx) => setString(tx, at, { key, value }));
    reply.ok();
    return;
  }
  const words = setWords(args, 2, "set");
  const expiry = newExpiry(words, { now: at.now, command: "set" });
  const { only, get: wantsOld } = words;
  const options = { key, value, expiry: words.keep ? "keep" : expiry, wantsOld } as const;
  const result = session.write((tx): SetResult => {
    return setStringIf(tx, at, only === undefined ? options : { ...options, only });
  });
  if (wantsOld) reply.bulkOrNull(result.old);
  else if (result.stored) reply.ok();
  else reply.null();
}

/** The time that was asked for, or "none". */
function newExpiry(
  { time, form }: SetWords,
  { now, command }: { readonly now: number; readonly command: string },
): number | "none" {
  if (time === undefined || form === undefined) return "none";
  return futureTime(time, { form, now, command });
}

function setnx({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const at = session.keys;
  const key = keyAt(args, 0);
  const value = argumentAt(args, 1);
  const { stored } = session.write((tx) => {
    return setStringIf(tx, at, { key, value, expiry: "none", only: "absent" });
  });
  reply.integer(stored ? 1 : 0);
}

function setExpiring(
  { session }: RespClient,
  args: readonly Buffer[],
  form: { readonly reply: ReplyWriter; readonly unitMs: 1 | 1000; readonly name: string },
): void {
  const at = session.keys;
  const time: TimeForm = { unitMs: form.unitMs, absolute: false };
  const expiry = futureTime(argumentAt(args, 1), { form: time, now: at.now, command: form.name });
  const change = { key: keyAt(args, 0), value: argumentAt(args, 2), expiry };
  session.write((tx) => setStringIf(tx, at, change));
  form.reply.ok();
}

function getex({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const words = setWords(args, 1, "getex");
  const at = session.keys;
  const key = keyAt(args, 0);
  const value = getString(session.view, at, key);
  if (value === undefined || (words.form === undefined && !words.persist)) {
    reply.bulkOrNull(value);
    return;
  }
  const expiry: NewExpiry = newExpiry(words, { now: at.now, command: "getex" });
  reply.bulkOrNull(session.write((tx) => getAndExpire(tx, at, { key, expiry })));
}

function getdel({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const at = session.keys;
  reply.bulkOrNull(session.write((tx) => getAndDelete(tx, at, keyAt(args, 0))));
}

function getset({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const at = session.keys;
  const key = keyAt(args, 0);
  const value = argumentAt(args, 1);
  const { old } = session.write((tx) => {
    return setStringIf(tx, at, { key, value, expiry: "none", wantsOld: true });
  });
  reply.bulkOrNull(old);
}

function mget({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const values = getTexts(session.view, session.keys, keysFrom(args, 0));
  reply.array(values.length);
  for (const value of values) reply.bulkOrNull(value);
}

function pairsOf(args: readonly Buffer[], name: string): [string, Buffer][] {
  if (args.length % 2 !== 0) throw arityError(name);
  const pairs: [string, Buffer][] = [];
  for (let at = 0; at < args.length; at += 2) {
    pairs.push([keyAt(args, at), argumentAt(args, at + 1)]);
  }
  return pairs;
}

function mset({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const pairs = pairsOf(args, "mset");
  const at = session.keys;
  session.write((tx) => {
    for (const [key, value] of pairs) setString(tx, at, { key, value });
  });
  reply.ok();
}

function msetnx({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const pairs = pairsOf(args, "msetnx");
  const at = session.keys;
  reply.integer(session.write((tx) => setAllIfAbsent(tx, at, pairs)) ? 1 : 0);
}

function append({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const at = session.keys;
  const change = { key: keyAt(args, 0), value: argumentAt(args, 1) };
  reply.integer(session.write((tx) => appendString(tx, at, change)));
}

function strlen({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  reply.integer(getString(session.view, session.keys, keyAt(args, 0))?.length ?? 0);
}

function getrange({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const start = integerAt(args, 1);
  const end = integerAt(args, 2);
  const value = getString(session.view, session.keys, keyAt(args, 0));
  reply.bulk(value === undefined ? noBytes : substring(value, start, end));
}

function setrange({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const at = session.keys;
  const write = { key: keyAt(args, 0), offset: integerAt(args, 1), value: argumentAt(args, 2) };
  reply.integer(session.write((tx) => overwriteString(tx, at, write)));
}

function increment(
  { session }: RespClient,
  key: string,
  { reply, by }: { readonly reply: ReplyWriter; readonly by: bigint },
): void {
  const at = session.keys;
  reply.integer(session.write((tx) => incrementString(tx, at, { key, by })));
}

function decrby(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const by = int64At(args, 1);
  if (by === -(2n ** 63n)) throw new KeyError(decrementOverflow);
  increment(client, keyAt(args, 0), { reply, by: -by });
}

function incrbyfloat({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const at = session.keys;
  const change = { key: keyAt(args, 0), by: argumentAt(args, 1) };
  reply.binary(session.write((tx) => incrementFloat(tx, at, change)));
}

const noBytes = Buffer.alloc(0);
