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
/** No clock was ever put forward or back by more. */
const CHANGE_NS_MAX = 10_800_000_000_000n;
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
  if (shift !== 0n && ns > CHANGE_NS_MAX) return shiftedWindow({ ns, shift }, time, zone);
  const offset = zone(time);
  const start = time - floorRemainder(time + offset - shift, ns);
  const end = start + ns;
  const changeAt = (border: bigint): bigint => {
    const change = offset - zone(border);
    const size = change < 0n ? -change : change;
    return size < ns ? change : 0n;
  };
  const change = changeAt(end);
  // Time that is skipped belongs to the next window if the skip is its border.
  const isInside = change > 0n || zone(end + change) === zone(end);
  return { start: start + changeAt(start), end: isInside ? end + change : end };
}

/** A grid that does not start at midnight: its borders are times of the local clock. */
function shiftedWindow(
  { ns, shift }: { readonly ns: bigint; readonly shift: bigint },
  time: bigint,
  zone: ZoneOffset,
): TimeWindow {
  const local = time + zone(time);
  const start = local - floorRemainder(local - shift, ns);
  return { start: instantOf(start, zone), end: instantOf(start + ns, zone) };
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
