/**
 * Cron lines: which instants they mean. The calendar arithmetic is croner's; this file alone knows
 * it, and it alone turns a Date into Unix ms. Nothing here runs anything: no function is passed to
 * croner, so it starts no timer.
 *
 * A line has five fields (minute hour day month weekday), or six with seconds first, or is a
 * nickname (@hourly, @daily, …). It is read in an IANA time zone; instants are whole seconds.
 * Where the clocks of the zone change:
 *
 *   fixed times (no wildcard and no step in seconds, minutes and hours: 30 2,14 * * *)
 *     forward, 02:30 is missing   runs at the end of the gap, 03:00: once for all times in the gap
 *     back, 02:30 comes twice     runs the first time only
 *   intervals (any other line: 0,30 * * * *)
 *     forward                     what is in the gap is left out
 *     back                        runs both times
 *
 * So a daily job runs once on every day, and one that runs every n minutes keeps its pace. (One
 * exception: where a gap reaches midnight, as in Greenland, the fixed times in it are left out.)
 */
import { Cron } from "croner";
import { assert } from "../../base/assert.ts";
import { CronosError } from "../../base/errors.ts";
import { keyU48Max } from "../../base/key.ts";

/** When something recurs. */
export interface CronRule {
  readonly cron: string;
  /** IANA name. */
  readonly timeZone: string;
  /** No instant before / at or after, Unix ms. */
  readonly startAt?: number | undefined;
  readonly endAt?: number | undefined;
}

/** Longest cron line. */
export const CRON_CHARACTERS_MAX = 256;
/** Most instants of one preview. */
export const PREVIEW_COUNT_MAX = 1000;

/** Compiled lines that are kept; the one not used for longest is dropped. */
const compiledMax = 1024;
const compiled = new Map<string, Cron>();

/** Throws INVALID_ARGUMENT unless line, time zone and times are right and some day matches. */
export function checkCronRule({ cron, timeZone, startAt, endAt }: CronRule): void {
  if (startAt !== undefined) checkInteger("startAt", startAt, { min: 0, max: keyU48Max });
  const endMin = (startAt ?? -1) + 1;
  if (endAt !== undefined) checkInteger("endAt", endAt, { min: endMin, max: keyU48Max });
  compile(cron, timeZone);
}

/**
 * The first instant of the rule later than `after`, Unix ms; undefined when there is none before
 * the end of the rule or of the year 9998. The rule must be one that checkCronRule() accepts.
 */
export function nextInstant(rule: CronRule, after: number): number | undefined {
  const from = Math.max(after, (rule.startAt ?? -Infinity) - 1);
  const instant = compile(rule.cron, rule.timeZone).nextRun(new Date(from))?.getTime();
  if (instant === undefined || instant >= (rule.endAt ?? Infinity)) return undefined;
  assert(instant > from, "Instant of a cron line must be later than the one before");
  return instant;
}

/** The last instant of the rule at or before `until`, Unix ms; undefined when there is none. */
export function lastInstant(rule: CronRule, until: number): number | undefined {
  const before = Math.min(until + 1, rule.endAt ?? Infinity);
  const instant = compile(rule.cron, rule.timeZone).previousRuns(1, new Date(before))[0]?.getTime();
  return instant === undefined || instant < (rule.startAt ?? -Infinity) ? undefined : instant;
}

/** The next `count` instants of the rule later than `from`; fewer when it ends. Checks all. */
export function previewInstants(
  rule: CronRule,
  { count, from }: { readonly count: number; readonly from: number },
): number[] {
  checkCronRule(rule);
  checkInteger("count", count, { min: 1, max: PREVIEW_COUNT_MAX });
  checkInteger("from", from, { min: 0, max: keyU48Max });
  const instants: number[] = [];
  let instant = nextInstant(rule, from);
  while (instant !== undefined && instants.push(instant) < count) {
    instant = nextInstant(rule, instant);
  }
  return instants;
}

function compile(cron: string, timeZone: string): Cron {
  const key = `${timeZone} ${cron}`;
  const known = compiled.get(key);
  const pattern = known ?? parse(cron, timeZone);
  if (known !== undefined) compiled.delete(key);
  else if (compiled.size >= compiledMax) compiled.delete(compiled.keys().next().value ?? key);
  compiled.set(key, pattern);
  return pattern;
}

function parse(cron: string, timeZone: string): Cron {
  checkLine(cron);
  checkTimeZone(timeZone);
  let pattern: Cron;
  try {
    pattern = new Cron(cron, {
      // The same instants, ten times as fast as by the time zone database.
      ...(timeZone.toUpperCase() === "UTC" ? { utcOffset: 0 } : { timezone: timeZone }),
      mode: "5-or-6-parts",
      fixedTimeRule: "no-wildcard",
      paused: true,
    });
  } catch (error) {
    throw invalidLine(cron, reasonOf(error));
  }
  // A line repeats itself every 400 years, and sooner if it names no weekday.
  if (pattern.nextRun(new Date(0)) === null) throw invalidLine(cron, "No such day ever comes");
  return pattern;
}

function checkLine(cron: string): void {
  if (typeof cron !== "string") throw invalidLine(cron, "Must be a text");
  if (cron.length > CRON_CHARACTERS_MAX) {
    throw invalidLine(cron, `Exceeds ${CRON_CHARACTERS_MAX} characters`);
  }
  const fields = cron.trim().split(/\s+/).length;
  const isNickname = /^\s*@[a-z]+\s*$/i.test(cron);
  if (fields !== 5 && fields !== 6 && !isNickname) {
    throw invalidLine(cron, `Number of fields is ${cron.trim() === "" ? 0 : fields}`);
  }
}

function checkTimeZone(timeZone: string): void {
  const expected = "a time zone of the IANA database, as Europe/Berlin or UTC";
  // Later versions of Node take offsets as +05:30 for zones; rules must mean the same everywhere.
  if (typeof timeZone !== "string" || !/^[a-z][\w+/-]{0,63}$/i.test(timeZone)) {
    throw invalid("timeZone", timeZone, { expected });
  }
  try {
    Intl.DateTimeFormat("en", { timeZone });
  } catch (error) {
    if (error instanceof RangeError) throw invalid("timeZone", timeZone, { expected });
    throw error;
  }
}

function checkInteger(
  field: string,
  value: number,
  { min, max }: { readonly min: number; readonly max: number },
): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw invalid(field, value, { expected: `an integer from ${min} to ${max}` });
}

/** Croner's words without its prefix and period; days and months as the user counts them. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replace(/^Cron\w+: /, "")
    .replace(/\.$/, "")
    .replace(/(?<=Invalid value for (?:day|month): )-?\d+$/, (value) => `${Number(value) + 1}`);
}

function invalidLine(cron: unknown, reason: string): CronosError {
  const expected = "five fields (minute hour day month weekday), or six with seconds first";
  return invalid("cron", cron, { expected, reason });
}

function invalid(
  field: string,
  value: unknown,
  { expected, reason }: { readonly expected: string; readonly reason?: string },
): CronosError {
  const why = reason === undefined ? "" : `: ${reason}`;
  const got = (JSON.stringify(value) ?? String(value)).slice(0, CRON_CHARACTERS_MAX + 2);
  return new CronosError("INVALID_ARGUMENT", `${field} must be ${expected}: got ${got}${why}`, {
    details: { field, value },
  });
}
