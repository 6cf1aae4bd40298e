import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { benchSeriesIndex } from "./series-index.ts";

test("benchSeriesIndex() finds the series that it made", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cronosdb-index-"));
  try {
    const figures = await benchSeriesIndex(5000, folder);
    assert.ok((figures["new series/s"] ?? 0) > 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
