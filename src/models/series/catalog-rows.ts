/**
 * The rows of the catalog of time series. Every key starts with "Sc" and the number of its kind;
 * numbers never change. Kinds from 16 up are definitions (definitions.ts).
 *
 *   kind            key after "Sc" + kind               value
 *   0  counters     —                                   JSON: the next ids
 *   1  database     name                                JSON: id, default policy, policies
 *   2  measurement  database id u32, name               JSON: id, unit, description
 *   3  field        measurement id u32, field id u16    JSON: name, type, unit, description
 *
 * Integers big-endian; names are UTF-8. A name longer than NAME_KEY_BYTES_MAX is cut there in the
 * key and a SHA-256 of the whole follows: the whole is in the value as well.
 */
import type { Key } from "../../base/key.ts";
import { keyAfterPrefix, keyFromBytes, keyU16, keyU32, keyU8 } from "../../base/key.ts";
import { sha256 } from "../../base/sha256.ts";

/** First bytes of every row of the catalog. */
export const catalogPrefix: Key = "Sc";

const NAME_KEY_BYTES_MAX = 1024;

export const countersKey: Key = catalogPrefix + keyU8(0);
export const databasePrefix: Key = catalogPrefix + keyU8(1);
export const measurementPrefix: Key = catalogPrefix + keyU8(2);
export const fieldPrefix: Key = catalogPrefix + keyU8(3);

export interface Counters {
  readonly database: number;
  readonly policy: number;
  readonly measurement: number;
}

export interface PolicyRow {
  readonly id: number;
  readonly name: string;
  /** Nanoseconds as decimal text. */
  readonly duration: string;
  readonly shardDuration: string;
  readonly replication: number;
  readonly windowHours: number;
}

export interface DatabaseRow {
  readonly id: number;
  readonly name: string;
  readonly defaultPolicy: string;
  readonly policies: readonly PolicyRow[];
}

export interface MeasurementRow {
  readonly id: number;
  readonly name: string;
  readonly unit?: string;
  readonly description?: string;
}

export interface FieldRow {
  readonly name: string;
  readonly type: number;
  readonly unit?: string;
  readonly description?: string;
}

export function databaseKey(name: string): Key {
  return databasePrefix + nameKey(name);
}

export function measurementKey(databaseId: number, name: string): Key {
  return measurementPrefix + keyU32(databaseId) + nameKey(name);
}

export function fieldKey(measurementId: number, fieldId: number): Key {
  return fieldsOf(measurementId) + keyU16(fieldId);
}

/** What the keys of a measurement's fields start with. */
export function fieldsOf(measurementId: number): Key {
  return fieldPrefix + keyU32(measurementId);
}

/** The end of the rows whose keys start with `prefix`. */
export function prefixEnd(prefix: Key): Key {
  return keyAfterPrefix(prefix) as Key;
}

export function jsonBytes(content: object): Buffer {
  return Buffer.from(JSON.stringify(content));
}

/** Reads what jsonBytes made. */
export function readJson<T>(value: Uint8Array): T {
  const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf8");
  return JSON.parse(text) as T;
}

/** A name as the end of a key. */
export function nameKey(name: string): Key {
  const bytes = keyFromBytes(Buffer.from(name, "utf8"));
  if (bytes.length <= NAME_KEY_BYTES_MAX) return bytes;
  return bytes.slice(0, NAME_KEY_BYTES_MAX) + sha256(bytes);
}
