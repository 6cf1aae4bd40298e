/** Commands on keys of any type: existence, names, expiry. Listings are in scan.ts. */
import {
  copyKey,
  deleteKey,
  encodingOfKey,
  expireKey,
  expiryOfKey,
  persistKey,
  renameKey,
  typeOfKey,
} from "../../../models/keys/generic.ts";
import { keyTypes } from "../../../models/keys/header.ts";
import type { KeyPositions, RespClient } from "../command.ts";
import { ReplyError, syntaxError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import {
  allKeys,
  argumentAt,
  family,
  firstTwoKeys,
  int32At,
  int64At,
  isWord,
  keyAt,
  keysFrom,
  readFast,
  readSlow,
  removeFast,
  removeSlow,
  writeSlow,
} from "./arguments.ts";
import { expireCondition, expiryTime } from "./expiry-options.ts";
import type { TimeForm } from "./expiry-options.ts";

const objectKeys: KeyPositions = { first: 2, last: 2, step: 1 };
const objectWords = [
  ["encoding", "Tells how Redis would hold the key"],
  ["freq", "Is refused: how often a key is used is not counted"],
  ["idletime", "Tells 0: when a key was used is not noted"],
  ["refcount", "Tells 1"],
] as const;

export const genericCommands = family("generic", {
  del: {
    arity: -2,
    flags: removeSlow,
    since: "1.0.0",
    summary: "Removes keys",
    keys: allKeys,
    run: del,
  },
  unlink: {
    arity: -2,
    flags: removeFast,
    since: "4.0.0",
    summary: "Removes keys",
    keys: allKeys,
    run: del,
  },
  exists: {
    arity: -2,
    flags: readFast,
    since: "1.0.0",
    summary: "Counts which of the keys are there",
    keys: allKeys,
    run: exists,
  },
  touch: {
    arity: -2,
    flags: readFast,
    since: "3.2.1",
    summary: "Counts which of the keys are there",
    keys: allKeys,
    run: exists,
  },
  type: {
    arity: 2,
    flags: readFast,
    since: "1.0.0",
    summary: "Tells what a key holds",
    run: type,
  },
  expire: {
    arity: -3,
    flags: removeFast,
    since: "1.0.0",
    summary: "Lets a key expire after so many seconds",
    run: expireAs({ unitMs: 1000, absolute: false }, "expire"),
  },
  pexpire: {
    arity: -3,
    flags: removeFast,
    since: "2.6.0",
    summary: "Lets a key expire after so many milliseconds",
    run: expireAs({ unitMs: 1, absolute: false }, "pexpire"),
  },
  expireat: {
    arity: -3,
    flags: removeFast,
    since: "1.2.0",
    summary: "Lets a key expire at a time, Unix seconds",
    run: expireAs({ unitMs: 1000, absolute: true }, "expireat"),
  },
  pexpireat: {
    arity: -3,
    flags: removeFast,
    since: "2.6.0",
    summary: "Lets a key expire at a time, Unix milliseconds",
    run: expireAs({ unitMs: 1, absolute: true }, "pexpireat"),
  },
  ttl: {
    arity: 2,
    flags: readFast,
    since: "1.0.0",
    summary: "Tells in how many seconds a key expires",
    run: tellExpiry({ unitMs: 1000, absolute: false }),
  },
  pttl: {
    arity: 2,
    flags: readFast,
    since: "2.6.0",
    summary: "Tells in how many milliseconds a key expires",
    run: tellExpiry({ unitMs: 1, absolute: false }),
  },
  expiretime: {
    arity: 2,
    flags: readFast,
    since: "7.0.0",
    summary: "Tells when a key expires, Unix seconds",
    run: tellExpiry({ unitMs: 1000, absolute: true }),
  },
  pexpiretime: {
    arity: 2,
    flags: readFast,
    since: "7.0.0",
    summary: "Tells when a key expires, Unix milliseconds",
    run: tellExpiry({ unitMs: 1, absolute: true }),
  },
  persist: {
    arity: 2,
    flags: removeFast,
    since: "2.2.0",
    summary: "Lets a key stay that would expire",
    run: persist,
  },
  rename: {
    arity: 3,
    flags: removeSlow,
    since: "1.0.0",
    summary: "Gives a key another name, whatever held that before",
    keys: firstTwoKeys,
    run: rename,
  },
  renamenx: {
    arity: 3,
    flags: removeFast,
    since: "1.0.0",
    summary: "Gives a key another name if that is free",
    keys: firstTwoKeys,
    run: renamenx,
  },
  copy: {
    arity: -3,
    flags: writeSlow,
    since: "6.2.0",
    summary: "Copies a key",
    keys: firstTwoKeys,
    run: copy,
  },
  object: {
    arity: -2,
    flags: readSlow,
    since: "2.2.3",
    summary: "Tells how a key is held",
    keys: objectKeys,
    subcommands: objectWords.map(([name, summary]) => {
      return { name, summary, arity: 3, keys: objectKeys };
    }),
    run: object,
  },
});

function del({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const at = session.keys;
  const removed = session.write((tx) => {
    let count = 0;
    for (let index = 0; index < args.length; index++) {
      if (deleteKey(tx, at, keyAt(args, index))) count++;
    }
    return count;
  });
  reply.integer(removed);
}

function exists({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const { view, keys } = session;
  reply.integer(keysFrom(args, 0).filter((key) => typeOfKey(view, keys, key) !== undefined).length);
}

function type({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const found = typeOfKey(session.view, session.keys, keyAt(args, 0));
  if (found === undefined) reply.simple("none");
  else reply.simple(found === keyTypes.string ? "string" : "hash");
}

function expireAs(form: TimeForm, command: string) {
  return ({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void => {
    const condition = expireCondition(args, 2);
    const at = session.keys;
    const expiresAt = expiryTime(int64At(args, 1), { form, now: at.now, command });
    const change = { key: keyAt(args, 0), expiresAt, condition };
    reply.integer(session.write((tx) => expireKey(tx, at, change)) ? 1 : 0);
  };
}

function tellExpiry({ unitMs, absolute }: TimeForm) {
  return ({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void => {
    const { view, keys } = session;
    const expiry = expiryOfKey(view, keys, keyAt(args, 0));
    if (expiry < 0) {
      reply.integer(expiry);
      return;
    }
    const ms = absolute ? expiry : expiry - keys.now;
    reply.integer(unitMs === 1 ? ms : Math.floor((ms + 500) / 1000));
  };
}

function persist({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const at = session.keys;
  reply.integer(session.write((tx) => persistKey(tx, at, keyAt(args, 0))) ? 1 : 0);
}

function rename({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const at = session.keys;
  const names = { from: keyAt(args, 0), to: keyAt(args, 1), onlyIfAbsent: false };
  session.write((tx) => renameKey(tx, at, names));
  reply.ok();
}

function renamenx({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const at = session.keys;
  const names = { from: keyAt(args, 0), to: keyAt(args, 1), onlyIfAbsent: true };
  reply.integer(session.write((tx) => renameKey(tx, at, names)) ? 1 : 0);
}

function copy({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  let replace = false;
  for (let index = 2; index < args.length; index++) {
    if (isWord(args[index], "REPLACE")) replace = true;
    else if (isWord(args[index], "DB") && index + 1 < args.length) {
      if (int32At(args, ++index) !== 0) throw new ReplyError("ERR DB index is out of range");
    } else throw syntaxError();
  }
  const names = { from: keyAt(args, 0), to: keyAt(args, 1), replace };
  if (names.from === names.to) {
    throw new ReplyError("ERR source and destination objects are the same");
  }
  const at = session.keys;
  reply.integer(session.write((tx) => copyKey(tx, at, names)) ? 1 : 0);
}

function object({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const word = argumentAt(args, 0).toString("latin1").toLowerCase();
  if (word === "help") {
    objectHelp(reply);
    return;
  }
  const encoding = encodingOfKey(session.view, session.keys, keyAt(args, 1));
  if (encoding === undefined) reply.null();
  else if (word === "encoding") reply.text(encoding);
  else if (word === "refcount") reply.integer(1);
  else if (word === "idletime") reply.integer(0);
  else {
    throw new ReplyError(
      "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note " +
        "that when switching between policies at runtime LRU and LFU data will take some time " +
        "to adjust.",
    );
  }
}

function objectHelp(reply: ReplyWriter): void {
  const lines = objectWords.flatMap(([name, summary]) => [
    `${name.toUpperCase()} <key>`,
    `    ${summary}.`,
  ]);
  const first = "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:";
  const text = [first, ...lines, "HELP", "    Prints this help."];
  reply.array(text.length);
  for (const line of text) reply.simple(line);
}
