/**
 * A clock that moves when it is told to, for tests and for open(":memory:").
 *
 * Time stands still except inside advance(), which goes from one due timer to the next and lets the
 * code that a timer woke run before time goes on. Wall time is monotonic time plus an offset that
 * step() changes, so clock steps can be played too.
 *
 *            start    step(+ms) moves only the wall
 *   wall       ├─────────┐
 *              │         └─────────┤
 *   monotonic  0──────────────────>  advance(ms) moves both
 *
 * A timer whose time has come already (a passed `at`, a step over it, a delay of 0) fires in a
 * later turn of the event loop without advance(), as the contract wants it.
 */
import { assert } from "../base/assert.ts";
import { wallTimeMs } from "../base/ids.ts";
import type { WallTimeMs } from "../base/ids.ts";
import type { Clock, Timer } from "./clock.ts";
import { TimerQueue } from "./timer-queue.ts";

/**
 * Turns of the event loop that the code a timer woke gets before time moves on. Each turn also
 * drains the promise queue, so one is enough for code that awaits only promises; more are for code
 * that yields with setImmediate.
 */
const settleTurns = 8;
/** More timers than this at one instant are timers that re-arm themselves for ever. */
const firesAtOneInstantMax = 1_000_000;

export class SimulatedClock implements Clock {
  readonly #wallTimers = new TimerQueue();
  readonly #delayTimers = new TimerQueue();
  #monotonic = 0;
  #wallOffset: number;
  #dueRunPlanned = false;
  #lastAdvance: Promise<void> = Promise.resolve();

  /** `start`: the wall clock at the beginning, Unix ms. */
  constructor(start = Date.UTC(2030, 0, 1)) {
    assert(Number.isSafeInteger(start), "Start of a simulated clock must be an integer");
    this.#wallOffset = start;
  }

  now(): WallTimeMs {
    return wallTimeMs(Math.floor(this.#monotonic + this.#wallOffset));
  }

  monotonic(): number {
    return this.#monotonic;
  }

  at(at: number, fire: () => void): Timer {
    const timer = this.#wallTimers.add(Math.ceil(at), fire);
    this.#planDueRun();
    return timer;
  }

  soon(run: () => void): void {
    setImmediate(run);
  }

  /** Does nothing: a program that waits for simulated time without moving it waits for ever. */
  keepAlive(): Timer {
    return { cancel: () => {} };
  }

  after(delayMs: number, fire: () => void): Timer {
    const timer = this.#delayTimers.add(this.#monotonic + Math.max(delayMs, 0), fire);
    this.#planDueRun();
    return timer;
  }

  /**
   * Moves time by `ms`, stopping at each due timer to run it and what it woke. Resolves when time
   * has arrived. Calls that overlap run one after another.
   */
  advance(ms: number): Promise<void> {
    assert(ms >= 0, "Simulated time cannot be advanced backwards; step() moves the wall clock");
    const run = this.#lastAdvance.then(() => this.#advance(ms));
    this.#lastAdvance = run.catch(() => undefined);
    return run;
  }

  /** Jumps the wall clock by `ms` (either way), as an administrator or NTP does. */
  step(ms: number): void {
    assert(Number.isSafeInteger(ms), "Step of the wall clock must be a whole number of ms");
    this.#wallOffset += ms;
    this.#planDueRun();
  }

  async #advance(ms: number): Promise<void> {
    await settle();
    const target = this.#monotonic + ms;
    let firesAtInstant = 0;
    for (;;) {
      const due = this.#nextDue();
      if (due === undefined || due > target) break;
      if (due > this.#monotonic) firesAtInstant = 0;
      this.#monotonic = Math.max(this.#monotonic, due);
      firesAtInstant += this.#fireDue();
      assert(firesAtInstant < firesAtOneInstantMax, "Timers keep re-arming at the same instant");
      await settle();
    }
    this.#monotonic = target;
    await settle();
  }

  /** Monotonic time at which the next timer of either kind is due. */
  #nextDue(): number | undefined {
    const wallDue = this.#wallTimers.nextDue();
    const delayDue = this.#delayTimers.nextDue();
    if (wallDue === undefined) return delayDue;
    const wallDueMonotonic = wallDue - this.#wallOffset;
    return delayDue === undefined ? wallDueMonotonic : Math.min(wallDueMonotonic, delayDue);
  }

  /** Runs what is due right now, except what that arms anew; returns how many timers fired. */
  #fireDue(): number {
    return (
      fireDue(this.#wallTimers, this.now()) + fireDue(this.#delayTimers, this.#monotonic)
    );
  }

  #planDueRun(): void {
    if (this.#dueRunPlanned) return;
    const due = this.#nextDue();
    if (due === undefined || due > this.#monotonic) return;
    this.#dueRunPlanned = true;
    setImmediate(() => {
      this.#dueRunPlanned = false;
      try {
        this.#fireDue();
      } finally {
        this.#planDueRun();
      }
    });
  }
}

function fireDue(queue: TimerQueue, time: number): number {
  // Bounded by what waits now: a timer that arms one in the past must not spin here.
  const waiting = queue.size;
  for (let count = 0; count < waiting; count++) {
    const fire = queue.takeDue(time);
    if (fire === undefined) return count;
    fire();
  }
  return waiting;
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < settleTurns; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
