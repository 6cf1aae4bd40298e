/**
 * The rows of the series index. Every key starts with "Si" and the number of its kind; numbers
 * never change.
 *
 *   kind         key after "Si" + kind                        value
 *   0  counter   —                                            u32: the next series id
 *   1  by tags   measurement id u32, hash of the tags, 8 B    u32 each: ids of series
 *   2  by id     measurement id u32, series id u32            tags (series-tags.ts)
 *   3  posting   measurement id u32, tag key, tag value,      names and ids (below)
 *                first id u32
 *   4  members   measurement id u32, first id u32             ids (below)
 *   5  count     measurement id u32                           u32: how many series there are
 *
 * Integers big-endian in keys, little-endian in values. A posting lists the series that have a tag
 * with a value, in chunks: each holds ids larger than those of the chunk before. Tag keys and
 * values are escaped and ended (keyBytes); one longer than PART_BYTES_MAX is cut, ended by 00 02,
 * and its SHA-256 follows: its names stand whole at the start of each of its values.
 *
 *   value of a posting:  u8 0, or u8 1 and u32 length + bytes of the tag key and of the value;
 *                        then ids: the first, and differences, as LEB128
 */
import { assert } from "../../base/assert.ts";
import type { Key } from "../../base/key.ts";
import { joinKey, keyAfterPrefix, keyBytes, keyU32, keyU8, readKeyBytes } from "../../base/key.ts";
import { sha256 } from "../../base/sha256.ts";
import type { SeriesIds } from "./series-ids.ts";

/** First bytes of every row of the index. */
export const indexPrefix: Key = "Si";

/** Longest escaped tag key or value that stands whole in a key: two of them fit into one. */
const PART_BYTES_MAX = 800;

export const nextIdKey: Key = indexPrefix + keyU8(0);
const byTagsPrefix = indexPrefix + keyU8(1);
const byIdPrefix = indexPrefix + keyU8(2);
const postingPrefix = indexPrefix + keyU8(3);
const membersPrefix = indexPrefix + keyU8(4);
export const countPrefix: Key = indexPrefix + keyU8(5);

export function byTagsKey(measurementId: number, hash: string): Key {
  return joinKey(byTagsPrefix, keyU32(measurementId) + hash);
}

export function byIdKey(measurementId: number, seriesId: number): Key {
  return joinKey(byIdPrefix, keyU32(measurementId) + keyU32(seriesId));
}

/** What the keys of all postings of a measurement start with. */
export function postingsOf(measurementId: number): Key {
  return postingPrefix + keyU32(measurementId);
}

/** What the keys of a posting's chunks start with; names are binary. */
export function postingKey(measurementId: number, { key, value }: TagNames): Key {
  return postingsOf(measurementId) + keyPart(key) + keyPart(value);
}

/** What the chunks of a measurement's own list of series start with. */
export function membersOf(measurementId: number): Key {
  return membersPrefix + keyU32(measurementId);
}

export function countKey(measurementId: number): Key {
  return countPrefix + keyU32(measurementId);
}

/** What all rows of a measurement start with, one for each kind. */
export function measurementPrefixes(measurementId: number): readonly Key[] {
  const kinds = [byTagsPrefix, byIdPrefix, postingPrefix, membersPrefix, countPrefix];
  return kinds.map((kind) => kind + keyU32(measurementId));
}

/** The end of the rows whose keys start with `prefix`. */
export function prefixEnd(prefix: Key): Key {
  return keyAfterPrefix(prefix) as Key;
}

/** A tag key or value (binary) as a part of a key. */
export function keyPart(binary: string): Key {
  const whole = keyBytes(binary);
  if (whole.length <= PART_BYTES_MAX) return whole;
  // An escape is not cut in two: 00 would end the part.
  const isInEscape = whole.charCodeAt(PART_BYTES_MAX - 1) === 0;
  const cut = whole.slice(0, isInEscape ? PART_BYTES_MAX - 1 : PART_BYTES_MAX);
  return `${cut}\x00\x02${sha256(binary)}`;
}

const SHA_BYTES = 32;

/** Where the part of a key that starts at `at` ends; undefined bytes: it was cut. */
export function readKeyPart(key: Key, at: number): { bytes: string | undefined; next: number } {
  let end = at;
  for (;;) {
    end = key.indexOf("\x00", end);
    assert(end >= 0 && end + 1 < key.length, "Part of a key must be ended");
    const code = key.charCodeAt(end + 1);
    if (code === 2) return { bytes: undefined, next: end + 2 + SHA_BYTES };
    if (code === 1) return readKeyBytes(key, at);
    end += 2;
  }
}

/** Whether a tag's names have to stand in the values of its posting. */
export function isCut(binary: string): boolean {
  return binary.length * 2 > PART_BYTES_MAX && keyBytes(binary).length > PART_BYTES_MAX;
}

/** Names of a tag, binary. */
export interface TagNames {
  readonly key: string;
  readonly value: string;
}

/** The start of a posting's value. */
export function postingHead({ key, value }: TagNames): Buffer {
  if (!isCut(key) && !isCut(value)) return plainHead;
  const head = Buffer.allocUnsafe(9 + key.length + value.length);
  head[0] = 1;
  head.writeUInt32LE(key.length, 1);
  head.write(key, 5, "latin1");
  head.writeUInt32LE(value.length, 5 + key.length);
  head.write(value, 9 + key.length, "latin1");
  return head;
}

/** The head of values that name nothing. */
export const plainHead: Buffer = Buffer.from([0]);

/** The names in a posting's value, if they are there. */
export function postingNames(bytes: Uint8Array): TagNames | undefined {
  if (bytes[0] === 0) return undefined;
  const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const keyEnd = 5 + value.readUInt32LE(1);
  const valueEnd = keyEnd + 4 + value.readUInt32LE(keyEnd);
  return {
    key: value.toString("latin1", 5, keyEnd),
    value: value.toString("latin1", keyEnd + 4, valueEnd),
  };
}

/** Longest value of a head and so many ids. */
export function idsBytesMax(head: Uint8Array, count: number): number {
  return head.length + count * ID_BYTES_MAX;
}

const ID_BYTES_MAX = 5;

/** A head and ids; in `into`, if it is given, which must have idsBytesMax() bytes. */
export function encodeIds(
  head: Uint8Array,
  ids: ArrayLike<number>,
  into?: Uint8Array,
): Uint8Array {
  const bytes = into ?? new Uint8Array(idsBytesMax(head, ids.length));
  bytes.set(head);
  let at = head.length;
  let before = 0;
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number;
    let rest = id - before;
    before = id;
    while (rest >= 0x80) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
  }
  return bytes.subarray(0, at);
}

/** The ids that encodeIds wrote. */
export function decodeIds(bytes: Uint8Array): SeriesIds {
  let at = idsStart(bytes);
  const ids = new Uint32Array(bytes.length - at);
  let count = 0;
  let id = 0;
  while (at < bytes.length) {
    let shift = 0;
    let difference = 0;
    for (;;) {
      const byte = bytes[at++] as number;
      difference += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
      shift += 7;
    }
    id += difference;
    ids[count++] = id;
  }
  return ids.subarray(0, count);
}

function idsStart(bytes: Uint8Array): number {
  if (bytes[0] === 0) return 1;
  const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const keyEnd = 5 + value.readUInt32LE(1);
  return keyEnd + 4 + value.readUInt32LE(keyEnd);
}
