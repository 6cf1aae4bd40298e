/** Commands on hashes, as Redis 7 has them. HSCAN is in scan.ts. */
import {
  countFields,
  deleteFields,
  getField,
  getFields,
  incrementField,
  incrementFieldFloat,
  listFields,
  setFieldIfAbsent,
  setFields,
} from "../../../models/keys/hashes.ts";
import type { Field } from "../../../models/keys/hashes.ts";
import { incrementOfNaN } from "../../../models/keys/key-error.ts";
import { parseLongDouble } from "../../../models/keys/long-double.ts";
import type { RespClient } from "../command.ts";
import { arityError, ReplyError, syntaxError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import {
  argumentAt,
  family,
  int64At,
  isWord,
  keyAt,
  keysFrom,
  outOfRange,
  readFast,
  readSlow,
  removeFast,
  writeFast,
} from "./arguments.ts";
import { hscan } from "./scan.ts";

export const hashCommands = family("hash", {
  hset: {
    arity: -4,
    flags: writeFast,
    since: "2.0.0",
    summary: "Stores fields and returns how many of them are new",
    run: (client, args, reply) => reply.integer(setAll(client, args, "hset")),
  },
  hmset: {
    arity: -4,
    flags: writeFast,
    since: "2.0.0",
    summary: "Stores fields: HSET under its old name",
    run: (client, args, reply) => {
      setAll(client, args, "hmset");
      reply.ok();
    },
  },
  hsetnx: {
    arity: 4,
    flags: writeFast,
    since: "2.0.0",
    summary: "Stores a field if it is not there",
    run: hsetnx,
  },
  hget: {
    arity: 3,
    flags: readFast,
    since: "2.0.0",
    summary: "Returns a field",
    run: hget,
  },
  hmget: {
    arity: -3,
    flags: readFast,
    since: "2.0.0",
    summary: "Returns several fields",
    run: hmget,
  },
  hgetall: {
    arity: 2,
    flags: readSlow,
    since: "2.0.0",
    summary: "Returns all fields with their names",
    run: hgetall,
  },
  hkeys: {
    arity: 2,
    flags: readSlow,
    since: "2.0.0",
    summary: "Returns the names of all fields",
    run: hkeys,
  },
  hvals: {
    arity: 2,
    flags: readSlow,
    since: "2.0.0",
    summary: "Returns all fields without their names",
    run: hvals,
  },
  hlen: {
    arity: 2,
    flags: readFast,
    since: "2.0.0",
    summary: "Returns the number of fields",
    run: ({ session }, args, reply) => {
      reply.integer(countFields(session.view, session.keys, keyAt(args, 0)));
    },
  },
  hstrlen: {
    arity: 3,
    flags: readFast,
    since: "3.2.0",
    summary: "Returns the length of a field",
    run: ({ session }, args, reply) => reply.integer(fieldOf(session, args)?.length ?? 0),
  },
  hexists: {
    arity: 3,
    flags: readFast,
    since: "2.0.0",
    summary: "Tells whether a field is there",
    run: ({ session }, args, reply) => {
      reply.integer(fieldOf(session, args) === undefined ? 0 : 1);
    },
  },
  hdel: {
    arity: -3,
    flags: removeFast,
    since: "2.0.0",
    summary: "Removes fields, and the key with the last one",
    run: hdel,
  },
  hincrby: {
    arity: 4,
    flags: writeFast,
    since: "2.0.0",
    summary: "Adds to the integer in a field",
    run: hincrby,
  },
  hincrbyfloat: {
    arity: 4,
    flags: writeFast,
    since: "2.6.0",
    summary: "Adds to the floating-point number in a field",
    run: hincrbyfloat,
  },
  hrandfield: {
    arity: -2,
    flags: readSlow,
    since: "6.2.0",
    summary: "Returns fields by chance",
    run: hrandfield,
  },
  hscan: {
    arity: -3,
    flags: readSlow,
    since: "2.8.0",
    summary: "Returns some of the fields, and where to go on",
    run: hscan,
  },
});

type KeySession = RespClient["session"];

function setAll({ session }: RespClient, args: readonly Buffer[], name: string): number {
  if (args.length % 2 !== 1) throw arityError(name);
  const fields: [string, Buffer][] = [];
  for (let index = 1; index < args.length; index += 2) {
    fields.push([keyAt(args, index), argumentAt(args, index + 1)]);
  }
  const at = session.keys;
  const key = keyAt(args, 0);
  return session.write((tx) => setFields(tx, at, { key, fields }));
}

function hsetnx({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const at = session.keys;
  const field = { key: keyAt(args, 0), name: keyAt(args, 1), value: argumentAt(args, 2) };
  reply.integer(session.write((tx) => setFieldIfAbsent(tx, at, field)) ? 1 : 0);
}

function fieldOf(session: KeySession, args: readonly Buffer[]): Buffer | undefined {
  return getField(session.view, session.keys, { key: keyAt(args, 0), name: keyAt(args, 1) });
}

function hget({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  reply.bulkOrNull(fieldOf(session, args));
}

function hmget({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const names = keysFrom(args, 1);
  const values = getFields(session.view, session.keys, { key: keyAt(args, 0), names });
  reply.array(values.length);
  for (const value of values) reply.bulkOrNull(value);
}

function allFields(session: KeySession, args: readonly Buffer[]): Field[] {
  return listFields(session.view, session.keys, { key: keyAt(args, 0) });
}

function hgetall({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const fields = allFields(session, args);
  reply.map(fields.length);
  for (const [name, value] of fields) {
    reply.binary(name);
    reply.bulk(value);
  }
}

function hkeys({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const fields = allFields(session, args);
  reply.array(fields.length);
  for (const [name] of fields) reply.binary(name);
}

function hvals({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const fields = allFields(session, args);
  reply.array(fields.length);
  for (const [, value] of fields) reply.bulk(value);
}

function hdel({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const at = session.keys;
  const removal = { key: keyAt(args, 0), names: keysFrom(args, 1) };
  reply.integer(session.write((tx) => deleteFields(tx, at, removal)));
}

function hincrby({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const at = session.keys;
  const change = { key: keyAt(args, 0), name: keyAt(args, 1), by: int64At(args, 2) };
  reply.integer(session.write((tx) => incrementField(tx, at, change)));
}

function hincrbyfloat({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const at = session.keys;
  const by = parseLongDouble(argumentAt(args, 2));
  if (by === "infinite") throw new ReplyError(incrementOfNaN);
  const change = { key: keyAt(args, 0), name: keyAt(args, 1), by };
  reply.binary(session.write((tx) => incrementFieldFloat(tx, at, change)));
}

/** Counts that are refused, as by Redis: all, and those for which values are wanted too. */
const COUNT_MAX = 2n ** 63n - 1n;
const PAIRS_MAX = COUNT_MAX / 2n;
/** Most fields of one answer when fields may repeat. */
const REPEATED_MAX = 1_000_000;

/** The count, checked with what follows it. */
function fieldCount(args: readonly Buffer[]): bigint {
  const count = int64At(args, 1);
  if (count < -COUNT_MAX) throw outOfRange(-COUNT_MAX, COUNT_MAX);
  if (args.length > 3 || (args.length === 3 && !isWord(args[2], "WITHVALUES"))) throw syntaxError();
  if (args.length === 3 && (count > PAIRS_MAX || count < -PAIRS_MAX)) {
    throw new ReplyError("ERR value is out of range");
  }
  return count;
}

function hrandfield({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const count = args.length > 1 ? fieldCount(args) : undefined;
  const withValues = args.length === 3;
  const fields = allFields(session, args);
  const { random } = session.keys.watcher;
  if (count === undefined) {
    const field = fields[random.below(Math.max(1, fields.length))];
    if (field === undefined) reply.null();
    else reply.binary(field[0]);
    return;
  }
  if (count < -BigInt(REPEATED_MAX) && fields.length > 0) {
    throw new ReplyError("ERR value is out of range");
  }
  const chosen = count < 0n ? repeated(fields, -Number(count)) : distinct(fields, Number(count));
  writeFields(chosen, reply, withValues);

  function repeated(from: readonly Field[], length: number): Field[] {
    if (from.length === 0) return [];
    return Array.from({ length }, () => from[random.below(from.length)] as Field);
  }

  /** Draws the first `length` of a shuffle. */
  function distinct(from: Field[], length: number): Field[] {
    const drawn = Math.min(length, from.length);
    for (let index = 0; index < drawn && drawn < from.length; index++) {
      const other = index + random.below(from.length - index);
      [from[index], from[other]] = [from[other] as Field, from[index] as Field];
    }
    return from.slice(0, drawn);
  }
}

function writeFields(fields: readonly Field[], reply: ReplyWriter, withValues: boolean): void {
  const isPaired = withValues && reply.version === 3;
  reply.array(withValues && !isPaired ? 2 * fields.length : fields.length);
  for (const [name, value] of fields) {
    if (isPaired) reply.array(2);
    reply.binary(name);
    if (withValues) reply.bulk(value);
  }
}
