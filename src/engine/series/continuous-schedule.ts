/**
 * When a continuous query runs and which time it computes: the rules of InfluxDB 1.x (its
 * continuous querier), as pure functions of the query's intervals and the clock. All times are ns
 * since 1970.
 *
 * A query with GROUP BY time(interval, offset) runs each `every` (RESAMPLE EVERY; default: the
 * interval), at times that are multiples of it, and computes all groups that end in the last `for`
 * (RESAMPLE FOR; default: the longer of interval and every).
 */

/** The intervals of a continuous query, ns; `every` and `for` 0: not said. */
export interface ContinuousIntervals {
  readonly interval: bigint;
  readonly offset: bigint;
  readonly every: bigint;
  readonly for: bigint;
}

/** A span of time; `to` is not in it. */
export interface TimeSpan {
  readonly from: bigint;
  readonly to: bigint;
}

/** How often it runs. */
export function runEvery({ every, interval }: ContinuousIntervals): bigint {
  return every === 0n ? interval : every;
}

/** The first time after `time` at which it runs. */
export function nextRun(intervals: ContinuousIntervals, time: bigint): bigint {
  const every = runEvery(intervals);
  return floorTo(time, every, intervals.offset) + every;
}

/** What a run at `time` computes; undefined: no group is complete. */
export function spanOfRun(intervals: ContinuousIntervals, time: bigint): TimeSpan | undefined {
  const { interval, offset } = intervals;
  const every = runEvery(intervals);
  // Groups longer than the time between runs are computed again and again until they end.
  const ahead = interval < every ? 0n : interval - every;
  const from = floorTo(time + interval - lookBack(intervals) - 1n, interval, offset);
  const to = floorTo(time + ahead, interval, offset);
  return to > from ? { from, to } : undefined;
}

/** The groups, whole, that have something of `span`. */
export function groupsTouched(intervals: ContinuousIntervals, span: TimeSpan): TimeSpan {
  const { interval, offset } = intervals;
  const from = floorTo(span.from, interval, offset);
  return { from, to: floorTo(span.to - 1n, interval, offset) + interval };
}

/** The spans as few as possible: those that touch or overlap become one. */
export function mergeSpans(spans: readonly TimeSpan[]): TimeSpan[] {
  const merged: TimeSpan[] = [];
  for (const span of spans.toSorted((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = merged.at(-1);
    if (last === undefined || span.from > last.to) merged.push(span);
    else if (span.to > last.to) merged[merged.length - 1] = { from: last.from, to: span.to };
  }
  return merged;
}

function lookBack(intervals: ContinuousIntervals): bigint {
  if (intervals.for !== 0n) return intervals.for;
  const every = runEvery(intervals);
  return intervals.interval < every ? every : intervals.interval;
}

/** The last multiple of `step` plus `offset` that is not after `time`. */
function floorTo(time: bigint, step: bigint, offset: bigint): bigint {
  const past = (time - offset) % step;
  return time - (past < 0n ? past + step : past);
}
