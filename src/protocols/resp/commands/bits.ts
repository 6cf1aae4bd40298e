/** Commands on the bits of strings, as Redis 7 has them. */
import {
  bitAt,
  combineBits,
  countOnes,
  findBit,
  fitInteger,
  integerAtBit,
  putBit,
  putInteger,
} from "../../../models/keys/bits.ts";
import type { BitOperation, IntegerType, Overflow } from "../../../models/keys/bits.ts";
import { deleteKey } from "../../../models/keys/generic.ts";
import { parseInt64 } from "../../../models/keys/numbers.ts";
import { changeBytes, getString, setString } from "../../../models/keys/strings.ts";
import type { RespClient } from "../command.ts";
import { ReplyError, syntaxError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import {
  argumentAt,
  family,
  int64At,
  integerAt,
  keyAt,
  keysFrom,
  readFast,
  readSlow,
  wordAt,
  writeSlow,
} from "./arguments.ts";

export const bitCommands = family("string", {
  setbit: {
    arity: 4,
    flags: writeSlow,
    since: "2.2.0",
    summary: "Sets a bit of a string and returns what it was",
    run: setbit,
  },
  getbit: {
    arity: 3,
    flags: readFast,
    since: "2.2.0",
    summary: "Returns a bit of a string",
    run: getbit,
  },
  bitcount: {
    arity: -2,
    flags: readSlow,
    since: "2.6.0",
    summary: "Counts the bits of a string that are 1",
    run: bitcount,
  },
  bitpos: {
    arity: -3,
    flags: readSlow,
    since: "2.8.7",
    summary: "Finds the first bit that is 1, or 0",
    run: bitpos,
  },
  bitop: {
    arity: -4,
    flags: writeSlow,
    since: "2.6.0",
    summary: "Combines the bits of strings into another one",
    keys: { first: 2, last: -1, step: 1 },
    run: bitop,
  },
  bitfield: {
    arity: -2,
    flags: writeSlow,
    since: "3.2.0",
    summary: "Reads and changes integers of any width in a string",
    run: bitfield,
  },
  bitfield_ro: {
    arity: -2,
    flags: readFast,
    since: "6.0.0",
    summary: "Reads integers of any width in a string",
    run: bitfieldRo,
  },
});

const offsetError = "ERR bit offset is not an integer or out of range";
const bitError = "ERR bit is not an integer or out of range";
/** Redis' strings end here; whether ours may be so long is checked when one is written. */
const OFFSETS_END = 2n ** 32n;
const none = Buffer.alloc(0);

/** A bit's position; `#3` is that of the third integer after the first, of `width` bits. */
function offsetAt(args: readonly Buffer[], at: number, width = 0): number {
  const text = argumentAt(args, at);
  const isCounted = width > 0 && text[0] === 0x23;
  const number = parseInt64(isCounted ? text.subarray(1) : text, offsetError);
  const offset = isCounted ? number * BigInt(width) : number;
  if (offset < 0n || offset >= OFFSETS_END) throw new ReplyError(offsetError);
  return Number(offset);
}

function setbit({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const offset = offsetAt(args, 1);
  const bit = Number(parseInt64(argumentAt(args, 2), bitError));
  if (bit !== 0 && bit !== 1) throw new ReplyError(bitError);
  const key = keyAt(args, 0);
  const at = session.keys;
  const change = (bytes: Buffer): number => {
    const before = bitAt(bytes, offset);
    putBit(bytes, offset, bit);
    return before;
  };
  const lengthMin = Math.floor(offset / 8) + 1;
  reply.integer(session.write((tx) => changeBytes(tx, at, { key, lengthMin, change })));
}

function getbit({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const offset = offsetAt(args, 1);
  reply.integer(bitAt(getString(session.view, session.keys, keyAt(args, 0)) ?? none, offset));
}

/** Whether positions count bits: the word at `at`, if there is one. */
function countsBits(args: readonly Buffer[], at: number): boolean {
  if (args.length <= at) return false;
  if (args.length > at + 1) throw syntaxError();
  const word = wordAt(args, at);
  if (word !== "BIT" && word !== "BYTE") throw syntaxError();
  return word === "BIT";
}

/** The bits from one position to another; negative ones count from the end. */
function bitRange(
  bytes: Buffer,
  range: { readonly start: number; readonly end: number; readonly inBits: boolean },
): { first: number; last: number } | undefined {
  const unit = range.inBits ? 1 : 8;
  const length = (bytes.length * 8) / unit;
  const from = Math.max(0, range.start < 0 ? length + range.start : range.start);
  const to = Math.min(length - 1, Math.max(0, range.end < 0 ? length + range.end : range.end));
  if (from > to) return undefined;
  return { first: from * unit, last: (to + 1) * unit - 1 };
}

function bitcount({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const bytes = getString(session.view, session.keys, keyAt(args, 0));
  if (bytes === undefined) {
    reply.integer(0);
    return;
  }
  if (args.length === 2 || args.length > 4) throw syntaxError();
  const start = args.length === 1 ? 0 : integerAt(args, 1);
  const end = args.length === 1 ? -1 : integerAt(args, 2);
  const isEmpty = start < 0 && end < 0 && start > end;
  const range = isEmpty ? undefined : bitRange(bytes, { start, end, inBits: countsBits(args, 3) });
  reply.integer(range === undefined ? 0 : countOnes(bytes, range.first, range.last));
}

function bitpos({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const bit = integerAt(args, 1);
  if (bit !== 0 && bit !== 1) throw new ReplyError("ERR The bit argument must be 1 or 0.");
  const bytes = getString(session.view, session.keys, keyAt(args, 0));
  if (bytes === undefined) {
    reply.integer(bit === 1 ? -1 : 0);
    return;
  }
  if (args.length > 5) throw syntaxError();
  const start = args.length > 2 ? integerAt(args, 2) : 0;
  const inBits = countsBits(args, 4);
  const hasEnd = args.length > 3;
  const end = hasEnd ? integerAt(args, 3) : -1;
  const range = bitRange(bytes, { start, end, inBits });
  const found = range === undefined ? -1 : findBit(bytes, bit, range);
  // Without an end the string goes on with zeros.
  const isBehind = found < 0 && bit === 0 && !hasEnd && range !== undefined;
  reply.integer(isBehind ? bytes.length * 8 : found);
}

const operations: readonly string[] = ["AND", "OR", "XOR", "NOT"];

function bitop({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const operation = wordAt(args, 0);
  if (!operations.includes(operation)) throw syntaxError();
  if (operation === "NOT" && args.length !== 3) {
    throw new ReplyError("ERR BITOP NOT must be called with a single source key.");
  }
  const at = session.keys;
  const key = keyAt(args, 1);
  const sources = keysFrom(args, 2);
  const length = session.write((tx) => {
    const strings = sources.map((source) => getString(tx, at, source) ?? none);
    const value = combineBits(operation as BitOperation, strings);
    if (value.length > 0) setString(tx, at, { key, value });
    else deleteKey(tx, at, key);
    return value.length;
  });
  reply.integer(length);
}

/** One step of BITFIELD. */
interface FieldStep {
  readonly kind: "GET" | "SET" | "INCRBY";
  readonly type: IntegerType;
  readonly offset: number;
  readonly operand: bigint;
  readonly overflow: Overflow;
}

function bitfield(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const steps = fieldSteps(args);
  const key = keyAt(args, 0);
  const writes = steps.filter((step) => step.kind !== "GET");
  const { session } = client;
  const at = session.keys;
  if (writes.length === 0) {
    writeIntegers(readSteps(getString(session.view, at, key) ?? none, steps), reply);
    return;
  }
  const ends = writes.map(({ offset, type }) => Math.ceil((offset + type.bits) / 8));
  const lengthMin = Math.max(...ends);
  const change = (bytes: Buffer): (bigint | undefined)[] => readSteps(bytes, steps);
  writeIntegers(session.write((tx) => changeBytes(tx, at, { key, lengthMin, change })), reply);
}

function bitfieldRo(client: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const steps = fieldSteps(args);
  if (steps.some((step) => step.kind !== "GET")) {
    throw new ReplyError("ERR BITFIELD_RO only supports the GET subcommand");
  }
  const { session } = client;
  const bytes = getString(session.view, session.keys, keyAt(args, 0)) ?? none;
  writeIntegers(readSteps(bytes, steps), reply);
}

/** Does the steps, the writing ones in place; what each answers. */
function readSteps(bytes: Buffer, steps: readonly FieldStep[]): (bigint | undefined)[] {
  return steps.map(({ kind, type, offset, operand, overflow }) => {
    const before = integerAtBit(bytes, type, offset);
    if (kind === "GET") return before;
    const value = fitInteger(wanted(kind, { before, type, operand }), type, overflow);
    if (value === undefined) return undefined;
    putInteger(bytes, type, { offset, value });
    return kind === "SET" ? before : value;
  });
}

/** What a step makes of the integer; a negative one to be set where there is no sign is large. */
function wanted(
  kind: FieldStep["kind"],
  { before, type, operand }: Pick<FieldStep, "type" | "operand"> & { readonly before: bigint },
): bigint {
  if (kind !== "SET") return before + operand;
  return type.signed ? operand : BigInt.asUintN(64, operand);
}

function writeIntegers(values: readonly (bigint | undefined)[], reply: ReplyWriter): void {
  reply.array(values.length);
  for (const value of values) {
    if (value === undefined) reply.null();
    else reply.integer(value);
  }
}

const overflows: readonly string[] = ["WRAP", "SAT", "FAIL"];

function fieldSteps(args: readonly Buffer[]): FieldStep[] {
  const steps: FieldStep[] = [];
  let overflow: Overflow = "WRAP";
  for (let at = 1; at < args.length; ) {
    const kind = wordAt(args, at);
    const left = args.length - at - 1;
    if (kind === "OVERFLOW" && left >= 1) {
      const word = wordAt(args, at + 1);
      if (!overflows.includes(word)) throw new ReplyError("ERR Invalid OVERFLOW type specified");
      overflow = word as Overflow;
      at += 2;
      continue;
    }
    const isWrite = (kind === "SET" || kind === "INCRBY") && left >= 3;
    if (!isWrite && (kind !== "GET" || left < 2)) throw syntaxError();
    const type = integerType(argumentAt(args, at + 1));
    const offset = offsetAt(args, at + 2, type.bits);
    const operand = isWrite ? int64At(args, at + 3) : 0n;
    steps.push({ kind: kind as FieldStep["kind"], type, offset, operand, overflow });
    at += isWrite ? 4 : 3;
  }
  return steps;
}

function integerType(text: Buffer): IntegerType {
  const [, sign, width] = /^([iu])([1-9]\d?)$/.exec(text.toString("latin1")) ?? [];
  const bits = Number(width ?? 0);
  const signed = sign === "i";
  if (bits >= 1 && bits <= (signed ? 64 : 63)) return { signed, bits };
  throw new ReplyError(
    "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but " +
      "i64 is.",
  );
}
