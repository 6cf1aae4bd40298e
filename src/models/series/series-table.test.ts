import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_ROW, SeriesTable } from "./series-table.ts";

test("SeriesTable.exchange() gives the row before, for very many series too", () => {
  const table = new SeriesTable();
  for (let id = 0; id < 100_000; id++) assert.equal(table.exchange(id * 7, id), NO_ROW);
  for (let id = 0; id < 100_000; id++) assert.equal(table.exchange(id * 7, id + 1), id);
  assert.equal(table.get(7), 2);
  assert.equal(table.get(8), NO_ROW);
  assert.equal(table.size, 100_000);
  assert.ok(table.bytes <= 100_000 * 8 * 3);
});

test("SeriesTable.sortedIds() has the series that have a row", () => {
  const table = new SeriesTable();
  for (const id of [9, 0xffffffff, 0, 4]) table.exchange(id, 1);
  table.exchange(4, NO_ROW);
  assert.deepEqual([...table.sortedIds()], [0, 9, 0xffffffff]);
});
