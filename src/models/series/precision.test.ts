import assert from "node:assert/strict";
import { test } from "node:test";
import { precisionOf, timeOfMs, timeOfText } from "./precision.ts";

test("timeOfText reads every precision, before 1970 too", () => {
  const cases = [
    ["1", "n", 0, 1],
    ["-1", "n", -1, 999_999_999],
    ["1500000000123456789", "", 1_500_000_000, 123_456_789],
    ["1500000000123456", "u", 1_500_000_000, 123_456_000],
    ["1500000000123", "ms", 1_500_000_000, 123_000_000],
    ["-1500", "ms", -2, 500_000_000],
    ["007", "s", 7, 0],
    ["2", "m", 120, 0],
    ["-2", "h", -7200, 0],
    ["-9223372036854775806", "n", -9_223_372_037, 145_224_194],
  ] as const;
  for (const [text, unit, seconds, nanos] of cases) {
    assert.deepEqual(timeOfText(text, precisionOf(unit)), { seconds, nanos }, text);
  }
});

test("timeOfText refuses what is no time, in the words of 1.x", () => {
  const outside = "time outside range -9223372036854775806 - 9223372036854775806";
  const parse = 'strconv.ParseInt: parsing "';
  const cases = [
    ["-", "n", `${parse}-": invalid syntax`],
    ["9223372036854775808", "n", `${parse}9223372036854775808": value out of range`],
    ["-9223372036854775809", "s", `${parse}-9223372036854775809": value out of range`],
    ["9".repeat(100), "n", `${parse}${"9".repeat(100)}": value out of range`],
    ["9223372036854775807", "n", outside],
    ["9223372036854775807", "h", outside],
  ] as const;
  for (const [text, unit, message] of cases) {
    assert.throws(() => timeOfText(text, precisionOf(unit)), { message });
  }
});

test("timeOfMs cuts down to whole units", () => {
  assert.deepEqual(timeOfMs(90_123, precisionOf("n")), { seconds: 90, nanos: 123_000_000 });
  assert.deepEqual(timeOfMs(90_123, precisionOf("s")), { seconds: 90, nanos: 0 });
  assert.deepEqual(timeOfMs(90_123, precisionOf("m")), { seconds: 60, nanos: 0 });
});
