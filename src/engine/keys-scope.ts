/** Redis keys inside a transaction: the operations of `tx.keys()` in db.transact(). */
import { CronosError } from "../base/errors.ts";
import { globMatches, globPrefix } from "../base/glob.ts";
import type { Key } from "../base/key.ts";
import { keyToBytes, keyU48Max } from "../base/key.ts";
import {
  deleteKey,
  expireKey,
  expiryOfKey,
  listKeys,
  persistKey,
  typeOfKey,
} from "../models/keys/generic.ts";
import { deleteFields, getField, incrementField, listFields } from "../models/keys/hashes.ts";
import { setFields } from "../models/keys/hashes.ts";
import { keyTypes } from "../models/keys/header.ts";
import type { KeyType } from "../models/keys/header.ts";
import { KeyError } from "../models/keys/key-error.ts";
import type { KeyContext } from "../models/keys/keys.ts";
import { shortened } from "../models/keys/rows.ts";
import { getString, incrementString, setStringIf } from "../models/keys/strings.ts";
import type { NewExpiry, SetOptions } from "../models/keys/strings.ts";
import type { Transaction } from "../shard/transaction.ts";
import type { ReadView } from "../store/base-tree.ts";
import type { HashScope, KeyOperations, KeyScanOptions, KeySetOptions } from "./keys-api.ts";
import type { KeysScope } from "./keys-api.ts";
import { bytesOf, keyOf } from "./zmap-scope.ts";

/** Keys that one step of a listing looks at. */
const PAGE_KEYS = 256;

/** Binds the model's operations to a running operation and a namespace's keys. */
export function keysScope(tx: Transaction, at: KeyContext): KeysScope {
  return {
    ...stringOperations(tx, at),
    ...genericOperations(tx, at),
    hash: hashOperations(tx, at),
    *scan(options = {}) {
      let from: Key | undefined = scanStart(options);
      while (from !== undefined) {
        const page: ScanPage = scanPage(tx, at, { from, options });
        yield* page.keys;
        from = page.next;
      }
    },
  };
}

/** Part of a listing: the keys, and where to go on; undefined at the end. */
export interface ScanPage {
  readonly keys: readonly Buffer[];
  readonly next: Key | undefined;
}

/** Where in the rows a listing starts. */
export function scanStart({ after }: KeyScanOptions): Key {
  return after === undefined ? "" : `${shortened(keyOf(after))}\0`;
}

/** The next part of a listing. */
export function scanPage(
  view: ReadView,
  at: KeyContext,
  { from, options }: { readonly from: Key; readonly options: KeyScanOptions },
): ScanPage {
  const { type } = options;
  const match = options.match === undefined ? undefined : keyOf(options.match);
  // Rows that come before what the pattern starts with need not be looked at.
  const first = match === undefined ? "" : shortened(globPrefix(match)).slice(0, PREFIX_BYTES_MAX);
  const start = from > first ? from : first;
  const { keys, next } = listKeys(view, at, { from: start, limit: PAGE_KEYS });
  const isBehind = next !== undefined && next.slice(0, first.length) > first;
  const wanted = keys.filter((each) => {
    const isType = type === undefined || keyTypes[type] === each.type;
    return isType && (match === undefined || globMatches(match, each.key));
  });
  return { keys: wanted.map(({ key }) => keyToBytes(key)), next: isBehind ? undefined : next };
}

/** Bytes of a key that stand in its row as they are, however long it is. */
const PREFIX_BYTES_MAX = 800;

function stringOperations(
  tx: Transaction,
  at: KeyContext,
): Pick<KeyOperations, "get" | "set" | "increment"> {
  return {
    get: (key) => inOurWords(() => copyOf(getString(tx, at, keyOf(key)))),
    set: (key, value, options = {}) => {
      const rules = setRules(options, at.now);
      return inOurWords(() => {
        const request = { ...rules, key: keyOf(key), value: bytesOf(value) };
        const { stored, old } = setStringIf(tx, at, request);
        return { stored, old: copyOf(old) };
      });
    },
    increment: (key, by = 1n) => inOurWords(() => incrementString(tx, at, { key: keyOf(key), by })),
  };
}

function genericOperations(
  tx: Transaction,
  at: KeyContext,
): Omit<KeyOperations, "get" | "set" | "increment" | "hash"> {
  return {
    delete: (...keys) => keys.filter((key) => deleteKey(tx, at, keyOf(key))).length,
    exists: (...keys) => {
      return keys.filter((key) => typeOfKey(tx, at, keyOf(key)) !== undefined).length;
    },
    expire: (key, ms) => {
      const expiresAt = expiryAfter("ms", ms, { unitMs: 1, now: at.now, min: 0 });
      return expireKey(tx, at, { key: keyOf(key), expiresAt, condition: {} });
    },
    ttl: (key) => {
      const expiry = expiryOfKey(tx, at, keyOf(key));
      if (expiry === -2) return undefined;
      return expiry === -1 ? Number.POSITIVE_INFINITY : expiry - at.now;
    },
    persist: (key) => persistKey(tx, at, keyOf(key)),
    type: (key) => {
      const type = typeOfKey(tx, at, keyOf(key));
      return type === undefined ? undefined : typeNames[type];
    },
  };
}

const typeNames: Readonly<Record<KeyType, "string" | "hash">> = { 1: "string", 2: "hash" };

function hashOperations(tx: Transaction, at: KeyContext): HashScope {
  return {
    get: (key, field) => {
      return inOurWords(() => copyOf(getField(tx, at, { key: keyOf(key), name: keyOf(field) })));
    },
    set: (key, fields) => {
      const pairs = Object.entries(fields).map(([field, value]) => {
        return [keyOf(field), bytesOf(value)] as const;
      });
      if (pairs.length === 0) return 0;
      return inOurWords(() => setFields(tx, at, { key: keyOf(key), fields: pairs }));
    },
    delete: (key, ...fields) => {
      return inOurWords(() => deleteFields(tx, at, { key: keyOf(key), names: fields.map(keyOf) }));
    },
    getAll: (key) => {
      const fields = inOurWords(() => listFields(tx, at, { key: keyOf(key) }));
      return fields.map(([name, value]) => {
        return { field: keyToBytes(name), value: Buffer.from(value) };
      });
    },
    increment: (key, field, by = 1n) => {
      const change = { key: keyOf(key), name: keyOf(field), by };
      return inOurWords(() => incrementField(tx, at, change));
    },
  };
}

function setRules(options: KeySetOptions, now: number): SetOptions {
  const { ex, px, keepTtl, nx, xx, get } = options;
  if (Number(ex !== undefined) + Number(px !== undefined) + Number(keepTtl === true) > 1) {
    throw new CronosError("INVALID_ARGUMENT", "Set takes at most one of ex, px and keepTtl");
  }
  if (nx === true && xx === true) {
    throw new CronosError("INVALID_ARGUMENT", "Set takes at most one of nx and xx");
  }
  let expiry: NewExpiry = keepTtl === true ? "keep" : "none";
  if (ex !== undefined) expiry = expiryAfter("ex", ex, { unitMs: 1000, now, min: 1 });
  if (px !== undefined) expiry = expiryAfter("px", px, { unitMs: 1, now, min: 1 });
  return {
    expiry,
    ...(nx === true ? { only: "absent" } : {}),
    ...(xx === true ? { only: "present" } : {}),
    wantsOld: get === true,
  };
}

/** The Unix time, ms, so long after now. */
function expiryAfter(
  name: string,
  value: number,
  { unitMs, now, min }: { readonly unitMs: number; readonly now: number; readonly min: number },
): number {
  if (Number.isSafeInteger(value) && value >= min) return Math.min(now + value * unitMs, keyU48Max);
  throw new CronosError(
    "INVALID_ARGUMENT",
    `Expiry ${name} must be an integer, ${min} or more: got ${value}`,
  );
}

/** Runs it; errors in Redis' words become ours, which keep the first word for RESP. */
function inOurWords<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    const [, word = "ERR", rest = error.message] = /^([A-Z]+) ([^]*)$/.exec(error.message) ?? [];
    const message = rest.charAt(0).toUpperCase() + rest.slice(1);
    throw new CronosError("INVALID_ARGUMENT", message, { cause: error, details: { word } });
  }
}

function copyOf(bytes: Uint8Array | undefined): Buffer | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes);
}
