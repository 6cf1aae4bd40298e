/**
 * A schedule runner on a shard of rows, with a clock that the test sets. Runs are published into
 * rows of the same operation, so that a kill takes back both or neither.
 */
import { RowShard } from "./row-shard.ts";
import { scheduleKey } from "../../src/models/events/rows.ts";
import { ScheduleRunner } from "../../src/models/events/schedule-runner.ts";
import type { RunEvent, Schedule, ScheduleInput } from "../../src/models/events/schedule.ts";
import { readSchedule } from "../../src/models/events/schedules.ts";
import { TimingWheel } from "../../src/models/events/timing-wheel.ts";
import type { Transaction } from "../../src/shard/transaction.ts";

interface Sleeper {
  wake(now: number): void;
}

/** Sorts behind every row of the events model. */
const publishedPrefix = "published ";

export class SimulatedSchedules {
  readonly topicId = 1;
  readonly start = Date.parse("2025-06-01T12:00:00Z");
  readonly errors: unknown[] = [];
  /** Wall clock; set it, then ring(). */
  now: number = this.start;
  /** What every publish throws, if anything. */
  failure: Error | undefined;
  /** Durable runs that were reported, and runs that had been published before. */
  runs = 0;
  repeated = 0;
  runner!: ScheduleRunner;
  readonly #shard = new RowShard(() => this.now);
  #wheel!: TimingWheel<Sleeper>;

  constructor() {
    this.restart();
  }

  /** Everything that was not durable is gone, and so is what the process knew. */
  kill(): void {
    this.#shard.kill();
    this.runner.close();
  }

  restart(): void {
    const wheel = new TimingWheel<Sleeper>({ tickMs: 1, slots: 1024, now: this.now });
    this.#wheel = wheel;
    this.runner = new ScheduleRunner({
      alarm: {
        set: (sleeper, at) => wheel.schedule(sleeper, at),
        cancel: (sleeper) => wheel.cancel(sleeper),
      },
      wallNow: () => this.now,
      execute: (operation) => this.#shard.execute(operation),
      publish: (tx, events) => this.#publish(tx, events),
      onRuns: (runs) => {
        this.runs += runs;
      },
      onError: (error) => this.errors.push(error),
    });
    this.runner.load(this.#shard.durable);
  }

  put(input: ScheduleInput): Promise<Schedule> {
    return this.#execute((tx) => this.runner.put(tx, this.topicId, input));
  }

  pause(name: string, paused: boolean): Promise<Schedule> {
    const { topicId } = this;
    return this.#execute((tx) => this.runner.setPaused(tx, { topicId, name }, paused));
  }

  delete(name: string): Promise<boolean> {
    const { topicId } = this;
    return this.#execute((tx) => this.runner.delete(tx, { topicId, name }));
  }

  read(name: string): Schedule | undefined {
    return readSchedule(this.#shard.durable, scheduleKey(this.topicId, name));
  }

  /** Ids of the published runs, in the order of their names and instants. */
  published(state: "durable" | "tip" = "durable"): string[] {
    const rows = this.#shard[state].range(publishedPrefix, undefined);
    return [...rows].map(([key]) => key.slice(publishedPrefix.length));
  }

  /** Wakes what is due now; its operations run but are not durable. */
  ring(): void {
    this.#wheel.expire(this.now, (sleeper) => sleeper.wake(this.now));
  }

  /** Moves the clock and lets everything that is due happen and be durable. */
  async advance(ms: number): Promise<void> {
    this.now += ms;
    await this.settle();
  }

  async settle(): Promise<void> {
    this.ring();
    do {
      this.#shard.makeDurable();
      await new Promise(setImmediate);
      this.ring();
    } while ((this.#wheel.nextTime() ?? Infinity) <= this.now || this.#shard.isBusy);
  }

  async #execute<T>(operation: (tx: Transaction) => T): Promise<T> {
    const result = this.#shard.execute(operation);
    this.#shard.makeDurable();
    return result;
  }

  #publish(tx: Transaction, events: readonly RunEvent[]): void {
    if (this.failure !== undefined) throw this.failure;
    for (const { id, payload } of events) {
      const key = publishedPrefix + id;
      if (tx.get(key) !== undefined) this.repeated++;
      tx.put(key, payload);
    }
  }
}
