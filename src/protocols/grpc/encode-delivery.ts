/**
 * Delivery and ReplayEvent messages, built from stored events without decoding them:
 *
 *   Delivery     2 delivery_id · 3 attempt · 4 ack_timeout_ms · then 1 event, or 5 batch per event
 *   ReplayEvent  1 event · 2 replay_offset
 *
 * An event is its stored bytes, then 6 created_ts, 7 offset and 8 partition_id. Protobuf takes the
 * last value of a field, so these three stand even if the publisher had set them; for that reason
 * they are written when they are 0, too.
 */
import { varintSize, wireBytes, wireVarint, writeVarint } from "../../base/protobuf.ts";
import type { EncodedDelivery, EncodedEvent } from "../../engine/encoded-events.ts";

const eventTag = (1 << 3) | wireBytes;
const replayOffsetTag = (2 << 3) | wireVarint;
const deliveryIdTag = (2 << 3) | wireBytes;
const attemptTag = (3 << 3) | wireVarint;
const ackTimeoutTag = (4 << 3) | wireVarint;
const batchTag = (5 << 3) | wireBytes;
const createdTag = (6 << 3) | wireVarint;
const offsetTag = (7 << 3) | wireVarint;
const partitionTag = (8 << 3) | wireVarint;

/** The delivery as one message of exactly the right size. */
export function encodeDelivery(delivery: EncodedDelivery): Buffer {
  const { deliveryId, attempt, ackTimeoutMs, events } = delivery;
  const out = Buffer.allocUnsafe(deliverySize(delivery));
  const idBytes = Buffer.byteLength(deliveryId);
  out[0] = deliveryIdTag;
  let at = writeVarint(out, 1, idBytes);
  at += out.write(deliveryId, at, idBytes, "utf8");
  out[at] = attemptTag;
  at = writeVarint(out, at + 1, attempt);
  out[at] = ackTimeoutTag;
  at = writeVarint(out, at + 1, ackTimeoutMs);
  const tag = events.length === 1 ? eventTag : batchTag;
  for (let i = 0; i < events.length; i++) {
    const event = events[i] as EncodedEvent;
    out[at] = tag;
    at = writeEvent(out, writeVarint(out, at + 1, deliveredSize(event)), event);
  }
  return out;
}

/** How many bytes encodeDelivery gives. */
export function deliverySize(delivery: EncodedDelivery): number {
  const { deliveryId, attempt, ackTimeoutMs, events } = delivery;
  const idBytes = Buffer.byteLength(deliveryId);
  let size = 1 + varintSize(idBytes) + idBytes;
  size += 1 + varintSize(attempt) + 1 + varintSize(ackTimeoutMs);
  for (let i = 0; i < events.length; i++) {
    const eventSize = deliveredSize(events[i] as EncodedEvent);
    size += 1 + varintSize(eventSize) + eventSize;
  }
  return size;
}

/** The replayed event as one message of exactly the right size. */
export function encodeReplayEvent(event: EncodedEvent): Buffer {
  const eventSize = deliveredSize(event);
  const head = 1 + varintSize(eventSize);
  const out = Buffer.allocUnsafe(head + eventSize + 1 + varintSize(event.offset));
  out[0] = eventTag;
  const at = writeEvent(out, writeVarint(out, 1, eventSize), event);
  out[at] = replayOffsetTag;
  writeVarint(out, at + 1, event.offset);
  return out;
}

function deliveredSize(event: EncodedEvent): number {
  return (
    event.bytes.length +
    3 +
    varintSize(event.createdAt) +
    varintSize(event.offset) +
    varintSize(event.partition)
  );
}

function writeEvent(out: Buffer, start: number, event: EncodedEvent): number {
  out.set(event.bytes, start);
  let at = start + event.bytes.length;
  out[at] = createdTag;
  at = writeVarint(out, at + 1, event.createdAt);
  out[at] = offsetTag;
  at = writeVarint(out, at + 1, event.offset);
  out[at] = partitionTag;
  return writeVarint(out, at + 1, event.partition);
}
