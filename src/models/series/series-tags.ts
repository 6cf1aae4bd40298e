/**
 * The tags of a series, as it is stored and as people write it. Stored: ascending by the bytes of
 * the tag key, each key and value as a length (LEB128) and its bytes. Written: the series key of
 * 1.x, "cpu,host=a,region=eu", with commas, equals signs and spaces escaped.
 *
 * Binary strings (one character per byte) here; text outside.
 */
import { assert } from "../../base/assert.ts";
import { keyU8 } from "../../base/key.ts";

/** Key and value. */
export type Tag = readonly [key: string, value: string];

/** Tags as they are stored: equal for equal sets. `tags` are binary and need not be sorted. */
export function encodeTags(tags: readonly Tag[]): string {
  return encodeSorted(sortedTags(tags));
}

/** Binary tags ascending by their keys; those that are so already are not copied. */
export function sortedTags(tags: readonly Tag[]): readonly Tag[] {
  for (let i = 1; i < tags.length; i++) {
    if ((tags[i - 1] as Tag)[0] > (tags[i] as Tag)[0]) {
      return tags.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    }
  }
  return tags;
}

/** As encodeTags(), for tags that are sorted. */
export function encodeSorted(sorted: readonly Tag[]): string {
  let text = "";
  for (const [key, value] of sorted) text += lengthOf(key) + key + lengthOf(value) + value;
  return text;
}

/** Reads what encodeTags made; keys and values are binary. */
export function decodeTags(encoded: string): Tag[] {
  const tags: Tag[] = [];
  let at = 0;
  const next = (): string => {
    let length = 0;
    let shift = 0;
    for (;;) {
      const byte = encoded.charCodeAt(at++);
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
      shift += 7;
    }
    at += length;
    assert(at <= encoded.length, "Encoded tags must be whole");
    return encoded.slice(at - length, at);
  };
  while (at < encoded.length) tags.push([next(), next()]);
  return tags;
}

function lengthOf(text: string): string {
  let length = text.length;
  if (length < 0x80) return keyU8(length);
  let bytes = "";
  while (length >= 0x80) {
    bytes += String.fromCharCode((length & 0x7f) | 0x80);
    length >>>= 7;
  }
  return bytes + String.fromCharCode(length);
}

/** The bytes of UTF-8 text as a binary string. */
export function binaryOf(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The text of a binary string of UTF-8. */
export function textOf(binary: string): string {
  return isPlain(binary) ? binary : Buffer.from(binary, "latin1").toString("utf8");
}

function isPlain(binary: string): boolean {
  for (let i = 0; i < binary.length; i++) if (binary.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** The series key as 1.x writes it. */
export function seriesKeyText(measurement: string, tags: readonly Tag[]): string {
  let text = measurement.replaceAll(/[, ]/g, "\\$&");
  for (const [key, value] of tags) text += `,${escapeTag(key)}=${escapeTag(value)}`;
  return text;
}

function escapeTag(text: string): string {
  return /[,= ]/.test(text) ? text.replaceAll(/[,= ]/g, "\\$&") : text;
}

/** 64 bits that differ, nearly always, where the binary strings do; as 8 bytes of a key. */
export function hash64(binary: string): string {
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  for (let i = 0; i < binary.length; i++) {
    const byte = binary.charCodeAt(i);
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul((high ^ byte) + (high << 5), 0x5bd1e995) ^ (high >>> 15);
  }
  return hashKey(low) + hashKey(high);
}

function hashKey(hash: number): string {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  mixed ^= mixed >>> 16;
  return String.fromCharCode(
    mixed >>> 24,
    (mixed >>> 16) & 0xff,
    (mixed >>> 8) & 0xff,
    mixed & 0xff,
  );
}
