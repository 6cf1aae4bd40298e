import assert from "node:assert/strict";
import { test } from "node:test";
import { benchSeries } from "./series.ts";

test("benchSeries() scans what it wrote", async () => {
  const result = await benchSeries(200_000);
  assert.ok(result.isRight);
  assert.ok(result.ingestValuesPerSecond > 0);
});
