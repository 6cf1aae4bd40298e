/**
 * The schedule time inside an Event message: field 2, schedule_ts. Protobuf takes the last value of
 * a field, so an event is rescheduled by appending the field once more. An appended one is replaced
 * by the next, so that they do not pile up.
 */
import { varintField } from "../../base/protobuf.ts";
import { FieldReader } from "./field-reader.ts";

const SCHEDULE_TS = 2;

const reader = new FieldReader();

/** The schedule time of the event in bytes[start … end), Unix ms. */
export function scheduleTime(bytes: Uint8Array, start: number, end: number): number {
  let at = 0;
  reader.over(bytes, start, end);
  while (reader.next()) {
    if (reader.field === SCHEDULE_TS && reader.wireType === 0) at = reader.varint;
  }
  return at;
}

/** The event with another schedule time. */
export function withScheduleTime(event: Uint8Array, at: number): Buffer {
  let times = 0;
  let lastField = 0;
  let lastStart = 0;
  let end = 0;
  reader.over(event, 0, event.length);
  while (reader.next()) {
    lastStart = end;
    end = reader.at;
    lastField = reader.field;
    if (reader.field === SCHEDULE_TS) times++;
  }
  const kept = lastField === SCHEDULE_TS && times > 1 ? lastStart : end;
  return Buffer.concat([event.subarray(0, kept), varintField(SCHEDULE_TS, at)]);
}
