/**
 * The rows of the keys model: Redis keys in namespaces. Every row key starts with "K" and the
 * number of its kind; numbers never change.
 *
 *   kind        row key after "K" + kind                     value
 *   0  count    namespace u32                                u48 keys, u48 keys that expire
 *   1  header   namespace u32, key                           header, of a string the value too
 *   2  field    namespace u32, key (escaped, ended), field   one field of a hash
 *   3  expiry   expiry u48, namespace u32, key               empty: look at the key then
 *
 *   header   0   1   type: 1 string, 2 hash; bit 7: the key is long
 *            1   6   expiry, Unix ms; 0 = none
 *            7       long key only: u32 length, key
 *            …       string: its bytes; hash: u32 count of fields
 *   field    0   1   bit 7: the field's name is long
 *            1       long name only: u32 length, name
 *            …       value
 *
 * Integers big-endian in row keys, little-endian in values. A key or field too long for the tree's
 * keys stands there as its first bytes and the SHA-256 of all of it, in exactly LONG_BYTES bytes: a
 * length that no short one has.
 */
import type { Key } from "../../base/key.ts";
import { joinKey, keyAfterPrefix, keyBytes, keyU32, keyU48, keyU8 } from "../../base/key.ts";
import { readKeyU32, readKeyU48 } from "../../base/key.ts";
import { sha256 } from "../../base/sha256.ts";

const kind = (number: number): Key => `K${keyU8(number)}`;
export const countPrefix: Key = kind(0);
export const countPrefixEnd: Key = kind(1);
const headerKind = kind(1);
const fieldKind = kind(2);
export const expiryPrefix: Key = kind(3);
export const expiryPrefixEnd: Key = kind(4);
/** All rows of the model. */
export const keysPrefix: Key = "K";
export const keysPrefixEnd = keyAfterPrefix(keysPrefix);

/** Bytes of a long key or field in a row key; shorter ones stand there as they are. */
export const LONG_BYTES = 900;
const HASH_BYTES = 32;

/** The keyspace of one namespace: its prefixes, built once. */
export class Keyspace {
  readonly namespaceId: number;
  readonly countKey: Key;
  readonly headers: Key;
  readonly headersEnd: Key;
  readonly fields: Key;
  readonly fieldsEnd: Key;
  readonly #namespace: Key;

  constructor(namespaceId: number) {
    this.namespaceId = namespaceId;
    this.#namespace = keyU32(namespaceId);
    this.countKey = countPrefix + this.#namespace;
    this.headers = headerKind + this.#namespace;
    this.headersEnd = keyAfterPrefix(this.headers) as Key;
    this.fields = fieldKind + this.#namespace;
    this.fieldsEnd = keyAfterPrefix(this.fields) as Key;
  }

  /** Row of a key's header. */
  header(key: Key): Key {
    return joinKey(this.headers, shortened(key));
  }

  /** Prefix of a hash's fields. */
  hashFields(key: Key): Key {
    return this.fields + keyBytes(shortened(key));
  }

  /** Row of a key's expiry. */
  expiry(key: Key, at: number): Key {
    return expiryPrefix + keyU48(at) + this.#namespace + shortened(key);
  }
}

/** What an expiry row's key says; `tail` is the key as row keys have it. */
export function readExpiryKey(row: Key): { at: number; namespaceId: number; tail: Key } {
  return { at: readKeyU48(row, 2), namespaceId: readKeyU32(row, 8), tail: row.slice(12) };
}

/** A key or field as row keys have it. */
export function shortened(text: Key): Key {
  if (text.length < LONG_BYTES) return text;
  return text.slice(0, LONG_BYTES - HASH_BYTES) + sha256(text);
}

/** Whether a key or field does not stand in row keys as it is. */
export function isLong(text: Key): boolean {
  return text.length >= LONG_BYTES;
}
