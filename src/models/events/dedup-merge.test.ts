import assert from "node:assert/strict";
import { test } from "node:test";
import { offsets, source, spreadEntries, writeRun } from "../../../test/support/dedup-runs.ts";
import { RowStore } from "../../../test/support/row-store.ts";
import { MergeSource, runsToMerge } from "./dedup-merge.ts";
import { deleteRun, loadRuns } from "./dedup-run.ts";
import { dedupPageKey } from "./rows.ts";

test("MergeSource makes one run of several and deleteRun() removes the old ones", () => {
  const store = new RowStore();
  const parts = [spreadEntries(0, 900), spreadEntries(900, 1), spreadEntries(2000, 3000)];
  const runs = parts.map((entries, k) => writeRun(store, k + 1, source(entries)));
  const merged = writeRun(store, 7, new MergeSource(runs));
  store.run((tx) => {
    for (const run of runs) deleteRun(tx, run.id);
  });
  assert.equal(merged.entries, 3901);
  for (const entry of parts.flat()) {
    assert.deepEqual(offsets(store, merged, entry), [entry.offset]);
  }
  const [loaded, ...others] = loadRuns(store);
  assert.equal(loaded?.id, 7);
  assert.equal(others.length, 0);
  assert.deepEqual(store.range(dedupPageKey(0, 0), dedupPageKey(7, 0)), []);
});

test("runsToMerge() takes four runs of about the same size, small ones first", () => {
  const store = new RowStore();
  const run = (id: number, entries: number) => {
    return writeRun(store, id, source(spreadEntries(id * 100_000, entries)));
  };
  const small = [1, 2, 3].map((id) => run(id, 10 * id));
  const large = [4, 5, 6, 7].map((id) => run(id, 17_000 + 100 * id));
  assert.equal(runsToMerge(small), undefined);
  assert.equal(runsToMerge([...large.slice(1), ...small]), undefined);
  const enough = [...small, run(9, 16_383)];
  assert.deepEqual(runsToMerge([...large, ...enough]), enough);
});
