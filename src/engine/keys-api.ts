/**
 * Redis keys for users of the library: strings and hashes with expiry, one keyspace in each
 * namespace, the same that RESP clients see. Text that is given for bytes is UTF-8.
 */
import type { Bytes, Promised } from "./zmap-api.ts";

export interface KeySetOptions {
  /** Expires after so many seconds; at most one of `ex`, `px`, `keepTtl`. */
  readonly ex?: number;
  /** Expires after so many milliseconds. */
  readonly px?: number;
  /** Keeps the expiry that the key has; otherwise a key that is set loses it. */
  readonly keepTtl?: boolean;
  /** Only if the key is not there. */
  readonly nx?: boolean;
  /** Only if the key is there. */
  readonly xx?: boolean;
  /** Tells the value that was there; an error if that is not a string. */
  readonly get?: boolean;
}

export interface KeySetResult {
  /** False when `nx` or `xx` was in the way. */
  readonly stored: boolean;
  /** With `get`: the value that was there. */
  readonly old: Buffer | undefined;
}

export interface HashEntry {
  readonly field: Buffer;
  readonly value: Buffer;
}

export interface KeyScanOptions {
  /** A pattern as Redis matches it: * ? [a-z] \x. */
  readonly match?: string;
  readonly type?: "string" | "hash";
  /** Only keys behind this one. */
  readonly after?: Bytes;
}

/** Hashes. The last field that is deleted takes the key with it. */
export interface HashScope {
  get(key: Bytes, field: Bytes): Buffer | undefined;
  /** Tells how many of the fields are new. */
  set(key: Bytes, fields: Readonly<Record<string, Bytes>>): number;
  /** Tells how many were there. */
  delete(key: Bytes, ...fields: Bytes[]): number;
  /** Ordered by the fields' bytes; empty when there is no such key. */
  getAll(key: Bytes): HashEntry[];
  /** Adds to a 64-bit integer, 1 by default; a missing field counts as zero. The new value. */
  increment(key: Bytes, field: Bytes, by?: bigint): bigint;
}

/** What goes over a network and what is a promise of everything: all but listings. */
export interface KeyOperations {
  get(key: Bytes): Buffer | undefined;
  set(key: Bytes, value: Bytes, options?: KeySetOptions): KeySetResult;
  /** Tells how many were there. */
  delete(...keys: Bytes[]): number;
  /** Tells how many are there; one that is named twice counts twice. */
  exists(...keys: Bytes[]): number;
  /** The key goes after so many milliseconds. Tells whether it is there. */
  expire(key: Bytes, ms: number): boolean;
  /** Milliseconds left; Infinity for a key that stays, undefined when there is none. */
  ttl(key: Bytes): number | undefined;
  /** Makes the key stay. Tells whether it would have gone. */
  persist(key: Bytes): boolean;
  /** Adds to a 64-bit integer, 1 by default; a missing key counts as zero. The new value. */
  increment(key: Bytes, by?: bigint): bigint;
  type(key: Bytes): "string" | "hash" | undefined;
  readonly hash: HashScope;
}

/** Keys in a running transaction: they show the transaction's own writes. */
export interface KeysScope extends KeyOperations {
  /** Ordered by the keys' bytes. Read it before the transaction's function returns. */
  scan(options?: KeyScanOptions): Iterable<Buffer>;
}

/** Each call is a transaction of its own; it resolves when what it did or saw is durable. */
export interface KeysApi extends Promised<KeyOperations> {
  /**
   * Ordered by the keys' bytes, read in steps: a key that is there all the time is among them, one
   * that comes or goes meanwhile may be.
   */
  scan(options?: KeyScanOptions): AsyncIterable<Buffer>;
}
