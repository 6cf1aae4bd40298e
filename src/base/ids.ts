/**
 * Branded numbers that cross layers, so that one cannot be passed for another.
 * One door in (the function), arithmetic gives a plain number back.
 */
import { assert } from "./assert.ts";

declare const tag: unique symbol;
type Brand<T, Name extends string> = T & { readonly [tag]: Name };

/** Dense position of a record in its shard's log; the first record has index 1, 0 means "none". */
export type LogIndex = Brand<number, "LogIndex">;
/** Leadership number stored in every record; only grows. */
export type Epoch = Brand<number, "Epoch">;
/** Unix milliseconds as the machine's wall clock tells them; may step in both directions. */
export type WallTimeMs = Brand<number, "WallTimeMs">;
/** Unix ms on a shard's own clock: max(wall clock, last record's time); never goes back. */
export type ShardTimeMs = Brand<number, "ShardTimeMs">;

/** Names `value` a log index. */
export function logIndex(value: number): LogIndex {
  assert(Number.isSafeInteger(value) && value >= 0, "Log index must be a safe integer, 0 or more");
  return value as LogIndex;
}

/** Names `value` an epoch. */
export function epoch(value: number): Epoch {
  assert(Number.isInteger(value) && value >= 0 && value <= 0xffffffff, "Epoch must fit in 32 bits");
  return value as Epoch;
}

/** Names `value` a wall-clock time in Unix ms. */
export function wallTimeMs(value: number): WallTimeMs {
  return value as WallTimeMs;
}

/** Names `value` a shard time in Unix ms. */
export function shardTimeMs(value: number): ShardTimeMs {
  return value as ShardTimeMs;
}
