import assert from "node:assert/strict";
import { test } from "node:test";
import { pointsOf, seriesBatch } from "../../../test/support/series-batch.ts";
import { viewOfBatches } from "./batch-view.ts";

test("viewOfBatches() gives all points by time, the newer value of each field", () => {
  const first = seriesBatch([
    { seriesId: 1, time: 20n, fields: { 0: 1, 1: "old" } },
    { seriesId: 1, time: 10n, fields: { 0: 2 } },
  ]);
  const second = seriesBatch([
    { seriesId: 1, time: 20n, fields: { 1: "new" } },
    { seriesId: 2, time: 10n, fields: { 0: 9 } },
  ]);
  const view = viewOfBatches([first, second]);
  const place = { policyId: 1, measurementId: 1, seriesId: 1 };
  const points = pointsOf(view.scan(place, [0, 1], { from: 0n, to: 100n }), [0, 1]);
  assert.deepEqual(points, [
    { time: 10n, fields: { 0: 2 } },
    { time: 20n, fields: { 0: 1, 1: "new" } },
  ]);
});
