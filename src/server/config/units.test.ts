import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDuration, formatSize, parseDuration, parseSize } from "./units.ts";

test("parseSize() reads sizes with units and refuses everything else", () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ["0", 0],
    ["4096", 4096],
    ["512MB", 536_870_912],
    ["512mb", 536_870_912],
    ["512 MiB", 536_870_912],
    ["64k", 65_536],
    ["1.5GB", 1_610_612_736],
    ["2TB", 2_199_023_255_552],
    ["1.5", undefined],
    ["-1", undefined],
    ["512XB", undefined],
    ["5i", undefined],
    ["", undefined],
    ["MB", undefined],
    ["9999999999TB", undefined],
  ];
  for (const [text, bytes] of cases) assert.equal(parseSize(text), bytes, JSON.stringify(text));
});

test("parseDuration() reads durations with units and refuses everything else", () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ["0", 0],
    ["250", 250],
    ["250ms", 250],
    ["30s", 30_000],
    ["1.5s", 1_500],
    ["1h30m", 5_400_000],
    ["168h", 604_800_000],
    ["7d", 604_800_000],
    ["1.0001s", undefined],
    ["-5s", undefined],
    ["30 seconds", undefined],
    ["30S", undefined],
    ["s", undefined],
    ["", undefined],
  ];
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, JSON.stringify(text));
});

test("formatSize() and formatDuration() write what their parsers read", () => {
  assert.equal(formatSize(536_870_912), "512MB");
  assert.equal(formatSize(1_000), "1000B");
  assert.equal(formatSize(0), "0B");
  assert.equal(formatDuration(30_000), "30s");
  assert.equal(formatDuration(604_800_000), "168h");
  assert.equal(formatDuration(90_000), "90s");
  for (const value of [0, 1, 1_023, 65_536, 3_600_000, 123_456_789]) {
    assert.equal(parseSize(formatSize(value)), value);
    assert.equal(parseDuration(formatDuration(value)), value);
  }
});
