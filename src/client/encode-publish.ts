/**
 * PublishRequest and PublishBatchRequest by hand, with the encoder of the engine: an event with a
 * field of a wrong type is refused with the same words as in one process.
 *
 *   1 event (of a batch: once per event) · 2 allow_duplicate
 */
import { varintField, varintSize, wireBytes, writeVarint } from "../base/protobuf.ts";
import type { EventInput } from "../engine/events-api.ts";
import { EventEncoder } from "../models/events/event-encoder.ts";

const eventTag = (1 << 3) | wireBytes;
const allowDuplicateField = varintField(2, 1);

/** Used by one call at a time: encoding waits for nothing. */
const encoder = new EventEncoder();

/** A request with these events; of one event it is a PublishRequest, too. */
export function encodePublish(events: readonly EventInput[], allowDuplicate: boolean): Buffer {
  encoder.reset();
  const ends = new Float64Array(events.length);
  let size = allowDuplicate ? allowDuplicateField.length : 0;
  let start = 0;
  events.forEach((event, index) => {
    encoder.add(event);
    ends[index] = encoder.length;
    size += 1 + varintSize(encoder.length - start) + encoder.length - start;
    start = encoder.length;
  });
  const out = Buffer.allocUnsafe(size);
  let at = 0;
  start = 0;
  for (const end of ends) {
    out[at] = eventTag;
    at = writeVarint(out, at + 1, end - start);
    at += encoder.bytes.copy(out, at, start, end);
    start = end;
  }
  if (allowDuplicate) allowDuplicateField.copy(out, at);
  return out;
}
