/**
 * Which runs of a schedule are to be published now, and when the next one is.
 *
 * An instant is *missed* when it is late: nobody ran when it came. What happens then is the
 * schedule's choice; the newest instant that has come is N, those before it are older.
 *
 *   policy      older than N   N
 *   skip        dropped        runs if it is less than MISSED_AFTER_MS late, else dropped
 *   fire-once   dropped        runs
 *   fire-all    run            runs
 *
 * On time, all three run every instant. The work does not grow with how long nobody ran, except for
 * fire-all, which is done in steps.
 */
import { lastInstant, nextInstant } from "./cron.ts";
import type { Schedule } from "./schedule.ts";

/** From this lateness on a run of a `skip` schedule is dropped. */
export const MISSED_AFTER_MS = 1000;
/** Most runs, and (beyond the first) most bytes of payload, that one step publishes. */
export const RUNS_PER_STEP_MAX = 100;
export const RUN_BYTES_PER_STEP_MAX = 4 * 1024 * 1024;

export interface DueRuns {
  /** Instants whose runs are to be published, oldest first. */
  readonly instants: readonly number[];
  /** The instant behind them: at or before now when there is another step to do. */
  readonly next: number | undefined;
}

/** What is due of the schedule at `now`, wall clock, Unix ms. */
export function dueRuns(schedule: Schedule, now: number): DueRuns {
  const { nextAt } = schedule;
  if (nextAt === undefined || nextAt > now) return { instants: [], next: nextAt };
  if (schedule.missed === "fire-all") return everyMissed(schedule, nextAt, now);
  // Not the last instant of the rule when the time zone's rules changed since nextAt was stored.
  const newest = Math.max(nextAt, lastInstant(schedule, now) ?? nextAt);
  const isDropped = schedule.missed === "skip" && now - newest >= MISSED_AFTER_MS;
  return { instants: isDropped ? [] : [newest], next: nextInstant(schedule, now) };
}

function everyMissed(schedule: Schedule, nextAt: number, now: number): DueRuns {
  const fitting = Math.floor(RUN_BYTES_PER_STEP_MAX / schedule.payload.length);
  const countMax = Math.min(RUNS_PER_STEP_MAX, Math.max(1, fitting));
  const instants: number[] = [];
  let next: number | undefined = nextAt;
  while (next !== undefined && next <= now && instants.length < countMax) {
    instants.push(next);
    next = nextInstant(schedule, next);
  }
  return { instants, next };
}
