import assert from "node:assert/strict";
import { test } from "node:test";
import { RowStore } from "../../../test/support/row-store.ts";
import { shardTimeMs } from "../../base/ids.ts";
import type { Row } from "../../store/base-tree.ts";
import {
  appendFired,
  cutFiredRow,
  firedRowEnd,
  firedRowRuns,
  firedRowScheduledFrom,
  firedRowTime,
  firstSequence,
  readFired,
} from "./fired.ts";
import { Partition } from "./partition.ts";

const runs = [
  { due: 50, offset: 10, count: 3 },
  { due: 40, offset: 2, count: 2 },
];
const runsFired = [
  { sequence: 0, due: 50, offset: 10, count: 3 },
  { sequence: 3, due: 40, offset: 2, count: 2 },
];

function newLog() {
  const store = new RowStore();
  const partition = new Partition({ id: 1, name: "t", ref: "t", settings: { dedupTtlMs: 1 } }, 0);
  const rows = (): Row[] => store.range(partition.firedPrefix, partition.firedEnd);
  return {
    store,
    partition,
    rows,
    row: (nth: number): Row => rows()[nth] as Row,
    append: (more = runs) => store.run((tx) => appendFired(tx, partition, { runs: more })),
  };
}

test("appendFired() numbers events in the order in which they fire", () => {
  const { append, partition, row, store } = newLog();
  store.now = shardTimeMs(77);
  assert.deepEqual(append(), runsFired);
  assert.equal(partition.nextSequence, 5);
  assert.deepEqual(append([{ due: 9, offset: 0, count: 1 }]), [
    { sequence: 5, due: 9, offset: 0, count: 1 },
  ]);
  assert.deepEqual(firedRowRuns(row(0)), runsFired);
  assert.deepEqual([firedRowEnd(row(0)), firedRowEnd(row(1))], [5, 6]);
  assert.deepEqual([firedRowTime(row(0)), firedRowScheduledFrom(row(0))], [77, 0]);
});

test("appendFired() that is undone gives its sequences back", () => {
  const { append, partition, rows, store } = newLog();
  append();
  assert.throws(() =>
    store.run((tx) => {
      appendFired(tx, partition, { runs, scheduledFrom: 3 });
      throw new Error("Undone");
    }),
  );
  assert.equal(partition.nextSequence, 5);
  assert.equal(rows().length, 1);
});

test("cutFiredRow() keeps the last runs with their sequences and times", () => {
  const { append, partition, row, rows, store } = newLog();
  store.now = shardTimeMs(77);
  append();
  store.now = shardTimeMs(99);
  store.run((tx) => cutFiredRow(tx, partition, { row: row(0), keep: 1 }));
  assert.deepEqual(firedRowRuns(row(0)), runsFired.slice(1));
  assert.deepEqual([firedRowEnd(row(0)), firedRowTime(row(0))], [5, 77]);
  assert.equal(firstSequence(store, partition), 3);
  store.run((tx) => cutFiredRow(tx, partition, { row: row(0), keep: 0 }));
  assert.equal(rows().length, 0);
  assert.equal(firstSequence(store, partition), 5);
});

test("readFired() cuts runs at both ends of the range", () => {
  const { append, partition, store } = newLog();
  append();
  append([{ due: 60, offset: 20, count: 4 }]);
  const read = (from: number, to: number, eventsMax = 100) =>
    readFired(store, partition, { from, to, eventsMax }).map(
      ({ sequence, offset, count }) => `${sequence}:${offset}+${count}`,
    );
  const cases: readonly (readonly [number, number, readonly string[]])[] = [
    [0, 9, ["0:10+3", "3:2+2", "5:20+4"]],
    [1, 2, ["1:11+1"]],
    [2, 4, ["2:12+1", "3:2+1"]],
    [4, 7, ["4:3+1", "5:20+2"]],
    [8, 100, ["8:23+1"]],
    [9, 100, []],
    [3, 3, []],
  ];
  for (const [from, to, expected] of cases) assert.deepEqual(read(from, to), expected);
  // Whole rows until there are enough.
  assert.deepEqual(read(0, 9, 1), ["0:10+3", "3:2+2"]);
});
