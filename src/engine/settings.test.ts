import assert from "node:assert/strict";
import { test } from "node:test";
import { engineSettings, queryLimits } from "./settings.ts";

test("queryLimits() are on by default, and what is set", () => {
  const { timeoutMs, concurrentMax, bucketsMax, heldMax, rowsMax } = queryLimits(engineSettings());
  const limits = [timeoutMs, concurrentMax, bucketsMax, heldMax, rowsMax];
  for (const limit of limits) assert.ok(limit > 0);
  const settings = engineSettings({ queryTimeoutMs: 5, querySeriesMax: 6, queryPointsMax: 7 });
  const { timeoutMs: time, seriesMax, pointsMax } = queryLimits(settings);
  assert.deepEqual([time, seriesMax, pointsMax], [5, 6, 7]);
});
