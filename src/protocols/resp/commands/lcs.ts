/** LCS: the longest common subsequence of two strings. */
import { typeOfKey } from "../../../models/keys/generic.ts";
import { keyTypes } from "../../../models/keys/header.ts";
import { findMatches, lcsTable, subsequence } from "../../../models/keys/lcs.ts";
import { getString } from "../../../models/keys/strings.ts";
import type { RespClient } from "../command.ts";
import { ReplyError, syntaxError } from "../reply-error.ts";
import type { ReplyWriter } from "../reply-writer.ts";
import { integerAt, keyAt, wordAt } from "./arguments.ts";

/** Cells of the table: it is filled in one go, in some tenths of a second. */
const CELLS_MAX = 32 * 1024 * 1024;

export function lcs({ session }: RespClient, args: readonly Buffer[], reply: ReplyWriter): void {
  const [first, second] = [0, 1].map((at) => {
    const key = keyAt(args, at);
    const type = typeOfKey(session.view, session.keys, key);
    if (type !== undefined && type !== keyTypes.string) {
      throw new ReplyError("ERR The specified keys must contain string values");
    }
    return getString(session.view, session.keys, key) ?? Buffer.alloc(0);
  }) as [Buffer, Buffer];
  const options = lcsOptions(args);
  if ((first.length + 1) * (second.length + 1) > CELLS_MAX) {
    throw new ReplyError(
      "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
    );
  }
  const table = lcsTable(first, second);
  if (options.length) reply.integer(table.length);
  else if (options.indexes) writeMatches(table, options, reply);
  else reply.bulk(subsequence(table));
}

interface LcsOptions {
  length: boolean;
  indexes: boolean;
  withLength: boolean;
  lengthMin: number;
}

function lcsOptions(args: readonly Buffer[]): LcsOptions {
  const options = { length: false, indexes: false, withLength: false, lengthMin: 0 };
  for (let at = 2; at < args.length; at++) {
    const word = wordAt(args, at);
    if (word === "IDX") options.indexes = true;
    else if (word === "LEN") options.length = true;
    else if (word === "WITHMATCHLEN") options.withLength = true;
    else if (word === "MINMATCHLEN" && at + 1 < args.length) {
      options.lengthMin = Math.max(0, integerAt(args, ++at));
    } else throw syntaxError();
  }
  if (options.length && options.indexes) {
    throw new ReplyError("ERR If you want both the length and indexes, please just use IDX.");
  }
  return options;
}

function writeMatches(
  table: ReturnType<typeof lcsTable>,
  { lengthMin, withLength }: LcsOptions,
  reply: ReplyWriter,
): void {
  const matches = findMatches(table).filter((match) => match.length >= lengthMin);
  reply.map(2);
  reply.text("matches");
  reply.array(matches.length);
  for (const { first, second, length } of matches) {
    reply.array(withLength ? 3 : 2);
    for (const start of [first, second]) {
      reply.array(2);
      reply.integer(start);
      reply.integer(start + length - 1);
    }
    if (withLength) reply.integer(length);
  }
  reply.text("len");
  reply.integer(table.length);
}
