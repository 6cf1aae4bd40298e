/** The units that timestamps are written in, and times made of them. */
import { seriesError } from "./series-error.ts";
import { TIME_MAX, TIME_MIN } from "./series-time.ts";

export interface Precision {
  /** Nanoseconds of a unit. */
  readonly ns: bigint;
  /** Digits of a timestamp that are behind the second. */
  readonly digits: number;
  /** What the last of those digits counts, ns; what the one before them counts, s. */
  readonly nanosEach: number;
  readonly secondsEach: number;
}

/** Seconds since 1970 and nanoseconds of the second: 0 … 999,999,999. */
export interface PointTime {
  readonly seconds: number;
  readonly nanos: number;
}

const fractions = (digits: number): Precision => ({
  ns: 10n ** BigInt(9 - digits),
  digits,
  nanosEach: 10 ** (9 - digits),
  secondsEach: 1,
});
const wholes = (secondsEach: number): Precision => ({
  ns: BigInt(secondsEach) * 1_000_000_000n,
  digits: 0,
  nanosEach: 0,
  secondsEach,
});

export const nanosecondPrecision: Precision = fractions(9);

const precisions: ReadonlyMap<string, Precision> = new Map([
  ["u", fractions(6)],
  ["us", fractions(6)],
  ["µ", fractions(6)],
  ["ms", fractions(3)],
  ["s", wholes(1)],
  ["m", wholes(60)],
  ["h", wholes(3600)],
]);

/** The precision of this name. What is not a name of one is nanoseconds, as in 1.x. */
export function precisionOf(name: string): Precision {
  return precisions.get(name) ?? nanosecondPrecision;
}

const INTEGER_DIGITS_MAX = 19;
const INT64_MAX = 2n ** 63n - 1n;

/** The time of a timestamp's text: a minus and digits, not checked otherwise. Throws as 1.x. */
export function timeOfText(text: string, precision: Precision): PointTime {
  const digits = text.replace(/^-?0*/, "");
  if (!/\d/.test(text)) throw parseFault(text, "invalid syntax");
  const value = digits.length > INTEGER_DIGITS_MAX ? INT64_MAX + 1n : BigInt(text);
  if (value > INT64_MAX || value < -INT64_MAX - 1n) throw parseFault(text, "value out of range");
  return timeOfCount(value, precision);
}

/** The time of a count of units. Throws if no point can have it. */
export function timeOfCount(count: bigint, { ns }: Precision): PointTime {
  const time = count * ns;
  if (time < TIME_MIN || time > TIME_MAX) {
    throw seriesError("OUT_OF_RANGE", `time outside range ${TIME_MIN} - ${TIME_MAX}`);
  }
  const nanos = Number(((time % SECOND) + SECOND) % SECOND);
  return { seconds: Number((time - BigInt(nanos)) / SECOND), nanos };
}

const SECOND = 1_000_000_000n;

/** The time `ms` (since 1970), cut down to whole units. */
export function timeOfMs(ms: number, { digits, secondsEach }: Precision): PointTime {
  const seconds = Math.floor(ms / 1000 / secondsEach) * secondsEach;
  return { seconds, nanos: digits === 0 ? 0 : (ms - Math.floor(ms / 1000) * 1000) * 1e6 };
}

function parseFault(text: string, reason: string): Error {
  return seriesError("INVALID_ARGUMENT", `strconv.ParseInt: parsing "${text}": ${reason}`);
}
