/**
 * The rows of recurring schedules, and the operations on them.
 *
 *   schedule key             JSON { topic, name, cron, timeZone, payload (base64), meta, startAt?,
 *                            endAt?, jitterMs, missed, paused }
 *   schedule key + 00        JSON { nextAt?, runs }
 *
 * Two rows, so that a run rewrites a few bytes and not the payload. nextAt is computed by whoever
 * leads the shard and stored: nobody else needs a calendar, and a new version of the time zone
 * database moves later instants only. `now` is the wall clock, Unix ms.
 */
import { CronosError } from "../../base/errors.ts";
import type { Key } from "../../base/key.ts";
import { keyU8 } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView, Row } from "../../store/base-tree.ts";
import { nextInstant } from "./cron.ts";
import { dueRuns } from "./due-runs.ts";
import { jsonValue, prefixEnd, readJson, scheduleKey, schedulesPrefix } from "./rows.ts";
import { isSameRule, runEvent, scheduleDefinition } from "./schedule.ts";
import type {
  RunEvent,
  Schedule,
  ScheduleDefinition,
  ScheduleInput,
  ScheduleProgress,
} from "./schedule.ts";

/** Which schedule an operation is about. */
export interface ScheduleName {
  readonly topicId: number;
  readonly name: string;
}

type DefinitionRow = Omit<ScheduleDefinition, "payload"> & { readonly payload: string };

/** Behind a schedule's key, which ends in 00 01: no key of another schedule starts like this. */
const progressSuffix = keyU8(0);
const progressEnding: Key = `\x00\x01${progressSuffix}`;

/**
 * Creates or replaces a schedule. One that is replaced stays paused if it was, keeps counting its
 * runs and, if it still recurs at the same instants, its next run: what was missed is not
 * forgotten because a program that starts declares its schedules again.
 */
export function putSchedule(
  tx: Transaction,
  topicId: number,
  { input, now }: { readonly input: ScheduleInput; readonly now: number },
): Schedule {
  const definition = scheduleDefinition(input);
  const key = scheduleKey(topicId, input.name);
  const before = readSchedule(tx, key);
  const paused = before?.paused ?? false;
  const runs = before?.runs ?? 0;
  const kept = before !== undefined && isSameRule(before, definition) ? before.nextAt : undefined;
  const next = paused ? undefined : (kept ?? nextInstant(definition, now));
  return writeSchedule(tx, key, { ...definition, paused, runs, ...nextField(next) });
}

/** Stops the schedule, or lets it go on with the first instant after `now`. NOT_FOUND. */
export function setSchedulePaused(
  tx: Transaction,
  { topicId, name }: ScheduleName,
  { paused, now }: { readonly paused: boolean; readonly now: number },
): Schedule {
  const key = scheduleKey(topicId, name);
  const before = readSchedule(tx, key);
  if (before === undefined) throw new CronosError("NOT_FOUND", `Schedule ${name} does not exist`);
  if (before.paused === paused) return before;
  const { nextAt: _, ...rest } = before;
  const next = paused ? undefined : nextInstant(before, now);
  return writeSchedule(tx, key, { ...rest, paused, ...nextField(next) });
}

/** Removes the schedule; tells whether there was one. What it published stays. */
export function deleteSchedule(tx: Transaction, { topicId, name }: ScheduleName): boolean {
  const key = scheduleKey(topicId, name);
  if (tx.get(key) === undefined) return false;
  tx.delete(key);
  tx.delete(key + progressSuffix);
  return true;
}

/** The schedule with this key; undefined when there is none. */
export function readSchedule(view: ReadView, key: Key): Schedule | undefined {
  const definition = view.get(key);
  const progress = view.get(key + progressSuffix);
  if (definition === undefined || progress === undefined) return undefined;
  return scheduleOf(definition, progress);
}

/** The schedules of a topic, or of all topics, in order of topic id and name. */
export function listSchedules(view: ReadView, topicId?: number): Schedule[] {
  const prefix = schedulesPrefix(topicId);
  const schedules: Schedule[] = [];
  let definition: Uint8Array | undefined;
  for (const [key, value] of view.range(prefix, prefixEnd(prefix))) {
    if (!key.endsWith(progressEnding)) definition = value;
    else if (definition !== undefined) schedules.push(scheduleOf(definition, value));
  }
  return schedules;
}

/** Where a schedule is and when it is to run next. */
export interface SchedulePlace {
  readonly key: Key;
  readonly nextAt: number | undefined;
}

/** What the row says if it holds a schedule's progress; undefined for other rows. */
export function readSchedulePlace([key, value]: Row): SchedulePlace | undefined {
  if (!key.endsWith(progressEnding)) return undefined;
  const { nextAt } = readJson<ScheduleProgress>(value);
  return { key: key.slice(0, -progressSuffix.length), nextAt };
}

/** Runs of a schedule that are to be published, and when it is to run next. */
export interface TakenRuns {
  readonly events: readonly RunEvent[];
  readonly nextAt: number | undefined;
}

/**
 * Does what is due of a schedule at `now`: returns the events of its runs, which the caller
 * publishes in the same operation, and stores how far it came.
 */
export function takeDueRuns(
  tx: Transaction,
  key: Key,
  now: number,
): TakenRuns | undefined {
  const schedule = readSchedule(tx, key);
  if (schedule === undefined) return undefined;
  const { instants, next } = dueRuns(schedule, now);
  if (next !== schedule.nextAt) {
    writeProgress(tx, key, { runs: schedule.runs + instants.length, ...nextField(next) });
  }
  return { events: instants.map((instant) => runEvent(schedule, instant)), nextAt: next };
}

function scheduleOf(definition: Uint8Array, progress: Uint8Array): Schedule {
  const row = readJson<DefinitionRow>(definition);
  const payload = Buffer.from(row.payload, "base64");
  return { ...row, payload, ...readJson<ScheduleProgress>(progress) };
}

function writeSchedule(tx: Transaction, key: Key, schedule: Schedule): Schedule {
  const { nextAt, runs, ...definition } = schedule;
  const payload = Buffer.from(definition.payload).toString("base64");
  const row: DefinitionRow = { ...definition, payload };
  tx.put(key, jsonValue(row));
  writeProgress(tx, key, { runs, ...nextField(nextAt) });
  return schedule;
}

function writeProgress(tx: Transaction, key: Key, progress: ScheduleProgress): void {
  tx.put(key + progressSuffix, jsonValue(progress));
}

function nextField(nextAt: number | undefined): { readonly nextAt?: number } {
  return nextAt === undefined ? {} : { nextAt };
}
