/**
 * Why an event is refused. The numbers index `messages`; the words are what existing clients of the
 * protocol expect (docs/grpc.md).
 */
export const eventError = {
  none: 0,
  idMissing: 1,
  idTooLong: 2,
  atMissing: 3,
  atTooFar: 4,
  payloadMissing: 5,
  payloadTooLarge: 6,
  topicMissing: 7,
  topicTooLong: 8,
  metaTooLarge: 9,
  textInvalid: 10,
} as const;
export type EventErrorNumber = (typeof eventError)[keyof typeof eventError];

/** Longest message id, in characters. */
export const ID_CHARACTERS_MAX = 128;
/** Longest topic, in characters. */
export const TOPIC_CHARACTERS_MAX = 255;
/** Largest payload. */
export const PAYLOAD_BYTES_MAX = 4 * 1024 * 1024;
/** Everything of an event beside its payload: id, topic and meta. */
export const META_BYTES_MAX = 64 * 1024;

const messages: readonly string[] = [
  "",
  "message_id is required",
  `message_id exceeds ${ID_CHARACTERS_MAX} characters`,
  "schedule_ts is required",
  "schedule_ts must be Unix milliseconds before the year 10889 (are these micro- or nanoseconds?)",
  "payload is required",
  "payload exceeds 4MB limit",
  "topic is required",
  `topic exceeds ${TOPIC_CHARACTERS_MAX} characters`,
  `meta exceeds ${META_BYTES_MAX} bytes`,
  "message_id, topic and meta must be UTF-8 text",
];

/** The words for an error number other than none. */
export function eventErrorMessage(error: number): string {
  return messages[error] as string;
}
