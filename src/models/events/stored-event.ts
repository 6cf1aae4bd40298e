/**
 * A stored event as an object: what the library and HTTP show of an Event message. The last value of
 * a scalar field wins, as in every protobuf decoder.
 */
import { FieldReader } from "./field-reader.ts";

export interface DecodedEvent {
  readonly topic: string;
  readonly id: string;
  readonly at: number;
  readonly payload: Uint8Array;
  readonly meta: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly partition: number;
  readonly offset: number;
}

/** Where an event is stored, and its bytes. */
export interface EventSource {
  readonly bytes: Uint8Array;
  readonly partition: number;
  readonly offset: number;
  readonly createdAt: number;
}

/** Decodes an Event message; the payload is a view of its bytes. */
export function decodeEvent(source: EventSource): DecodedEvent {
  const { bytes, partition, offset, createdAt } = source;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = new FieldReader().over(bytes, 0, bytes.length);
  const meta: Record<string, string> = {};
  let topic = "";
  let id = "";
  let at = 0;
  let payload: Uint8Array = text.subarray(0, 0);
  while (reader.next()) {
    const { field, wireType, start, end } = reader;
    if (field === 2 && wireType === 0) at = reader.varint;
    if (wireType !== 2) continue;
    if (field === 1) id = text.toString("utf8", start, end);
    else if (field === 3) payload = bytes.subarray(start, end);
    else if (field === 4) topic = text.toString("utf8", start, end);
    else if (field === 5) addMetaEntry(meta, text.subarray(start, end));
  }
  return { topic, id, at, payload, meta, createdAt, partition, offset };
}

/** Where the id is in an Event message. */
export function findId(bytes: Uint8Array, start: number, end: number): { start: number; end: number } {
  const reader = new FieldReader().over(bytes, start, end);
  let idStart = start;
  let idEnd = start;
  while (reader.next()) {
    if (reader.field !== 1 || reader.wireType !== 2) continue;
    idStart = reader.start;
    idEnd = reader.end;
  }
  return { start: idStart, end: idEnd };
}

function addMetaEntry(meta: Record<string, string>, entry: Buffer): void {
  const reader = new FieldReader().over(entry, 0, entry.length);
  let key = "";
  let value = "";
  while (reader.next()) {
    if (reader.wireType !== 2) continue;
    const text = entry.toString("utf8", reader.start, reader.end);
    if (reader.field === 1) key = text;
    else if (reader.field === 2) value = text;
  }
  // A plain assignment would call a setter for the key "__proto__".
  Object.defineProperty(meta, key, { value, enumerable: true, configurable: true, writable: true });
}
