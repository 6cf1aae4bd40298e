import assert from "node:assert/strict";
import { test } from "node:test";
import { isCronosError } from "../../base/errors.ts";
import {
  CRON_CHARACTERS_MAX,
  checkCronRule,
  lastInstant,
  nextInstant,
  previewInstants,
} from "./cron.ts";

/** A line in a zone, the moment to start behind, and the instants that follow, all in UTC. */
type Case = readonly [zone: string, cron: string, from: string, instants: readonly string[]];

function iso(instant: number): string {
  return new Date(instant).toISOString().replace(/:00\.000Z$/, "Z");
}

function checkCases(cases: readonly Case[]): void {
  for (const [timeZone, cron, from, instants] of cases) {
    const options = { count: instants.length, from: Date.parse(from) };
    const found = previewInstants({ cron, timeZone }, options);
    assert.deepEqual(found.map(iso), instants, `${cron} in ${timeZone}`);
  }
}

test("nextInstant() of lines with five fields, six fields, names and nicknames", () => {
  checkCases([
    ["UTC", "*/20 * * * *", "2025-01-01T00:00Z", ["2025-01-01T00:20Z", "2025-01-01T00:40Z"]],
    ["UTC", "0 9 * * MON-FRI", "2025-01-03T09:00Z", ["2025-01-06T09:00Z", "2025-01-07T09:00Z"]],
    ["UTC", "30 0 9 * * 1", "2025-01-01T00:00Z", ["2025-01-06T09:00:30.000Z"]],
    ["UTC", " 0  0 1 * * ", "2025-01-01T00:00Z", ["2025-02-01T00:00Z", "2025-03-01T00:00Z"]],
    ["UTC", "0 0 13 * FRI", "2025-06-01T00:00Z", ["2025-06-06T00:00Z", "2025-06-13T00:00Z"]],
    ["UTC", "0 0 L * *", "2025-01-31T00:00Z", ["2025-02-28T00:00Z", "2025-03-31T00:00Z"]],
    ["UTC", "0 0 * * FRI#2", "2025-01-01T00:00Z", ["2025-01-10T00:00Z", "2025-02-14T00:00Z"]],
    ["UTC", "@daily", "2025-12-31T12:00Z", ["2026-01-01T00:00Z", "2026-01-02T00:00Z"]],
    ["Asia/Kolkata", "30 9 * * *", "2025-01-01T00:00Z", ["2025-01-01T04:00Z"]],
    ["asia/kolkata", "0 0 1 4 *", "2025-01-01T00:00Z", ["2025-03-31T18:30Z"]],
  ]);
});

test("nextInstant() knows leap years, decades ahead too", () => {
  const centuries = ["2096-02-29T00:00Z", "2104-02-29T00:00Z"];
  const mondays = ["2044-02-29T00:00Z", "2072-02-29T00:00Z", "2112-02-29T00:00Z"];
  checkCases([
    ["UTC", "0 0 29 2 *", "2025-01-01T00:00Z", ["2028-02-29T00:00Z", "2032-02-29T00:00Z"]],
    ["UTC", "0 0 29 2 *", "2095-01-01T00:00Z", centuries],
    ["UTC", "0 0 29 2 +MON", "2025-01-01T00:00Z", mondays],
    ["Europe/Berlin", "0 12 29 2 *", "2060-03-01T00:00Z", ["2064-02-29T11:00Z"]],
  ]);
});

test("nextInstant() of fixed times in the missing hour is the end of the gap, once", () => {
  const once = ["2025-03-30T01:00Z", "2025-03-31T00:30Z"];
  const list = ["2025-03-30T01:00Z", "2025-03-31T00:15Z", "2025-03-31T00:45Z"];
  const lordHowe = ["2025-10-04T15:30Z", "2025-10-05T15:15Z"];
  checkCases([
    ["Europe/Berlin", "30 2 * * *", "2025-03-29T12:00Z", once],
    ["Europe/Berlin", "15,45 2 * * *", "2025-03-29T12:00Z", list],
    ["America/New_York", "30 2 * * *", "2025-03-09T00:00Z", ["2025-03-09T07:00Z"]],
    ["Australia/Lord_Howe", "15 2 * * *", "2025-10-04T00:00Z", lordHowe],
    ["America/Sao_Paulo", "0 0 * * *", "2018-11-03T12:00Z", ["2018-11-04T03:00Z"]],
  ]);
});

test("nextInstant() of fixed times that come twice is the first of them", () => {
  const berlin = ["2025-10-26T00:30Z", "2025-10-27T01:30Z"];
  const lordHowe = ["2025-04-05T14:45Z", "2025-04-06T15:15Z"];
  checkCases([
    ["Europe/Berlin", "30 2 * * *", "2025-10-25T12:00Z", berlin],
    ["America/New_York", "30 1 * * *", "2025-11-02T00:00Z", ["2025-11-02T05:30Z"]],
    ["Australia/Lord_Howe", "45 1 * * *", "2025-04-05T00:00Z", lordHowe],
  ]);
});

test("nextInstant() of intervals leaves out the gap and runs in both passes", () => {
  const spring = ["2025-03-30T00:30Z", "2025-03-30T01:00Z", "2025-03-30T01:30Z"];
  const autumn = ["2025-10-26T00:30Z", "2025-10-26T01:00Z", "2025-10-26T01:30Z"];
  const inTheHour = ["2025-10-26T00:30Z", "2025-10-26T01:00Z", "2025-10-26T01:30Z"];
  checkCases([
    ["Europe/Berlin", "*/30 * * * *", "2025-03-30T00:00Z", spring],
    ["Europe/Berlin", "*/30 2 * * *", "2025-03-29T02:00Z", ["2025-03-31T00:00Z"]],
    ["Europe/Berlin", "*/30 * * * *", "2025-10-26T00:00Z", autumn],
    ["Europe/Berlin", "*/30 2 * * *", "2025-10-26T00:00Z", inTheHour],
    ["Australia/Lord_Howe", "*/20 * * * *", "2025-10-04T15:10Z", ["2025-10-04T15:40Z"]],
  ]);
});

test("nextInstant() leaves out fixed times in a gap that reaches midnight", () => {
  checkCases([["America/Nuuk", "30 23 * * *", "2025-03-29T12:00Z", ["2025-03-31T00:30Z"]]]);
});

test("nextInstant() is later than `after`, and within startAt and endAt", () => {
  const at = Date.parse("2025-06-01T12:00:00Z");
  const rule = { cron: "* * * * * *", timeZone: "UTC" };
  assert.equal(nextInstant(rule, at - 1), at);
  assert.equal(nextInstant(rule, at), at + 1000);
  assert.equal(nextInstant(rule, at + 999), at + 1000);
  assert.equal(nextInstant({ ...rule, startAt: at }, 0), at);
  assert.equal(nextInstant({ ...rule, startAt: at + 1 }, 0), at + 1000);
  assert.equal(nextInstant({ ...rule, startAt: at }, at + 5000), at + 6000);
  assert.equal(nextInstant({ ...rule, endAt: at + 1 }, at - 1), at);
  assert.equal(nextInstant({ ...rule, endAt: at }, at - 1), undefined);
  assert.equal(nextInstant({ ...rule, startAt: at, endAt: at }, 0), undefined);
});

test("nextInstant() ends with the years that keys can hold", () => {
  const rule = { cron: "0 0 1 1 *", timeZone: "Europe/Berlin" };
  assert.equal(nextInstant(rule, 2 ** 48 - 1), undefined);
  assert.ok((nextInstant(rule, Date.UTC(9000, 0, 1)) ?? 0) < 2 ** 48);
});

test("lastInstant() is at or before `until`, and within startAt and endAt", () => {
  const at = Date.parse("2025-06-01T12:00:00Z");
  const rule = { cron: "0 12 * * *", timeZone: "UTC" };
  assert.equal(lastInstant(rule, at), at);
  assert.equal(lastInstant(rule, at + 999), at);
  assert.equal(lastInstant(rule, at - 1), at - 24 * 3_600_000);
  assert.equal(lastInstant({ ...rule, startAt: at }, at + 1), at);
  assert.equal(lastInstant({ ...rule, startAt: at + 1 }, at + 1), undefined);
  assert.equal(lastInstant({ ...rule, endAt: at + 1 }, at + 1e9), at);
  assert.equal(lastInstant({ ...rule, endAt: at }, at + 1e9), at - 24 * 3_600_000);
});

test("previewInstants() gives count instants, fewer when the rule ends", () => {
  const from = Date.parse("2025-06-01T12:00:00Z");
  const rule = { cron: "@hourly", timeZone: "UTC", endAt: from + 3 * 3_600_000 };
  const instants = previewInstants(rule, { count: 10, from });
  assert.deepEqual(instants.map(iso), ["2025-06-01T13:00Z", "2025-06-01T14:00Z"]);
  for (const count of [0, -1, 1.5, 1001, NaN]) {
    const preview = (): number[] => previewInstants(rule, { count, from });
    assert.throws(preview, /count must be an integer from 1 to 1000: got /);
  }
  for (const time of [-1, 1.5, NaN, Infinity, 2 ** 48]) {
    const options = { count: 1, from };
    assert.throws(() => previewInstants(rule, { count: 1, from: time }), /from must be/);
    assert.throws(() => previewInstants({ ...rule, startAt: time }, options), /startAt must be/);
    assert.throws(() => previewInstants({ ...rule, endAt: time }, options), /endAt must be/);
  }
  assert.throws(() => checkCronRule({ ...rule, startAt: 9, endAt: 9 }), /endAt .* from 10 to/);
});

const wrongLines: readonly (readonly [cron: string, reason: RegExp])[] = [
  ["", /Number of fields is 0/],
  ["* * * *", /Number of fields is 4/],
  ["* * * * * * *", /Number of fields is 7/],
  ["2025-01-01T00:00:00", /Number of fields is 1/],
  ["60 * * * *", /Invalid value for minute: 60/],
  ["* 24 * * *", /Invalid value for hour: 24/],
  ["* * 32 * *", /Invalid value for day: 32/],
  ["* * 0 * *", /Invalid value for day: 0/],
  ["* * * 13 *", /Invalid value for month: 13/],
  ["* * * * 8", /Invalid value for dayOfWeek: 8/],
  ["* * * * MOM", /\(MOM\) contains illegal characters/],
  ["*/0 * * * *", /illegal stepping: 0/],
  ["5-1 * * * *", /From value is larger than to value: '5-1'/],
  ["@reboot", /@reboot is not supported/],
  ["0 0 30 2 *", /No such day ever comes/],
  [`${"1,".repeat(CRON_CHARACTERS_MAX)}1 * * * *`, /Exceeds 256 characters/],
];

test("checkCronRule() names the field, the value and the reason", () => {
  for (const [cron, reason] of wrongLines) {
    assert.throws(
      () => checkCronRule({ cron, timeZone: "UTC" }),
      (error) => {
        assert.ok(isCronosError(error, "INVALID_ARGUMENT"));
        assert.match(error.message, reason);
        assert.match(error.message, /^cron must be five fields .*, or six with .* first: got "/);
        assert.deepEqual(error.details, { field: "cron", value: cron });
        assert.ok(error.message.length < 600 && !error.message.endsWith("."));
        return true;
      },
    );
  }
});

test("checkCronRule() takes time zones of the IANA database only", () => {
  for (const timeZone of ["UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "US/Eastern"]) {
    checkCronRule({ cron: "* * * * *", timeZone });
  }
  for (const timeZone of ["", "Mars/Phobos", "+05:30", "GMT+5", "local", " UTC", "x".repeat(99)]) {
    assert.throws(
      () => checkCronRule({ cron: "* * * * *", timeZone }),
      /^CronosError: timeZone must be a time zone of the IANA database, .*: got "/,
    );
  }
});

test("nextInstant() is right for more lines than are kept compiled", () => {
  const from = Date.parse("2025-06-01T00:00:00Z");
  for (let each = 0; each < 1200; each++) {
    const minute = each % 1100;
    const rule = { cron: `${minute % 60} ${Math.floor(minute / 60)} * * *`, timeZone: "UTC" };
    assert.equal(nextInstant(rule, from - 1), from + minute * 60_000);
  }
});
