import assert from "node:assert/strict";
import { test } from "node:test";
import { ScanCursors } from "./scan-cursors.ts";

test("ScanCursors: a cursor is good any number of times, for its own listing only", () => {
  const cursors = new ScanCursors(1000);
  const cursor = cursors.add("rows", "place");
  assert.equal(cursors.find(cursor, "rows"), "place");
  assert.equal(cursors.find(cursor, "rows"), "place");
  assert.equal(cursors.find(cursor, "other rows"), "");
  assert.equal(cursors.find(cursor + 1, "rows"), "");
  assert.equal(cursors.find(0, "rows"), "");
});

test("ScanCursors: the oldest are forgotten first", () => {
  const cursors = new ScanCursors(0);
  const first = cursors.add("rows", "first");
  const second = cursors.add("rows", "second");
  for (let more = 0; more < 16_383; more++) cursors.add("rows", "more");
  assert.equal(cursors.find(first, "rows"), "");
  assert.equal(cursors.find(second, "rows"), "second");
});
