/**
 * The rows that hold points.
 *
 *   row      key                          value
 *   chunk    "Sw", head u32, number u48   chunk.ts
 */
import type { Key } from "../../base/key.ts";
import { keyAfterPrefix, keyU32, keyU48, readKeyU32, readKeyU48 } from "../../base/key.ts";

export const chunkPrefix: Key = "Sw";

/** Start and end of all keys that begin so. */
export interface KeyRange {
  readonly start: Key;
  readonly end: Key | undefined;
}

export function rangeOf(prefix: Key): KeyRange {
  return { start: prefix, end: keyAfterPrefix(prefix) };
}

export function chunkKey(head: number, number: number): Key {
  return chunkPrefix + keyU32(head) + keyU48(number);
}

/** All chunks of a head. */
export function chunksOf(head: number): KeyRange {
  return rangeOf(chunkPrefix + keyU32(head));
}

export function readChunkKey(key: Key): { readonly head: number; readonly number: number } {
  return { head: readKeyU32(key, 2), number: readKeyU48(key, 6) };
}
