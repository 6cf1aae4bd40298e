/** Spans of time: read, written, refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDuration, formatMonths, parseCalendarMonths, parseDuration } from "./duration.ts";

test("parseDuration() adds up parts of every unit", () => {
  assert.equal(parseDuration("1h30m"), 5_400_000_000_000n);
  assert.equal(parseDuration("1w1d1s1ms1u1µ1ns"), 691_201_001_002_001n);
  assert.equal(parseDuration("0s"), 0n);
});

test("parseDuration() refuses what is no span and what overflows", () => {
  for (const text of ["1", "h", "1M", "1h30", "1.5h", "1x", "99999999999999999999s"]) {
    assert.throws(() => parseDuration(text), { message: "error parsing query: invalid duration" });
  }
  const message = /overflowed duration 20000w: choose a smaller duration or INF at line 1, char 2$/;
  assert.throws(() => parseDuration("20000w", " at line 1, char 2"), { message });
});

test("formatDuration() takes the longest unit that fits", () => {
  for (const text of ["2w", "3d", "25h", "90m", "61s", "1500ms", "7u", "1001ns", "-5s", "0s"]) {
    const ns = text.startsWith("-") ? -parseDuration(text.slice(1)) : parseDuration(text);
    assert.equal(formatDuration(ns), text);
  }
});

test("calendar spans are months, written back as years when they are", () => {
  assert.deepEqual(["1mo", "3M", "2y", "5m"].map(parseCalendarMonths), [1, 3, 24, undefined]);
  assert.deepEqual([1, 24].map(formatMonths), ["1mo", "2y"]);
});
