/** Waiting on a Clock, for code that polls. */
import type { Clock } from "../../ports/clock.ts";

/** Resolves after `delayMs` of monotonic time. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.after(delayMs, resolve));
}
