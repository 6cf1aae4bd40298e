/**
 * Events on their way in: one buffer of protobuf bytes and, in parallel typed arrays, where each
 * event and its parts are. Filled from protobuf (gRPC) or from objects (library, HTTP), so that the
 * publish path behind it is one and creates no objects per event.
 *
 *   Event: 1 message_id · 2 schedule_ts · 3 payload · 4 topic · 5 meta (map entry: 1 key · 2 value)
 *   PublishBatchRequest: 1 events · 2 allow_duplicate
 *
 * Fields the server sets (6 and up) may be there; what the server appends later wins over them.
 * A list is refilled for every request: use it within one turn, keep nothing of it.
 */
import { CronosError } from "../../base/errors.ts";
import { keyU48Max } from "../../base/key.ts";
import { EventEncoder } from "./event-encoder.ts";
import type { EventFields } from "./event-encoder.ts";
import {
  ID_CHARACTERS_MAX,
  META_BYTES_MAX,
  PAYLOAD_BYTES_MAX,
  TOPIC_CHARACTERS_MAX,
  eventError,
} from "./event-error.ts";
import { FieldReader } from "./field-reader.ts";
import { globalTopics } from "./topic-ref.ts";

/** Most events in one request. */
export const BATCH_EVENTS_MAX = 100_000;

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const partitionKeyBytes = Buffer.from("partition_key", "latin1");

/** FNV-1a, 32 bits, over bytes[start … end): it also maps an event to its partition. */
export function hashId1(bytes: Uint8Array, start: number, end: number): number {
  let hash = FNV_OFFSET;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), FNV_PRIME);
  return hash >>> 0;
}

/** A second hash, independent of the first: one multiply and one shift per byte. */
export function hashId2(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x9747b28c ^ (end - start);
  for (let at = start; at < end; at++) {
    hash = Math.imul(hash ^ (bytes[at] as number), 0x5bd1e995);
    hash ^= hash >>> 13;
  }
  return hash >>> 0;
}

export class EventList {
  bytes: Buffer = Buffer.alloc(0);
  count = 0;
  allowDuplicate = false;
  /** Where the topics are; whoever fills the list says so when it is not "global". */
  namespaceId = globalTopics;
  /** Per event: its bytes, its id, its topic, as positions in `bytes`. */
  start = new Int32Array(128);
  end = new Int32Array(128);
  idStart = new Int32Array(128);
  idEnd = new Int32Array(128);
  topicStart = new Int32Array(128);
  topicEnd = new Int32Array(128);
  /** Per event: schedule time; hashes of the id; hash that decides the partition; error number. */
  at = new Float64Array(128);
  hash1 = new Uint32Array(128);
  hash2 = new Uint32Array(128);
  placement = new Uint32Array(128);
  error = new Uint8Array(128);

  readonly #encoder = new EventEncoder();
  readonly #reader = new FieldReader();
  readonly #metaReader = new FieldReader();
  /** Text may be anything: what encodeAll() wrote is UTF-8. */
  #isForeign = false;
  #payloadBytes = 0;
  #isText = true;
  #partitionKeyStart = -1;
  #partitionKeyEnd = -1;

  /** Fills the list from a PublishBatchRequest. INVALID_ARGUMENT when the bytes are not one. */
  scanBatch(bytes: Uint8Array): void {
    this.#reset(asBuffer(bytes), true);
    const reader = new FieldReader().over(this.bytes, 0, this.bytes.length);
    while (reader.next()) {
      if (reader.field === 1 && reader.wireType === 2) this.#scanEvent(reader.start, reader.end);
      else if (reader.field === 2 && reader.wireType === 0) {
        this.allowDuplicate = reader.varint !== 0;
      }
    }
  }

  /** Fills the list from one Event message. INVALID_ARGUMENT when the bytes are not one. */
  scanOne(bytes: Uint8Array): void {
    this.#reset(asBuffer(bytes), true);
    this.#scanEvent(0, this.bytes.length);
  }

  /** Fills the list from objects. INVALID_ARGUMENT when a field has the wrong type. */
  encodeAll(events: readonly EventFields[]): void {
    this.#reset(this.#encoder.reset(), false);
    for (const event of events) {
      const start = this.#encoder.length;
      this.#encoder.add(event);
      this.bytes = this.#encoder.bytes;
      this.#scanEvent(start, this.#encoder.length);
    }
  }

  #reset(bytes: Buffer, isForeign: boolean): void {
    this.bytes = bytes;
    this.#isForeign = isForeign;
    this.count = 0;
    this.allowDuplicate = false;
    this.namespaceId = globalTopics;
  }

  #scanEvent(start: number, end: number): void {
    const i = this.#add(start, end);
    const reader = this.#reader.over(this.bytes, start, end);
    while (reader.next()) {
      const { field, wireType } = reader;
      if (wireType === 2) {
        if (field === 1) {
          this.idStart[i] = reader.start;
          this.idEnd[i] = reader.end;
        } else if (field === 3) {
          this.#payloadBytes = reader.end - reader.start;
        } else if (field === 4) {
          this.topicStart[i] = reader.start;
          this.topicEnd[i] = reader.end;
        } else if (field === 5) this.#scanMeta(reader.start, reader.end);
      } else if (field === 2 && wireType === 0) this.at[i] = reader.varint;
    }
    this.#check(i);
  }

  #scanMeta(start: number, end: number): void {
    if (isShortEntry(this.bytes, start, end)) {
      // Tags and lengths are ASCII here.
      this.#checkText(start, end);
      // Most keys differ from partition_key in length: a look at it saves the rest.
      if (this.bytes[start + 1] !== partitionKeyBytes.length) return;
    }
    const reader = this.#metaReader.over(this.bytes, start, end);
    let isPartitionKey = false;
    let valueStart = 0;
    let valueEnd = 0;
    while (reader.next()) {
      if (reader.wireType !== 2 || reader.field > 2) continue;
      this.#checkText(reader.start, reader.end);
      if (reader.field === 1) {
        const length = reader.end - reader.start;
        isPartitionKey =
          length === partitionKeyBytes.length &&
          partitionKeyBytes.compare(this.bytes, reader.start, reader.end) === 0;
      } else {
        valueStart = reader.start;
        valueEnd = reader.end;
      }
    }
    if (!isPartitionKey || valueEnd === valueStart) return;
    this.#partitionKeyStart = valueStart;
    this.#partitionKeyEnd = valueEnd;
  }

  #checkText(start: number, end: number): void {
    if (this.#isForeign && !isUtf8(this.bytes, start, end)) this.#isText = false;
  }

  /** Sets the error number of event i and, if there is none, its hashes. */
  #check(i: number): void {
    const idStart = this.idStart[i] as number;
    const idEnd = this.idEnd[i] as number;
    this.error[i] = this.#errorOf(i);
    if (this.error[i] !== eventError.none) return;
    const hash = hashId1(this.bytes, idStart, idEnd);
    this.hash1[i] = hash;
    this.hash2[i] = hashId2(this.bytes, idStart, idEnd);
    this.placement[i] =
      this.#partitionKeyStart >= 0
        ? hashId1(this.bytes, this.#partitionKeyStart, this.#partitionKeyEnd)
        : hash;
  }

  #errorOf(i: number): number {
    const idStart = this.idStart[i] as number;
    const idEnd = this.idEnd[i] as number;
    const topicStart = this.topicStart[i] as number;
    const topicEnd = this.topicEnd[i] as number;
    const at = this.at[i] as number;
    const payload = this.#payloadBytes;
    if (idEnd === idStart) return eventError.idMissing;
    if (!(at > 0)) return eventError.atMissing;
    if (payload === 0) return eventError.payloadMissing;
    if (topicEnd === topicStart) return eventError.topicMissing;
    if (payload > PAYLOAD_BYTES_MAX) return eventError.payloadTooLarge;
    if (at > keyU48Max) return eventError.atTooFar;
    if (this.#isLonger(idStart, idEnd, ID_CHARACTERS_MAX)) return eventError.idTooLong;
    if (this.#isLonger(topicStart, topicEnd, TOPIC_CHARACTERS_MAX)) return eventError.topicTooLong;
    const size = (this.end[i] as number) - (this.start[i] as number);
    if (size - payload > META_BYTES_MAX) return eventError.metaTooLarge;
    this.#checkText(idStart, idEnd);
    this.#checkText(topicStart, topicEnd);
    return this.#isText ? eventError.none : eventError.textInvalid;
  }

  #isLonger(start: number, end: number, charactersMax: number): boolean {
    if (end - start <= charactersMax) return false;
    return this.bytes.toString("utf8", start, end).length > charactersMax;
  }

  #add(start: number, end: number): number {
    const i = this.count++;
    if (i >= BATCH_EVENTS_MAX) {
      throw new CronosError("TOO_LARGE", `Batch must have at most ${BATCH_EVENTS_MAX} events`);
    }
    if (i >= this.start.length) this.#growArrays();
    this.start[i] = start;
    this.end[i] = end;
    this.idStart[i] = this.idEnd[i] = this.topicStart[i] = this.topicEnd[i] = 0;
    this.at[i] = 0;
    this.#payloadBytes = 0;
    this.#isText = true;
    this.#partitionKeyStart = -1;
    return i;
  }

  #growArrays(): void {
    const size = this.start.length * 2;
    const grow = <T extends Int32Array | Float64Array | Uint32Array | Uint8Array>(
      into: T,
      from: T,
    ): T => {
      into.set(from);
      return into;
    };
    this.start = grow(new Int32Array(size), this.start);
    this.end = grow(new Int32Array(size), this.end);
    this.idStart = grow(new Int32Array(size), this.idStart);
    this.idEnd = grow(new Int32Array(size), this.idEnd);
    this.topicStart = grow(new Int32Array(size), this.topicStart);
    this.topicEnd = grow(new Int32Array(size), this.topicEnd);
    this.at = grow(new Float64Array(size), this.at);
    this.hash1 = grow(new Uint32Array(size), this.hash1);
    this.hash2 = grow(new Uint32Array(size), this.hash2);
    this.placement = grow(new Uint32Array(size), this.placement);
    this.error = grow(new Uint8Array(size), this.error);
  }
}

/** Whether a meta entry is `0a n key 12 m value` and nothing else, as nearly all are. */
function isShortEntry(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 4 || bytes[start] !== 0x0a) return false;
  const keyBytes = bytes[start + 1] as number;
  const valueAt = start + 2 + keyBytes;
  if (keyBytes >= 0x80 || valueAt + 2 > end || bytes[valueAt] !== 0x12) return false;
  const valueBytes = bytes[valueAt + 1] as number;
  return valueBytes < 0x80 && valueAt + 2 + valueBytes === end;
}

const strictDecoder = new TextDecoder("utf-8", { fatal: true });

/** Other clients cannot decode a message whose text is not UTF-8. */
function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && (bytes[at] as number) < 0x80) at++;
  if (at === end) return true;
  try {
    strictDecoder.decode(bytes.subarray(at, end));
    return true;
  } catch {
    return false;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
