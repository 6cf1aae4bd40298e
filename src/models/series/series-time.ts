/**
 * Times of points. A time is nanoseconds since 1970, 64 bits signed, more than a double holds
 * exactly. Inside a *window* of at most 168 hours it is an offset in nanoseconds, which a double
 * does hold exactly (168 h = 6.05e14 < 2^53): columns of times are Float64Arrays of such offsets,
 * and only what leaves the database is made a bigint.
 *
 * A window starts at a whole multiple of its length in hours, counted from 1970. Its number is the
 * hour it starts at, from -2,562,048 (year 1677) to 2,562,047 (2262).
 */

/** Nanoseconds of an hour. */
export const HOUR_NS = 3_600_000_000_000;
export const HOUR_NS_BIG = 3_600_000_000_000n;
/** Seconds of an hour. */
export const HOUR_S = 3600;
/** Longest window. */
export const WINDOW_HOURS_MAX = 168;
/** The times a point can have, as InfluxDB 1.x bounds them. */
export const TIME_MIN = -9_223_372_036_854_775_806n;
export const TIME_MAX = 9_223_372_036_854_775_806n;

/** The hour at which the window of `seconds` (since 1970, whole) starts. */
export function windowStart(seconds: number, windowHours: number): number {
  return Math.floor(seconds / (windowHours * HOUR_S)) * windowHours;
}

/** The hour at which the window of `time` starts. */
export function windowStartOf(time: bigint, windowHours: number): number {
  // Floor, not truncation: times before 1970 are negative.
  const seconds = Number((time - ((time % SECOND_NS) + SECOND_NS) % SECOND_NS) / SECOND_NS);
  return windowStart(seconds, windowHours);
}

const SECOND_NS = 1_000_000_000n;

/** Offset in a window, ns, of a time told as whole seconds and nanoseconds (0 … 999,999,999). */
export function offsetIn(startHour: number, seconds: number, nanos: number): number {
  return (seconds - startHour * HOUR_S) * 1e9 + nanos;
}

/** Offset of `time` from the start of a window, ns; not exact more than 104 days from it. */
export function offsetOf(startHour: number, time: bigint): number {
  return Number(time - BigInt(startHour) * HOUR_NS_BIG);
}

/** The time at an offset of a window. */
export function timeAt(startHour: number, offset: number): bigint {
  return BigInt(startHour) * HOUR_NS_BIG + BigInt(offset);
}
