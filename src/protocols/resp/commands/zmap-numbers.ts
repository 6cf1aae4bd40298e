/**
 * Typed numbers in ordered maps: 64-bit integers, doubles, 128-bit decimals. Integers are added
 * blindly; doubles and decimals are read first, so that an overflow shows at once, and two
 * transactions that add to the same one conflict.
 */
import { decodeD128, decodeF64, decodeI64 } from "../../../models/zmap/numbers.ts";
import { encodeD128, encodeF64, encodeI64 } from "../../../models/zmap/numbers.ts";
import { incrementD128, incrementF64, incrementI64 } from "../../../models/zmap/numbers.ts";
import { parseF64, parseI64 } from "../../../models/zmap/numbers.ts";
import type { Increment } from "../../../models/zmap/numbers.ts";
import { zchange, zget, zset, zupdate } from "../../../models/zmap/zmap.ts";
import type { CommandHandler } from "../command.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { argumentAt, family, keyAt, readFast, writeFast } from "./arguments.ts";
import type { CommandRow } from "./arguments.ts";

const since = "0.2.0";

interface NumberType {
  readonly name: string;
  readonly what: string;
  readonly encode: (text: string) => Uint8Array;
  readonly increment: (text: string) => Increment;
  readonly isBlind: boolean;
  readonly reply: (reply: ReplyWriter, value: Uint8Array) => void;
}

const types: readonly NumberType[] = [
  {
    name: "I64",
    what: "64-bit integer",
    encode: (text) => encodeI64(parseI64(text)),
    increment: (text) => incrementI64(parseI64(text)),
    isBlind: true,
    reply: (reply, value) => reply.integer(decodeI64(value)),
  },
  {
    name: "F64",
    what: "double",
    encode: (text) => encodeF64(parseF64(text)),
    increment: (text) => incrementF64(parseF64(text)),
    isBlind: false,
    reply: (reply, value) => reply.double(decodeF64(value)),
  },
  {
    name: "D128",
    what: "128-bit decimal",
    encode: encodeD128,
    increment: incrementD128,
    isBlind: false,
    reply: (reply, value) => reply.text(decodeD128(value)),
  },
];

export const zmapNumberCommands = family("zmap", Object.fromEntries(types.flatMap(commandsOf)));

function commandsOf(type: NumberType): readonly (readonly [string, CommandRow])[] {
  const { name, what } = type;
  const write = { arity: 3, flags: writeFast, since };
  return [
    [`ZSET.${name}`, { ...write, summary: `Stores a ${what}`, run: setter(type) }],
    [`ZINC.${name}`, { ...write, summary: `Adds to a ${what}`, run: incrementer(type) }],
    [
      `ZGET.${name}`,
      { arity: 2, flags: readFast, since, summary: `Returns a ${what}`, run: getter(type) },
    ],
  ];
}

function setter({ encode }: NumberType): CommandHandler {
  return ({ session }, args, reply) => {
    const entry = { key: keyAt(args, 0), value: encode(argumentAt(args, 1).toString("latin1")) };
    const space = session.zmap;
    session.write((tx) => zset(tx, space, entry));
    reply.ok();
  };
}

function incrementer({ increment, isBlind }: NumberType): CommandHandler {
  return ({ session }, args, reply) => {
    const change = increment(argumentAt(args, 1).toString("latin1"));
    const key = keyAt(args, 0);
    const space = session.zmap;
    session.write((tx) => (isBlind ? zchange : zupdate)(tx, space, { key, change }));
    reply.ok();
  };
}

function getter(type: NumberType): CommandHandler {
  return ({ session }, args, reply) => {
    const space = session.zmap;
    const value = zget(session.view, space, keyAt(args, 0));
    if (value === undefined) reply.null();
    else type.reply(reply, value);
  };
}
