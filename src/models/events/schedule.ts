/**
 * A recurring schedule: what it is made of, what is allowed, and the events its runs become.
 *
 * A run is an ordinary event with the id `<name>@<instant>`, so that a run that is repeated after a
 * crash is a duplicate like any other. Its schedule time is the instant plus a jitter that follows
 * from the id: the same run is always due at the same time.
 */
import { CronosError } from "../../base/errors.ts";
import { keyU48Max } from "../../base/key.ts";
import { checkCronRule } from "./cron.ts";
import type { CronRule } from "./cron.ts";
import { META_BYTES_MAX, PAYLOAD_BYTES_MAX, TOPIC_CHARACTERS_MAX } from "./event-error.ts";

/** What happens to instants that passed while nobody ran; see dueRuns(). */
export type MissedPolicy = "skip" | "fire-once" | "fire-all";

/** See engine/events-api.ts ScheduleInput. */
export interface ScheduleInput {
  readonly topic: string;
  readonly name: string;
  readonly cron: string;
  readonly timeZone?: string;
  readonly payload: Uint8Array | string;
  readonly meta?: Readonly<Record<string, string>>;
  readonly startAt?: number;
  readonly endAt?: number;
  readonly jitterMs?: number;
  readonly missed?: MissedPolicy;
}

/** What the user decides of a schedule; see engine/events-api.ts Schedule. */
export interface ScheduleDefinition {
  readonly topic: string;
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly payload: Uint8Array;
  readonly meta: Readonly<Record<string, string>>;
  readonly startAt?: number;
  readonly endAt?: number;
  readonly jitterMs: number;
  readonly missed: MissedPolicy;
  readonly paused: boolean;
}

/** How far it came. */
export interface ScheduleProgress {
  /** The next run's instant; absent when there is none any more, and while paused. */
  readonly nextAt?: number;
  /** Runs published so far. */
  readonly runs: number;
}

export interface Schedule extends ScheduleDefinition, ScheduleProgress {}

/** The event of a run. */
export interface RunEvent {
  readonly topic: string;
  readonly id: string;
  readonly at: number;
  readonly payload: Uint8Array;
  readonly meta: Readonly<Record<string, string>>;
}

/** Longest name: with the instant behind it, it is an event's id. */
export const NAME_CHARACTERS_MAX = 100;
/** Longest jitter: a day. */
export const JITTER_MS_MAX = 86_400_000;
/** What the id and the framing of an event need at most beside topic and meta. */
const idBytesMax = 1024;
/** What the framing of a meta entry needs at most. */
const metaEntryBytes = 16;

const missedPolicies: readonly MissedPolicy[] = ["skip", "fire-once", "fire-all"];

/** The definition of `input`; throws INVALID_ARGUMENT naming the first field that is wrong. */
export function scheduleDefinition(input: ScheduleInput): ScheduleDefinition {
  checkText("topic", input.topic, TOPIC_CHARACTERS_MAX);
  checkText("name", input.name, NAME_CHARACTERS_MAX);
  const { topic, name, cron, timeZone = "UTC", meta = {}, missed = "fire-once" } = input;
  const { startAt, endAt, jitterMs = 0 } = input;
  checkCronRule({ cron, timeZone, startAt, endAt });
  checkJitter(jitterMs);
  if (!missedPolicies.includes(missed)) refuse("missed", missedPolicies.join(", "), missed);
  const payload = payloadBytes(input.payload);
  checkMeta(topic, meta);
  return {
    topic,
    name,
    cron,
    timeZone,
    payload,
    meta: { ...meta },
    ...(startAt === undefined ? {} : { startAt }),
    ...(endAt === undefined ? {} : { endAt }),
    jitterMs,
    missed,
    paused: false,
  };
}

/** Whether both recur at the same instants. */
export function isSameRule(a: CronRule, b: CronRule): boolean {
  return (
    a.cron === b.cron &&
    a.timeZone === b.timeZone &&
    a.startAt === b.startAt &&
    a.endAt === b.endAt
  );
}

/** The event of the run at `instant`. */
export function runEvent(schedule: ScheduleDefinition, instant: number): RunEvent {
  const { topic, name, payload, meta, jitterMs } = schedule;
  const id = `${name}@${instant}`;
  const at = Math.min(instant + (jitterMs === 0 ? 0 : spread(id) % (jitterMs + 1)), keyU48Max);
  return { topic, id, at, payload, meta };
}

/** 32 well-mixed bits of a text (FNV-1a over UTF-16 units, then murmur3's finish). */
function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function payloadBytes(payload: unknown): Uint8Array {
  const isBytes = payload instanceof Uint8Array;
  if (typeof payload !== "string" && !isBytes) refuse("payload", "bytes or a text", payload);
  const bytes = isBytes ? Uint8Array.from(payload) : Buffer.from(payload, "utf8");
  if (bytes.length === 0) refuse("payload", "at least 1 byte", "");
  if (bytes.length > PAYLOAD_BYTES_MAX) {
    refuse("payload", `at most ${PAYLOAD_BYTES_MAX} bytes`, `${bytes.length} bytes`);
  }
  return bytes;
}

function checkMeta(topic: string, meta: unknown): void {
  if (typeof meta !== "object" || meta === null) refuse("meta", "an object of texts", meta);
  let bytes = Buffer.byteLength(topic) + idBytesMax;
  for (const [key, value] of Object.entries(meta)) {
    if (typeof value !== "string") refuse(`meta.${key}`, "a text", value);
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value) + metaEntryBytes;
  }
  if (bytes > META_BYTES_MAX) refuse("meta", `at most ${META_BYTES_MAX} bytes`, `${bytes} bytes`);
}

function checkText(field: string, value: unknown, charactersMax: number): void {
  if (typeof value === "string" && value.length >= 1 && value.length <= charactersMax) return;
  refuse(field, `a text of 1 to ${charactersMax} characters`, value);
}

function checkJitter(jitterMs: number): void {
  if (Number.isInteger(jitterMs) && jitterMs >= 0 && jitterMs <= JITTER_MS_MAX) return;
  refuse("jitterMs", `an integer from 0 to ${JITTER_MS_MAX}`, jitterMs);
}

function refuse(field: string, expected: string, value: unknown): never {
  const got = (JSON.stringify(value) ?? String(value)).slice(0, 300);
  throw new CronosError("INVALID_ARGUMENT", `Schedule ${field} must be ${expected}: got ${got}`, {
    details: { field, value },
  });
}
