/**
 * Runs the recurring schedules of a shard: sleeps until the next instant, then publishes what is
 * due and stores the instant behind it, both in one operation. So a kill at any moment leaves
 * either both or neither, and every instant becomes one event.
 *
 * Runs on the shard's leader only. What it keeps in memory is when to look at which schedule; the
 * rows decide what happens then, so that a look too many does nothing.
 *
 * states of a schedule:   sleeping ──its time comes──> waiting ──a place is free──> running
 *                            ^                                                        │
 *                            └──────────── durable, or failed: again later ───────────┘
 */
import { CronosError, isCronosError } from "../../base/errors.ts";
import type { Key } from "../../base/key.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { ReadView } from "../../store/base-tree.ts";
import { prefixEnd, scheduleKey, scheduleKeyTopic, schedulesPrefix } from "./rows.ts";
import type { RunEvent, Schedule, ScheduleInput } from "./schedule.ts";
import {
  deleteSchedule,
  putSchedule,
  readSchedulePlace,
  setSchedulePaused,
  takeDueRuns,
} from "./schedules.ts";
import type { ScheduleName } from "./schedules.ts";

/** Most schedules of a shard. */
export const SCHEDULES_MAX = 100_000;
/** Most schedules whose operations are under way at once: midnight must not hold the event loop. */
const RUNNING_MAX = 32;
/** How long to wait after an operation failed for the time being, and after it failed otherwise. */
const RETRY_MS = 1000;
const FAULT_RETRY_MS = 60_000;

/** What is woken; see Alarm. */
interface Sleeper {
  wake(now: number): void;
}

export interface ScheduleRunnerOptions {
  /** Wakes a sleeper at a time, wall clock, or soon after; a new time takes the old one's place. */
  readonly alarm: {
    set(sleeper: Sleeper, at: number): void;
    cancel(sleeper: Sleeper): void;
  };
  /** Wall clock, Unix ms. */
  readonly wallNow: () => number;
  /** Runs an operation; resolves when it is durable. */
  readonly execute: (operation: (tx: Transaction) => void) => Promise<void>;
  /** Publishes the events as part of the operation; those whose id is known are left out. */
  readonly publish: (tx: Transaction, events: readonly RunEvent[], topicId: number) => void;
  /** So many runs are durable. */
  readonly onRuns: (runs: number) => void;
  /**
   * The operation of a schedule failed, and not because nothing can be written now, which is
   * reported elsewhere. It is tried again.
   */
  readonly onError: (error: unknown) => void;
}

/** A schedule as the runner sees it. */
class Entry implements Sleeper {
  readonly key: Key;
  nextAt: number | undefined;
  /** Waiting or running: it is not to be woken. */
  isAwake = false;
  /** When it was woken: how late a run is depends on that, not on how long it waited since. */
  wokenAt = 0;
  readonly #onWake: (entry: Entry) => void;

  constructor(key: Key, onWake: (entry: Entry) => void) {
    this.key = key;
    this.#onWake = onWake;
  }

  wake(now: number): void {
    this.wokenAt = now;
    this.#onWake(this);
  }
}

export class ScheduleRunner {
  readonly #options: ScheduleRunnerOptions;
  readonly #entries = new Map<Key, Entry>();
  /** Those whose time has come, in order; a set, because one may leave it. */
  readonly #waiting = new Set<Entry>();
  #running = 0;

  constructor(options: ScheduleRunnerOptions) {
    this.#options = options;
  }

  /** How many schedules there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** Takes what the rows say for what is known: at the start, and when the tip rolled back. */
  load(view: ReadView): void {
    for (const key of this.#entries.keys()) this.#forget(key);
    const prefix = schedulesPrefix();
    for (const row of view.range(prefix, prefixEnd(prefix))) {
      const place = readSchedulePlace(row);
      if (place !== undefined) this.#place(place.key, place.nextAt);
    }
  }

  /** Creates or replaces a schedule; see putSchedule(). */
  put(tx: Transaction, topicId: number, input: ScheduleInput): Schedule {
    const key = scheduleKey(topicId, String(input.name));
    if (!this.#entries.has(key) && this.#entries.size >= SCHEDULES_MAX) {
      throw new CronosError("TOO_LARGE", `Database must have at most ${SCHEDULES_MAX} schedules`);
    }
    const schedule = putSchedule(tx, topicId, { input, now: this.#options.wallNow() });
    tx.onApplied(() => this.#place(key, schedule.nextAt));
    return schedule;
  }

  /** Stops a schedule, or lets it go on. NOT_FOUND if there is none. */
  setPaused(tx: Transaction, name: ScheduleName, paused: boolean): Schedule {
    const schedule = setSchedulePaused(tx, name, { paused, now: this.#options.wallNow() });
    const key = scheduleKey(name.topicId, name.name);
    tx.onApplied(() => this.#place(key, schedule.nextAt));
    return schedule;
  }

  /** Removes a schedule; tells whether there was one. */
  delete(tx: Transaction, name: ScheduleName): boolean {
    const isDeleted = deleteSchedule(tx, name);
    if (isDeleted) tx.onApplied(() => this.#forget(scheduleKey(name.topicId, name.name)));
    return isDeleted;
  }

  /** The topic's rows are gone, those of its schedules among them. */
  forgetTopic(topicId: number): void {
    const prefix = schedulesPrefix(topicId);
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#forget(key);
  }

  /** Nothing runs any more, except operations that are under way. */
  close(): void {
    for (const key of this.#entries.keys()) this.#forget(key);
  }

  #place(key: Key, nextAt: number | undefined): void {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = new Entry(key, (woken) => this.#onWake(woken));
      this.#entries.set(key, entry);
    }
    entry.nextAt = nextAt;
    this.#sleep(entry, nextAt);
  }

  /** Sets the entry's alarm, unless it is awake (then when it is not any more) or forgotten. */
  #sleep(entry: Entry, at: number | undefined): void {
    if (entry.isAwake || this.#entries.get(entry.key) !== entry) return;
    if (at === undefined) this.#options.alarm.cancel(entry);
    else this.#options.alarm.set(entry, at);
  }

  #forget(key: Key): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#waiting.delete(entry);
    this.#options.alarm.cancel(entry);
  }

  #onWake(entry: Entry): void {
    entry.isAwake = true;
    this.#waiting.add(entry);
    this.#runWaiting();
  }

  #runWaiting(): void {
    for (const entry of this.#waiting) {
      if (this.#running >= RUNNING_MAX) return;
      this.#waiting.delete(entry);
      this.#running++;
      void this.#run(entry);
    }
  }

  async #run(entry: Entry): Promise<void> {
    const { execute, onError, onRuns, wallNow } = this.#options;
    let retryAt: number | undefined;
    try {
      let runs = 0;
      await execute((tx) => {
        runs = this.#step(tx, entry);
      });
      if (runs > 0) onRuns(runs);
    } catch (error) {
      const isForNow = isCronosError(error) && (error.kind === "retry" || error.kind === "closed");
      retryAt = wallNow() + (isForNow ? RETRY_MS : FAULT_RETRY_MS);
      if (!isForNow) onError(error);
    }
    this.#running--;
    entry.isAwake = false;
    this.#sleep(entry, retryAt ?? entry.nextAt);
    this.#runWaiting();
  }

  /** Publishes what is due and stores how far the schedule came; returns how many runs. */
  #step(tx: Transaction, entry: Entry): number {
    const taken = takeDueRuns(tx, entry.key, entry.wokenAt);
    if (taken === undefined) return 0;
    if (taken.events.length > 0) {
      this.#options.publish(tx, taken.events, scheduleKeyTopic(entry.key));
    }
    tx.onApplied(() => {
      entry.nextAt = taken.nextAt;
    });
    return taken.events.length;
  }
}
