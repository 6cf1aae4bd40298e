import assert from "node:assert/strict";
import { test } from "node:test";
import { benchStore } from "./store.ts";

test("benchStore() reads back what it wrote, the same each time", async () => {
  const first = await benchStore(2000);
  const second = await benchStore(2000);
  assert.equal(first.hash, second.hash);
  assert.ok(first.figures.every(({ rowsPerSecond }) => rowsPerSecond > 0));
  assert.ok(first.bytesOnDisk >= first.bytesUsed);
});
