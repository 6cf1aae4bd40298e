/**
 * Spans of time as InfluxQL writes them: `1h30m`, units ns u µ ms s m h d w; and, in time() only,
 * the calendar's `1mo` (or `1M`) and `1y`.
 */
import { ParseError } from "./parse-error.ts";

/** Nanoseconds of each unit, longest first, as they are written. */
const units: readonly (readonly [string, bigint])[] = [
  ["w", 604_800_000_000_000n],
  ["d", 86_400_000_000_000n],
  ["h", 3_600_000_000_000n],
  ["m", 60_000_000_000n],
  ["s", 1_000_000_000n],
  ["ms", 1_000_000n],
  ["u", 1000n],
  ["ns", 1n],
];

const unitSizes: ReadonlyMap<string, bigint> = new Map([...units, ["µ", 1000n]]);
const INT64_MAX = 9_223_372_036_854_775_807n;

/** Reads a span, ns. Fails with 1.x's text; `place` is put behind it, as ` at line 1, char 9`. */
export function parseDuration(text: string, place = ""): bigint {
  const parts = /^-?(?:\d+(?:ns|ms|[uµmshdw]))+$/u.test(text)
    ? [...text.matchAll(/(\d+)(ns|ms|[uµmshdw])/gu)]
    : [];
  if (parts.length === 0) throw new ParseError(`invalid duration${place}`);
  let total = 0n;
  let last = "";
  for (const [part, digits, unit] of parts) {
    const count = BigInt(digits ?? "0");
    if (count > INT64_MAX) throw new ParseError(`invalid duration${place}`);
    // 64 bits that wrap around, as in 1.x: what overflows twice is not noticed there either.
    total = BigInt.asIntN(64, total + count * (unitSizes.get(unit ?? "") ?? 0n));
    last = part.replace(/^0+(?=\d)/, "");
  }
  const isNegative = text.startsWith("-");
  if (total < 0n && !isNegative) {
    const message = `overflowed duration ${last}: choose a smaller duration or INF`;
    throw new ParseError(`${message}${place}`);
  }
  return isNegative ? -total : total;
}

/** Months of `1mo`, `1M` or `2y`; undefined: no span of the calendar. */
export function parseCalendarMonths(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,6})(mo|M|y)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return Number(digits) * (unit === "y" ? 12 : 1);
}

/** Writes a span in its longest fitting unit. */
export function formatDuration(ns: bigint): string {
  if (ns === 0n) return "0s";
  const [unit, size] = units.find(([, unitNs]) => ns % unitNs === 0n) ?? ["ns", 1n];
  return `${ns / size}${unit}`;
}

/** Writes a span of the calendar. */
export function formatMonths(months: number): string {
  return months % 12 === 0 ? `${months / 12}y` : `${months}mo`;
}
