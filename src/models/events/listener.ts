/**
 * What the events model tells while it works, for metrics. Called on hot paths; never throws.
 */
export interface EventsListener {
  delivered(events: number): void;
  acknowledged(events: number): void;
  /** Given back by a consumer, or timed out. */
  failed(events: number): void;
  timedOut(events: number): void;
  /** Attempts used up. */
  died(events: number): void;
  /** Runs of recurring schedules were stored. */
  scheduleRuns(runs: number): void;
  /** A schedule could not run; it is tried again. */
  scheduleFailed(error: unknown): void;
  /** Removed by retention. */
  removed(events: number): void;
  /** `count` events were handed out for the first time, so many ms after they were due. */
  fireLag(lagMs: number, count: number): void;
}
