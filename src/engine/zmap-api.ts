/**
 * Ordered maps for users of the library: bytes to bytes, ordered by the bytes of the keys, one map
 * in each namespace. Text that is given for bytes is UTF-8.
 */
import type { MutationKind } from "../models/zmap/mutations.ts";
import type { KeySelector } from "../models/zmap/scan.ts";

export type Bytes = string | Uint8Array;

export interface ZMapEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** From `begin`, which is in the range, to `end`, which is not; default: all. */
export interface ZMapBounds {
  readonly begin?: Bytes;
  readonly end?: Bytes;
}

export interface ZMapRange extends ZMapBounds {
  /** Default 100. */
  readonly limit?: number;
  /** From the end to the begin. */
  readonly reverse?: boolean;
}

/** A number type: I64 as bigint, F64 as number, D128 as decimal text. */
export interface ZMapNumbers<T> {
  get(key: Bytes): T | undefined;
  set(key: Bytes, value: T): void;
  /** Adds; a missing value counts as zero. */
  increment(key: Bytes, delta: T): void;
}

/** A map in a running transaction: it shows the transaction's own writes. */
export interface ZMapScope {
  get(key: Bytes): Buffer | undefined;
  set(key: Bytes, value: Bytes): void;
  delete(key: Bytes): void;
  deleteRange(bounds: ZMapBounds): void;
  range(range: ZMapRange): ZMapEntry[];
  /** The key beside another one: "first_greater_than" and so on. */
  key(key: Bytes, selector: KeySelector): Buffer | undefined;
  mutate(key: Bytes, kind: MutationKind, param: Bytes): void;
  /** 64-bit integers; sums wrap. */
  readonly i64: ZMapNumbers<bigint>;
  /** Doubles; only finite ones. */
  readonly f64: ZMapNumbers<number>;
  /** Decimals of up to 34 digits. */
  readonly d128: ZMapNumbers<string>;
}

/** The same operations, each answered by a promise. */
export type Promised<T> = {
  readonly [Name in keyof T]: T[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Result>
    : Promised<T[Name]>;
};

/** Each call is a transaction of its own; it resolves when what it did or saw is durable. */
export interface ZMapApi extends Promised<ZMapScope> {
  /** Resolves when the durable value of the key is another one. Rejects when `signal` aborts. */
  watch(key: Bytes, options?: { readonly signal?: AbortSignal }): Promise<void>;
}
