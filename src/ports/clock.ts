/**
 * The door to time. Everything outside `ports/` asks a Clock, never Date or setTimeout.
 * Two implementers: real-clock.ts (the machine's) and simulated-clock.ts (moves when told).
 */
import type { WallTimeMs } from "../base/ids.ts";

/** A timer that has not fired yet. */
export interface Timer {
  /** The timer will not fire any more. Harmless after it fired. */
  cancel(): void;
}

export interface Clock {
  /** Wall-clock Unix ms, an integer. May step in both directions. */
  now(): WallTimeMs;
  /** Milliseconds with fractions from an arbitrary start; never goes back. For durations only. */
  monotonic(): number;
  /**
   * Runs `fire` once, as soon as possible after now() >= at, never before. The position comes from
   * the wall clock: when it is stepped forward past `at`, the timer fires within 250 ms real time;
   * when it is stepped back, the timer waits. Timers fire in order of `at`.
   * An `at` that has passed fires in a later turn of the event loop, never inside this call.
   * A timer does not keep the process alive.
   */
  at(at: number, fire: () => void): Timer;
  /** Runs `run` once, when what the event loop has at hand now is done; before any later timer. */
  soon(run: () => void): void;
  /** Keeps the process alive until it is cancelled: somebody waits for what timers bring. */
  keepAlive(): Timer;
  /** Runs `fire` once after `delayMs` of monotonic time. Does not keep the process alive. */
  after(delayMs: number, fire: () => void): Timer;
}
