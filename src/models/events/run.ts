/**
 * Runs: sets of events with consecutive offsets and the same due time.
 */

/** A run in the due index, or about to fire. */
export interface DueRun {
  readonly due: number;
  /** Offset of the first event. */
  readonly offset: number;
  readonly count: number;
}

/** A run that fired: its events have consecutive sequences too. */
export interface FiredRun extends DueRun {
  /** Sequence of the first event. */
  readonly sequence: number;
}
