/**
 * Offsets of time zones and the calendar, without the machine's clock. Offsets are asked of the
 * runtime's zone database and kept per quarter of an hour: no zone changes in between.
 */

const QUARTER_NS = 900_000_000_000n;
const SECOND_NS = 1_000_000_000n;
const DAY_NS = 86_400_000_000_000n;
const CACHED_MAX = 100_000;

/** Tells the offset of local time from UTC, ns, at an instant. */
export type ZoneOffset = (time: bigint) => bigint;

const zones = new Map<string, ZoneOffset>();

export function zoneOffset(zone: string): ZoneOffset {
  const known = zones.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  const cache = new Map<bigint, bigint>();
  const made: ZoneOffset = (time) => {
    const quarter = floorDivide(time, QUARTER_NS);
    let offset = cache.get(quarter);
    if (offset === undefined) {
      if (cache.size >= CACHED_MAX) cache.clear();
      offset = readOffset(format, Number(floorDivide(time, 1_000_000n)));
      cache.set(quarter, offset);
    }
    return offset;
  };
  zones.set(zone, made);
  return made;
}

function readOffset(format: Intl.DateTimeFormat, ms: number): bigint {
  const part = format.formatToParts(ms).find(({ type }) => type === "timeZoneName");
  const [, sign, hours, minutes, seconds] =
    /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(part?.value ?? "") ?? [];
  if (sign === undefined) return 0n;
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0);
  return BigInt(sign === "-" ? -total : total) * SECOND_NS;
}

export function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

/** Remainder of floorDivide: 0 or more. */
export function floorRemainder(value: bigint, by: bigint): bigint {
  return value - floorDivide(value, by) * by;
}

/** Days since 1970-01-01 of a day of the Gregorian calendar; month 0 … 11, may be beyond. */
export function daysFromDate(year: number, month: number, day: number): number {
  // Years that begin in March have their leap day at the end.
  const months = year * 12 + month - 2;
  const y = Math.floor(months / 12);
  const m = months - y * 12;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * m + 2) / 5) + day - 1;
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * 146_097 + yearOfEra * 365 + leapDays + dayOfYear - 719_468;
}

/** Months since 1970-01 of the month that a local time lies in. */
export function monthOf(localTime: bigint): number {
  const days = Number(floorDivide(localTime, DAY_NS)) + 719_468;
  const era = Math.floor(days / 146_097);
  const dayOfEra = days - era * 146_097;
  const leap = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524);
  const yearOfEra = Math.floor((dayOfEra - leap + Math.floor(dayOfEra / 146_096)) / 365);
  const before = 365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  const month = Math.floor((5 * (dayOfEra - before) + 2) / 153);
  return (yearOfEra + era * 400 - 1970) * 12 + month + 2;
}

/** Local time at which a month since 1970-01 begins. */
export function monthStart(month: number): bigint {
  return BigInt(daysFromDate(1970, month, 1)) * DAY_NS;
}
