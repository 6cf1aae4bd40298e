/**
 * Events as JSON. Payloads are bytes and JSON is not, so there are two fields of which each event
 * has one: `payload` is text, `payloadBase64` is base64. What is read back has `payload` when the
 * bytes are valid UTF-8 (whatever it was published as), else `payloadBase64`.
 *
 * Times that go in are Unix ms or RFC 3339 text; times that come out are Unix ms.
 */
import { Buffer, isUtf8 } from "node:buffer";
import type { DeadLetter, EventInput, StoredEvent } from "../../engine/events-api.ts";
import type { Schedule } from "../../engine/events-api.ts";
import { invalid } from "./check-request.ts";
import { array, boolean, either, integer, object, oneOf, optional } from "./schema.ts";
import { record, string } from "./schema.ts";
import type { ValueOf } from "./schema.ts";

export const eventIdCharsMax = 128;
export const topicCharsMax = 255;
export const scheduleNameCharsMax = 100;
export const missedPolicies = ["skip", "fire-once", "fire-all"] as const;

const rfc3339 = string({ format: "date-time" });

export function time(description: string) {
  const values = "Unix ms or an RFC 3339 time";
  return either(integer(), rfc3339, { description: `${values}: ${description}` });
}

const payloadFields = {
  payload: optional(string({ description: "Payload as text" })),
  payloadBase64: optional(string({ description: "Payload as base64, instead of payload" })),
};
const metaField = { meta: optional(record(string(), { description: "Small string tags" })) };

export const topicName = string({
  description: "Name of the topic",
  minLength: 1,
  maxLength: topicCharsMax,
});
export const eventId = string({
  description: "Identity of the event within its topic",
  minLength: 1,
  maxLength: eventIdCharsMax,
});

export const EventBody = object(
  {
    id: eventId,
    at: optional(time("when it is due; default now")),
    delayMs: optional(
      integer({ description: "Due so many ms from now, instead of at", minimum: 0 }),
    ),
    ...payloadFields,
    ...metaField,
  },
  { title: "Event" },
);

const storedFields = {
  topic: string(),
  id: string(),
  at: integer({ description: "When it is due, Unix ms" }),
  ...payloadFields,
  meta: record(string()),
  createdAt: integer({ description: "When it was stored, Unix ms" }),
  partition: integer(),
  offset: integer({ description: "Position in the partition, from 0" }),
};

export const StoredEventBody = object(storedFields, { title: "StoredEvent" });

export const DeliveryBody = object(
  {
    ...storedFields,
    deliveryId: string({ description: "What to acknowledge" }),
    attempt: integer({ description: "1 the first time" }),
    ackTimeoutMs: integer({ description: "It comes again unless acknowledged within so many ms" }),
  },
  { title: "Delivery" },
);

export const DeadLetterBody = object(
  {
    ...storedFields,
    group: string(),
    attempts: integer(),
    lastError: string(),
    deadAt: integer({ description: "When it was given up, Unix ms" }),
  },
  { title: "DeadLetter" },
);

export const cronLine = string({
  description: "Five fields, or six with seconds first",
  minLength: 1,
  maxLength: 200,
});

export const ScheduleBody = object(
  {
    cron: cronLine,
    timeZone: optional(string({ description: "IANA time zone; default UTC", maxLength: 100 })),
    ...payloadFields,
    ...metaField,
    startAt: optional(time("no run before")),
    endAt: optional(time("no run at or after")),
    jitterMs: optional(
      integer({ description: "Each run is late by a random 0 to jitterMs", minimum: 0 }),
    ),
    missed: optional(
      oneOf(missedPolicies, { description: "What becomes of runs missed while nobody ran" }),
    ),
  },
  { title: "Schedule" },
);

export const StoredScheduleBody = object(
  {
    topic: string(),
    name: string(),
    cron: string(),
    timeZone: string(),
    ...payloadFields,
    meta: record(string()),
    startAt: optional(integer()),
    endAt: optional(integer()),
    jitterMs: integer(),
    missed: oneOf(missedPolicies),
    paused: boolean(),
    nextAt: optional(integer({ description: "The next run; absent when there is none any more" })),
    runs: integer({ description: "Runs published so far" }),
  },
  { title: "StoredSchedule" },
);

export const eventList = array(StoredEventBody);

/** Unix ms of a time that passed the schema. INVALID_ARGUMENT for a day that does not exist. */
export function toMs(value: number | string, field: string): number {
  const ms = typeof value === "number" ? value : Date.parse(value);
  if (Number.isSafeInteger(ms)) return ms;
  throw invalid(field, value, "Unix ms or an RFC 3339 time");
}

/** The engine's event of a body that passed the schema; `now` is where delayMs counts from. */
export function eventInput(
  body: ValueOf<typeof EventBody>,
  { topic, now, field }: { readonly topic: string; readonly now: number; readonly field: string },
): EventInput {
  if (body.at !== undefined && body.delayMs !== undefined) {
    throw invalid(`${field}.delayMs`, body.delayMs, "at or delayMs, not both");
  }
  const at = body.at === undefined ? now + (body.delayMs ?? 0) : toMs(body.at, `${field}.at`);
  const input = { topic, id: body.id, at, payload: payloadOf(body, field) };
  return body.meta === undefined ? input : { ...input, meta: body.meta };
}

interface PayloadFields {
  readonly payload?: string;
  readonly payloadBase64?: string;
}

/** The payload of a body. Throws INVALID_ARGUMENT unless exactly one of the two fields is right. */
export function payloadOf(body: PayloadFields, field: string): Uint8Array | string {
  const { payload: text, payloadBase64: base64 } = body;
  if (base64 === undefined) {
    if (text !== undefined) return text;
    throw invalid(`${field}.payload`, undefined, "payload or payloadBase64");
  }
  if (text !== undefined) {
    throw invalid(`${field}.payloadBase64`, base64, "payload or payloadBase64, not both");
  }
  const bytes = Buffer.from(base64, "base64");
  // Buffer skips what is not base64 instead of refusing it.
  const digits = base64.replace(/=+$/, "").length;
  const isWhole = digits % 4 !== 1 && Math.floor((digits * 3) / 4) === bytes.length;
  if (isWhole && /^[\w+/-]*={0,2}$/.test(base64)) return bytes;
  throw invalid(`${field}.payloadBase64`, base64, "base64");
}

function payloadFieldsOf(payload: Uint8Array): PayloadFields {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  if (isUtf8(bytes)) return { payload: bytes.toString() };
  return { payloadBase64: bytes.toString("base64") };
}

export function storedEventJson(event: StoredEvent): ValueOf<typeof StoredEventBody> {
  const { topic, id, at, meta, createdAt, partition, offset } = event;
  return { topic, id, at, ...payloadFieldsOf(event.payload), meta, createdAt, partition, offset };
}

export function deadLetterJson(letter: DeadLetter): ValueOf<typeof DeadLetterBody> {
  const { group, attempts, lastError, deadAt } = letter;
  return { ...storedEventJson(letter), group, attempts, lastError, deadAt };
}

export function scheduleJson(schedule: Schedule): ValueOf<typeof StoredScheduleBody> {
  const { payload, ...rest } = schedule;
  return { ...rest, ...payloadFieldsOf(payload) };
}
