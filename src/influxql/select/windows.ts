/**
 * Windows of GROUP BY time(): which window an instant lies in. Windows lie on a grid from 1970 in
 * UTC, shifted by an offset; with a zone on a grid of local time, so that a day may have 23 hours;
 * or they are months of the calendar.
 */
import { TIME_MAX, TIME_MIN } from "../../models/series/series-time.ts";
import type { ZoneOffset } from "./zone-time.ts";
import { floorDivide, floorRemainder, monthOf, monthStart, zoneOffset } from "./zone-time.ts";

export interface TimeInterval {
  /** Length, ns; 0: no GROUP BY time, or months. */
  readonly ns: bigint;
  readonly months: number;
  readonly offsetNs: bigint;
  /** Undefined: UTC. */
  readonly zone: string | undefined;
}

export interface TimeWindow {
  readonly start: bigint;
  /** Not included. */
  readonly end: bigint;
}

const WEEK_NS = 604_800_000_000_000n;
/** From Thursday 1970-01-01 to the first Monday. */
const TO_MONDAY_NS = 345_600_000_000_000n;

/** Whether windows are all of one length: no zone, no months. */
export function isUniform(interval: TimeInterval): boolean {
  return interval.months === 0 && interval.zone === undefined;
}

/** The window of `interval` (which is one) that `time` lies in. */
export function windowOf(interval: TimeInterval, time: bigint): TimeWindow {
  const zone = interval.zone === undefined ? undefined : zoneOffset(interval.zone);
  if (interval.months > 0) return monthWindow(interval, time, zone);
  if (zone === undefined) {
    const into = floorRemainder(time - interval.offsetNs, interval.ns);
    const start = time - into;
    return {
      start: start < TIME_MIN ? TIME_MIN : start,
      end: start + interval.ns > TIME_MAX ? TIME_MAX : start + interval.ns,
    };
  }
  return zonedWindow(interval, time, zone);
}

/**
 * A grid of local time. Where the clock changes inside a window the border moves along, unless the
 * change is as long as the window itself.
 */
function zonedWindow(interval: TimeInterval, time: bigint, zone: ZoneOffset): TimeWindow {
  const { ns } = interval;
  const isWeeks = ns % WEEK_NS === 0n && interval.offsetNs === 0n;
  const shift = isWeeks ? TO_MONDAY_NS % ns : interval.offsetNs;
  const at = time - shift;
  const offset = zone(at);
  const into = floorRemainder(at + offset, ns);
  const moved = (border: bigint): bigint => {
    const change = offset - zone(border);
    const size = change < 0n ? -change : change;
    return size !== 0n && size < ns ? border + change : border;
  };
  return { start: moved(at - into + shift), end: moved(at - into + ns + shift) };
}

function monthWindow(
  interval: TimeInterval,
  time: bigint,
  zone: ZoneOffset | undefined,
): TimeWindow {
  const at = time - interval.offsetNs;
  const local = at + (zone?.(at) ?? 0n);
  const first = Math.floor(monthOf(local) / interval.months) * interval.months;
  return {
    start: instantOf(monthStart(first), zone) + interval.offsetNs,
    end: instantOf(monthStart(first + interval.months), zone) + interval.offsetNs,
  };
}

function instantOf(local: bigint, zone: ZoneOffset | undefined): bigint {
  if (zone === undefined) return local;
  const guess = local - zone(local);
  return local - zone(guess);
}

/** How many windows of the interval there are from one instant to another, both included. */
export function windowCount(interval: TimeInterval, from: bigint, to: bigint): number {
  if (to < from) return 0;
  // A month in the mean of 400 years.
  const length =
    interval.months > 0 ? BigInt(interval.months) * 2_629_746_000_000_000n : interval.ns;
  const first = floorDivide(from - interval.offsetNs, length);
  return Number(floorDivide(to - interval.offsetNs, length) - first) + 1;
}
