/** Ordered maps inside a transaction: the operations of `tx.zmap()` in db.transact(). */
import { CronosError } from "../base/errors.ts";
import type { Key } from "../base/key.ts";
import { keyFromBytes, keyToBytes } from "../base/key.ts";
import { mutation } from "../models/zmap/mutations.ts";
import { decodeD128, decodeF64, decodeI64, encodeD128 } from "../models/zmap/numbers.ts";
import { encodeF64, encodeI64, incrementD128, incrementF64 } from "../models/zmap/numbers.ts";
import { incrementI64 } from "../models/zmap/numbers.ts";
import type { Increment } from "../models/zmap/numbers.ts";
import type { ZSpace } from "../models/zmap/rows.ts";
import { selectKey } from "../models/zmap/scan.ts";
import { zchange, zdel, zdelRange, zget, zgetRange, zset, zupdate } from "../models/zmap/zmap.ts";
import type { Transaction } from "../shard/transaction.ts";
import type { Bytes, ZMapNumbers, ZMapRange, ZMapScope } from "./zmap-api.ts";

/** Binds the model's operations to a running operation and a namespace's rows. */
export function zmapScope(tx: Transaction, space: ZSpace): ZMapScope {
  return {
    get: (key) => optionalBuffer(zget(tx, space, keyOf(key))),
    set: (key, value) => zset(tx, space, { key: keyOf(key), value: bytesOf(value) }),
    delete: (key) => zdel(tx, space, keyOf(key)),
    deleteRange: ({ begin, end }) => {
      zdelRange(tx, space, { begin: optionalKey(begin), end: optionalKey(end) });
    },
    range: (range) => {
      const entries = zgetRange(tx, space, rangeOf(range));
      return entries.map(({ key, value }) => ({ key: keyToBytes(key), value: bufferOf(value) }));
    },
    key: (key, selector) => {
      const found = selectKey(tx, space, { key: keyOf(key), selector });
      return found === undefined ? undefined : keyToBytes(found);
    },
    mutate: (key, kind, param) => {
      zchange(tx, space, { key: keyOf(key), change: mutation(kind, bytesOf(param)) });
    },
    i64: numbers(tx, space, { decode: decodeI64, encode: encodeI64, increment: incrementI64 }),
    f64: numbers(tx, space, { decode: decodeF64, encode: encodeF64, increment: incrementF64 }),
    d128: numbers(tx, space, { decode: decodeD128, encode: encodeD128, increment: incrementD128 }),
  };
}

interface NumberFormat<T> {
  readonly decode: (value: Uint8Array) => T;
  readonly encode: (value: T) => Uint8Array;
  readonly increment: (delta: T) => Increment;
}

function numbers<T>(tx: Transaction, space: ZSpace, format: NumberFormat<T>): ZMapNumbers<T> {
  return {
    get: (key) => {
      const value = zget(tx, space, keyOf(key));
      return value === undefined ? undefined : format.decode(value);
    },
    set: (key, value) => zset(tx, space, { key: keyOf(key), value: format.encode(value) }),
    increment: (key, delta) => {
      zupdate(tx, space, { key: keyOf(key), change: format.increment(delta) });
    },
  };
}

/** Ends excluded where selectors would include them. */
function rangeOf({ begin, end, limit, reverse }: ZMapRange): Parameters<typeof zgetRange>[2] {
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw new CronosError("INVALID_ARGUMENT", `Limit must be an integer above 0: got ${limit}`);
  }
  return {
    begin: optionalKey(begin),
    end: optionalKey(end),
    endSelector: "first_greater_or_equal",
    limit,
    reverse,
  };
}

/** A key as the rows have it. */
export function keyOf(bytes: Bytes): Key {
  return keyFromBytes(bytesOf(bytes));
}

function optionalKey(bytes: Bytes | undefined): Key | undefined {
  return bytes === undefined ? undefined : keyOf(bytes);
}

/** Text as UTF-8. */
export function bytesOf(bytes: Bytes): Uint8Array {
  return typeof bytes === "string" ? Buffer.from(bytes, "utf8") : bytes;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes);
}

function optionalBuffer(bytes: Uint8Array | undefined): Buffer | undefined {
  return bytes === undefined ? undefined : bufferOf(bytes);
}
