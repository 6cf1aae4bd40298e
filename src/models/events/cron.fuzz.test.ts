/**
 * Instants against a wall clock that is read minute by minute (Intl), around the days on which the
 * clocks of a zone change, for lines whose minutes and hours are known.
 */
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { lastInstant, nextInstant } from "./cron.ts";

const minuteMs = 60_000;
const windowMinutes = 48 * 60;

/** Zones and a day before their clocks change, in UTC. */
const changes: readonly (readonly [zone: string, day: string])[] = [
  ["Europe/Berlin", "2025-03-29"],
  ["Europe/Berlin", "2025-10-25"],
  ["America/New_York", "2025-03-08"],
  ["America/New_York", "2025-11-01"],
  ["Australia/Lord_Howe", "2025-04-04"],
  ["Australia/Lord_Howe", "2025-10-03"],
  ["America/Sao_Paulo", "2018-11-03"],
  ["Asia/Kolkata", "2025-03-29"],
  ["UTC", "2025-03-29"],
];

interface Pattern {
  readonly minuteStep: number;
  readonly hours: readonly [from: number, to: number] | undefined;
}

const pattern: fc.Arbitrary<Pattern> = fc.record({
  minuteStep: fc.constantFrom(1, 7, 15, 30, 45),
  hours: fc.option(
    fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 23 }))
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
    { nil: undefined },
  ),
});

/** The hour and minute that the clocks of the zone show, for every minute of the window. */
function wallClock(zone: string, start: number): readonly (readonly [number, number])[] {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return Array.from({ length: windowMinutes }, (_, minute) => {
    const [hours, minutes] = format.format(start + minute * minuteMs).split(":");
    return [Number(hours), Number(minutes)] as const;
  });
}

const clocks = changes.map(([zone, day]) => {
  const start = Date.parse(`${day}T00:00:00Z`);
  return { zone, start, shown: wallClock(zone, start) };
});

test("nextInstant() and lastInstant() of intervals are what the wall clock shows", () => {
  fc.assert(
    fc.property(fc.constantFrom(...clocks), pattern, (clock, { minuteStep, hours }) => {
      const cron = `*/${minuteStep} ${hours === undefined ? "*" : hours.join("-")} * * *`;
      const rule = { cron, timeZone: clock.zone };
      const [first, last] = hours ?? [0, 23];
      const expected = clock.shown.flatMap(([hour, minute], at) => {
        const matches = minute % minuteStep === 0 && hour >= first && hour <= last;
        return matches ? [clock.start + at * minuteMs] : [];
      });
      const found: number[] = [];
      let instant = nextInstant(rule, clock.start - 1);
      while (instant !== undefined && instant < clock.start + windowMinutes * minuteMs) {
        if (found.length % 16 === 0) assert.equal(lastInstant(rule, instant + 999), instant);
        found.push(instant);
        instant = nextInstant(rule, instant);
      }
      assert.deepEqual(found, expected);
    }),
    { numRuns: 25 },
  );
});

test("nextInstant() of a fixed time comes once a day, however the clocks change", () => {
  const time = fc.record({
    hour: fc.integer({ min: 0, max: 23 }),
    minute: fc.integer({ min: 0, max: 59 }),
  });
  fc.assert(
    fc.property(fc.constantFrom(...clocks), time, (clock, { hour, minute }) => {
      const rule = { cron: `${minute} ${hour} * * *`, timeZone: clock.zone };
      const dayOf = new Intl.DateTimeFormat("en-GB", { timeZone: clock.zone, day: "numeric" });
      let instant = nextInstant(rule, clock.start) ?? 0;
      for (let run = 0; run < 4; run++) {
        const next = nextInstant(rule, instant) ?? 0;
        const hours = (next - instant) / 3_600_000;
        assert.ok(hours >= 22.5 && hours <= 25, `${hours} hours`);
        assert.notEqual(dayOf.format(instant), dayOf.format(next));
        assert.equal(lastInstant(rule, next - 1), instant);
        instant = next;
      }
    }),
    { numRuns: 120 },
  );
});
