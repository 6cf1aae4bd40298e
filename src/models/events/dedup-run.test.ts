import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "../../../test/support/dedup-runs.ts";
import { offsets, source, spreadEntries, writeRun } from "../../../test/support/dedup-runs.ts";
import { RowStore } from "../../../test/support/row-store.ts";
import { isCronosError } from "../../base/errors.ts";
import { RunWriter } from "./dedup-run-writer.ts";
import type { DedupRun } from "./dedup-run.ts";
import { PAGE_ENTRIES, loadRuns } from "./dedup-run.ts";
import { dedupPageKey, dedupRunKey } from "./rows.ts";

test("DedupRun.candidates() finds every entry of runs of all sizes", () => {
  for (const count of [1, PAGE_ENTRIES, PAGE_ENTRIES + 1, 3 * PAGE_ENTRIES, 5000]) {
    const store = new RowStore();
    const entries = spreadEntries(0, count);
    const run = writeRun(store, 1, source(entries));
    for (const entry of entries) {
      assert.ok(run.mayHold(entry.hash1, entry.hash2));
      assert.deepEqual(offsets(store, run, entry), [entry.offset]);
    }
    for (const entry of spreadEntries(count, 500)) {
      assert.deepEqual(offsets(store, run, entry), []);
    }
  }
});

test("DedupRun.candidates() follows equal hashes over the borders of pages", () => {
  const store = new RowStore();
  const equal = Array.from({ length: 600 }, (_, k) => {
    return { hash1: 0x7fffffff, hash2: 5 + (k % 2), offset: k };
  });
  const run = writeRun(store, 1, source([...spreadEntries(10_000, 700), ...equal]));
  const entry = { hash1: 0x7fffffff, hash2: 6, offset: 0 };
  assert.equal(offsets(store, run, entry).length, 300);
  assert.equal(offsets(store, run, { ...entry, hash2: 7 }).length, 0);
  let visits = 0;
  assert.ok(run.candidates([entry.hash1, 6], store, () => ++visits === 200));
  assert.equal(visits, 200);
});

test("loadRuns() reads the runs whose meta row is there", () => {
  const store = new RowStore();
  const entries = spreadEntries(0, 2000);
  writeRun(store, 4, source(entries));
  writeRun(store, 2, source(spreadEntries(5000, 10)));
  const unfinished = new RunWriter(9, source(entries));
  store.run((tx) => unfinished.writeSlice(tx));
  const runs = loadRuns(store);
  assert.deepEqual(
    runs.map(({ id, entries: count, newest }) => [id, count, newest]),
    [
      [2, 10, 1002],
      [4, 2000, 1004],
    ],
  );
  for (const entry of entries) {
    assert.deepEqual(offsets(store, runs[1] as DedupRun, entry), [entry.offset]);
  }
});

test("loadRuns() and candidates() report damaged rows with run and page", () => {
  const store = new RowStore();
  const [entry] = spreadEntries(0, 1) as [Entry];
  const run = writeRun(store, 4, source([entry]));
  store.run((tx) => tx.put(dedupPageKey(4, 0), Buffer.alloc(15)));
  assert.throws(
    () => offsets(store, run, entry),
    (error) => isCronosError(error, "CORRUPTION") && /Page 0 of dedup run 4/.test(error.message),
  );
  store.run((tx) => tx.delete(dedupPageKey(4, 1)));
  assert.throws(() => loadRuns(store), /Page 1 of dedup run 4 .* is missing/);
  store.run((tx) => tx.put(dedupRunKey(4), Buffer.of(2)));
  assert.throws(() => loadRuns(store), /Meta of dedup run 4/);
});
