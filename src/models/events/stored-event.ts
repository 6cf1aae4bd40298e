/**
 * A stored event as an object: what the library and HTTP show of an Event message. The last value
 * of a scalar field wins, as in every protobuf decoder.
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

/** Used by one call at a time: decoding calls nothing that decodes. */
const eventReader = new FieldReader();
const entryReader = new FieldReader();
const noBytes = new Uint8Array(0);

/** Decodes an Event message; the payload is a view of its bytes. */
export function decodeEvent(source: EventSource): DecodedEvent {
  const { bytes, partition, offset, createdAt } = source;
  const text = asBuffer(bytes);
  const reader = eventReader.over(bytes, 0, bytes.length);
  const meta: Record<string, string> = {};
  let topic = "";
  let id = "";
  let at = 0;
  let payload: Uint8Array = noBytes;
  while (reader.next()) {
    const { field, wireType, start, end } = reader;
    if (field === 2 && wireType === 0) at = reader.varint;
    if (wireType !== 2) continue;
    if (field === 1) id = text.toString("utf8", start, end);
    else if (field === 3) payload = bytes.subarray(start, end);
    else if (field === 4) topic = text.toString("utf8", start, end);
    else if (field === 5) addMetaEntry(meta, text, reader);
  }
  return { topic, id, at, payload, meta, createdAt, partition, offset };
}

/** Where the id is in an Event message. */
export function findId(
  bytes: Uint8Array,
  start: number,
  end: number,
): { readonly start: number; readonly end: number } {
  const reader = eventReader.over(bytes, start, end);
  let idStart = start;
  let idEnd = start;
  while (reader.next()) {
    if (reader.field !== 1 || reader.wireType !== 2) continue;
    idStart = reader.start;
    idEnd = reader.end;
  }
  return { start: idStart, end: idEnd };
}

function addMetaEntry(meta: Record<string, string>, text: Buffer, entry: FieldReader): void {
  const reader = entryReader.over(text, entry.start, entry.end);
  let key = "";
  let value = "";
  while (reader.next()) {
    if (reader.wireType !== 2) continue;
    const part = text.toString("utf8", reader.start, reader.end);
    if (reader.field === 1) key = part;
    else if (reader.field === 2) value = part;
  }
  if (key !== "__proto__") meta[key] = value;
  // A plain assignment would call the setter.
  else {
    const property = { value, enumerable: true, configurable: true, writable: true };
    Object.defineProperty(meta, key, property);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
