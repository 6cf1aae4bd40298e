/**
 * Wakes things when their time comes: one timing wheel for all of them and one timer of the clock
 * for the earliest. Nothing ticks while nothing is due.
 */
import type { Clock, Timer } from "../../ports/clock.ts";
import { TimingWheel } from "./timing-wheel.ts";

/** The clock that an alarm goes by. */
export interface AlarmTime {
  /** Ms, an integer. */
  now(): number;
  at(at: number, fire: () => void): Timer;
}

/** Time that passes at the same pace whatever is done to the wall clock: for time-outs. */
export function elapsedTime(clock: Clock): AlarmTime {
  const now = (): number => Math.floor(clock.monotonic());
  return { now, at: (at, fire) => clock.after(at - clock.monotonic(), fire) };
}

/** Something that can be woken. It has at most one alarm. */
export interface Sleeper {
  wake(now: number): void;
}

export class Alarm {
  readonly #clock: AlarmTime;
  readonly #wheel: TimingWheel<Sleeper>;
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #ringing = false;
  #closed = false;

  constructor(clock: AlarmTime, wheel: { readonly tickMs: number; readonly slots: number }) {
    this.#clock = clock;
    this.#wheel = new TimingWheel<Sleeper>({ ...wheel, now: clock.now() });
  }

  /** Wakes `sleeper` once at `at` or soon after, instead of when it was set before. */
  set(sleeper: Sleeper, at: number): void {
    if (this.#closed) return;
    this.#wheel.schedule(sleeper, at);
    if (at < this.#timerAt && !this.#ringing) this.#arm(at);
  }

  /** Wakes `sleeper` when `ms` have passed, instead of when it was set before. */
  setAfter(sleeper: Sleeper, ms: number): void {
    this.set(sleeper, this.#clock.now() + ms);
  }

  cancel(sleeper: Sleeper): void {
    this.#wheel.cancel(sleeper);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(at: number): void {
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = this.#clock.at(at, () => this.#ring());
  }

  #ring(): void {
    if (this.#closed) return;
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    this.#ringing = true;
    try {
      this.#wheel.expire(now, (sleeper) => sleeper.wake(now));
    } finally {
      this.#ringing = false;
      const next = this.#wheel.nextTime();
      if (next !== undefined) this.#arm(next);
    }
  }
}
