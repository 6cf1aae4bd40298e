/**
 * Moves runs whose time has come from the due index to the fired log, partition by partition, in
 * one operation each; when that is durable they are offered to the groups.
 *
 * Decided by the wall clock, never early: shard time may be ahead of it after a clock step.
 */
import { isCronosError } from "../../base/errors.ts";
import { keyU48 } from "../../base/key.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Shard } from "../../shard/shard.ts";
import type { Transaction } from "../../shard/transaction.ts";
import type { Alarm } from "./alarm.ts";
import type { DueRun, FiredRun } from "./run.ts";
import { appendFired } from "./fired.ts";
import { dueRunOf } from "./due-index.ts";
import type { Partition } from "./partition.ts";

/** Most runs and events that one operation fires; more follow in the next turn. */
const RUNS_MAX = 2048;
const EVENTS_MAX = 16_384;
/** Wait before firing is tried again while the shard takes no writes. */
const REFUSED_RETRY_MS = 250;

export class Firing {
  readonly #shard: Shard;
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  readonly #onFired: (partition: Partition, runs: readonly FiredRun[]) => void;

  constructor(options: {
    readonly shard: Shard;
    readonly clock: Clock;
    readonly alarm: Alarm;
    readonly onFired: (partition: Partition, runs: readonly FiredRun[]) => void;
  }) {
    this.#shard = options.shard;
    this.#clock = options.clock;
    this.#alarm = options.alarm;
    this.#onFired = options.onFired;
  }

  /** Something was put into the partition's due index, due at `due`. */
  expect(partition: Partition, due: number): void {
    if (due >= partition.nextDue) return;
    partition.nextDue = due;
    this.#alarm.set(partition, due);
  }

  /** Sets the partition's alarm to its next due time, as after it was loaded. */
  arm(partition: Partition): void {
    if (partition.nextDue === Number.POSITIVE_INFINITY) this.#alarm.cancel(partition);
    else this.#alarm.set(partition, partition.nextDue);
  }

  /** Fires what is due in the partition now and sets its alarm for the rest. */
  fire(partition: Partition): void {
    const now = this.#clock.now();
    if (partition.nextDue <= now) {
      try {
        this.#shard.run((tx) => this.#fireDue(tx, partition, now));
      } catch (error) {
        if (!isCronosError(error)) throw error;
        if (error.code !== "CLOSED") this.#alarm.set(partition, now + REFUSED_RETRY_MS);
        return;
      }
    }
    if (partition.nextDue <= now) this.#clock.soon(() => this.fire(partition));
    else this.arm(partition);
  }

  #fireDue(tx: Transaction, partition: Partition, now: number): void {
    const runs: DueRun[] = [];
    let events = 0;
    let lastKey = "";
    let nextDue = Number.POSITIVE_INFINITY;
    const start = partition.duesPrefix + keyU48(partition.nextDue);
    for (const row of tx.range(start, partition.duesEnd)) {
      const run = dueRunOf(row);
      if (run.due > now || runs.length >= RUNS_MAX || events >= EVENTS_MAX) {
        nextDue = run.due;
        break;
      }
      runs.push(run);
      events += run.count;
      lastKey = row[0];
    }
    const before = partition.nextDue;
    partition.nextDue = nextDue;
    tx.onUndone(() => {
      partition.nextDue = before;
    });
    if (runs.length === 0) return;
    // From the start of the partition's index: such deletions melt into one in the memtable.
    tx.deleteRange(partition.duesPrefix, `${lastKey}\x00`);
    const fired = appendFired(tx, partition, { runs });
    tx.onDurable(() => this.#onFired(partition, fired));
  }
}
