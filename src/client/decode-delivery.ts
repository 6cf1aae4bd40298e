/**
 * A Delivery of one event, read by hand: it is the message a consumer gets most of.
 *
 *   1 event · 2 delivery_id · 3 attempt · 4 ack_timeout_ms
 */
import { ProtobufReader } from "../base/protobuf.ts";
import type { StoredEvent } from "../engine/events-api.ts";
import { decodeEvent } from "../models/events/stored-event.ts";

const eventTag = (1 << 3) | 2;
const deliveryIdTag = (2 << 3) | 2;
const attemptTag = 3 << 3;
const ackTimeoutTag = 4 << 3;
const createdTag = 6 << 3;
const offsetTag = 7 << 3;
const partitionTag = 8 << 3;

export interface SingleDelivery {
  readonly event: StoredEvent;
  readonly deliveryId: string;
  readonly attempt: number;
  readonly ackTimeoutMs: number;
}

/** Reads a delivery; undefined when it has no single event. */
export function decodeSingleDelivery(message: Buffer): SingleDelivery | undefined {
  const reader = new ProtobufReader(message);
  let event: Uint8Array | undefined;
  let deliveryId = "";
  let attempt = 0;
  let ackTimeoutMs = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === eventTag) event = reader.view();
    else if (tag === deliveryIdTag) deliveryId = reader.text();
    else if (tag === attemptTag) attempt = reader.varint();
    else if (tag === ackTimeoutTag) ackTimeoutMs = reader.varint();
    else reader.skip(tag);
  }
  if (event === undefined) return undefined;
  return { event: decodeDelivered(event), deliveryId, attempt, ackTimeoutMs };
}

/** An event with the three fields that the server put behind it. */
function decodeDelivered(bytes: Uint8Array): StoredEvent {
  const reader = new ProtobufReader(bytes);
  let createdAt = 0;
  let offset = 0;
  let partition = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === createdTag) createdAt = reader.varint();
    else if (tag === offsetTag) offset = reader.varint();
    else if (tag === partitionTag) partition = reader.varint();
    else reader.skip(tag);
  }
  return decodeEvent({ bytes, createdAt, offset, partition });
}
