import assert from "node:assert/strict";
import { test } from "node:test";
import { source, spreadEntries } from "../../../test/support/dedup-runs.ts";
import { RowStore } from "../../../test/support/row-store.ts";
import { RunWriter, SLICE_PAGES } from "./dedup-run-writer.ts";
import { loadRuns } from "./dedup-run.ts";
import { dedupPageKey } from "./rows.ts";

test("RunWriter.writeSlice() writes SLICE_PAGES pages under 4 KiB at a time", () => {
  const store = new RowStore();
  const writer = new RunWriter(1, source(spreadEntries(0, 20_000)));
  for (let page = 0; !store.run((tx) => writer.writeSlice(tx)); page += SLICE_PAGES) {
    const rows = store.range(dedupPageKey(1, page), dedupPageKey(2, 0));
    assert.equal(rows.length, SLICE_PAGES);
    for (const [, row] of rows) assert.ok(row.length <= 4064);
  }
});

test("RunWriter.finish() returns the run that loadRuns() then reads", () => {
  const store = new RowStore();
  const writer = new RunWriter(6, source(spreadEntries(0, 5000)));
  while (!store.run((tx) => writer.writeSlice(tx)));
  assert.deepEqual(loadRuns(store), []);
  const run = store.run((tx) => writer.finish(tx, 77));
  const [loaded] = loadRuns(store);
  assert.equal(run.newest, 77);
  assert.deepEqual(loaded, run);
  assert.equal(loaded?.memoryBytes, run.memoryBytes);
});
