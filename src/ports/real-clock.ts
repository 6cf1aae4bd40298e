/**
 * The machine's clock.
 *
 * Wall-clock timers wait in one queue behind one sleep. A sleep is never longer than `sleepMsMax`,
 * so that a wall clock that is stepped is noticed soon (the contract allows 250 ms); each wake
 * looks at now() and fires only what is due, so a sleep that ends early never fires a timer early.
 * With nothing waiting nothing is armed; otherwise the idle cost is four wakes a second.
 *
 *   idle ── at() ──> sleeping ── wake ──> firing ── nothing waits ──> idle
 *                        └──────────────────┴── something waits ──> sleeping
 *
 * The last part of a sleep is handed to the timer of the event loop, whose unit is 1 ms: a timer
 * fires typically within 1 ms of its time when the loop is free.
 */
import { wallTimeMs } from "../base/ids.ts";
import type { WallTimeMs } from "../base/ids.ts";
import type { Clock, Timer } from "./clock.ts";
import { TimerQueue } from "./timer-queue.ts";

/** Below the 250 ms of the contract by what a wake may be late itself. */
const sleepMsMax = 240;
/** The longest delay that setTimeout can hold. */
const timeoutMsMax = 0x7fffffff;

type Sleep =
  | { readonly wakeAt: number; readonly timeout: NodeJS.Timeout }
  | { readonly wakeAt: number; readonly immediate: NodeJS.Immediate };

export class RealClock implements Clock {
  readonly #waiting = new TimerQueue();
  #sleep: Sleep | undefined;

  now(): WallTimeMs {
    return wallTimeMs(Date.now());
  }

  monotonic(): number {
    return performance.now();
  }

  at(at: number, fire: () => void): Timer {
    const timer = this.#waiting.add(at, fire);
    if (this.#sleep === undefined || at < this.#sleep.wakeAt) this.#arm();
    return timer;
  }

  soon(run: () => void): void {
    setImmediate(run);
  }

  keepAlive(): Timer {
    const interval = setInterval(() => {}, 2 ** 30);
    return { cancel: () => clearInterval(interval) };
  }

  after(delayMs: number, fire: () => void): Timer {
    return new DelayTimer(performance.now() + delayMs, fire);
  }

  #arm(): void {
    this.#disarm();
    const due = this.#waiting.nextDue();
    if (due === undefined) return;
    const now = Date.now();
    if (due <= now) {
      // Not unref'ed: the event loop does not wake up for an unref'ed immediate. It can hold the
      // process for one turn only.
      this.#sleep = { wakeAt: due, immediate: setImmediate(() => this.#wake()) };
      return;
    }
    const sleepMs = Math.min(Math.ceil(due - now), sleepMsMax);
    const timeout = setTimeout(() => this.#wake(), sleepMs);
    timeout.unref();
    this.#sleep = { wakeAt: now + sleepMs, timeout };
  }

  #disarm(): void {
    if (this.#sleep === undefined) return;
    if ("timeout" in this.#sleep) clearTimeout(this.#sleep.timeout);
    else clearImmediate(this.#sleep.immediate);
    this.#sleep = undefined;
  }

  #wake(): void {
    this.#sleep = undefined;
    const now = Date.now();
    try {
      // Only what is due at this one reading, so that timers which set new ones cannot keep the
      // event loop here.
      for (;;) {
        const fire = this.#waiting.takeDue(now);
        if (fire === undefined) break;
        fire();
      }
    } finally {
      // A timer that throws must not silence the others.
      this.#arm();
    }
  }
}

/** A delay on monotonic time; checks on waking, because setTimeout may be up to 1 ms early. */
class DelayTimer implements Timer {
  readonly #due: number;
  readonly #fire: () => void;
  #timeout: NodeJS.Timeout;

  constructor(due: number, fire: () => void) {
    this.#due = due;
    this.#fire = fire;
    this.#timeout = this.#arm();
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }

  #arm(): NodeJS.Timeout {
    const delayMs = Math.min(Math.ceil(this.#due - performance.now()), timeoutMsMax);
    const timeout = setTimeout(() => this.#wake(), Math.max(delayMs, 0));
    timeout.unref();
    return timeout;
  }

  #wake(): void {
    if (performance.now() < this.#due) this.#timeout = this.#arm();
    else this.#fire();
  }
}
