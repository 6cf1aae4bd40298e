import assert from "node:assert/strict";
import { test } from "node:test";
import { Tally } from "./tally.ts";

test("Tally counts lost, early, repeated and foreign events exactly", () => {
  const tally = new Tally();
  assert.equal(tally.take(3_000_000), 0);
  assert.equal(tally.take(10), 3_000_000);
  tally.markStored(0, 3);
  tally.markStored(3_000_000, 10);
  tally.markReceived(0, false);
  tally.markReceived(1, true);
  for (let i = 0; i < 200; i++) tally.markReceived(1, false);
  tally.markReceived(3_000_009, false);
  // Received although the answer to its publish was a failure: neither lost nor foreign.
  tally.markReceived(10, false);
  tally.markReceived(-1, false);
  tally.markReceived(3_000_010, false);
  assert.deepEqual(
    [tally.stored, tally.received, tally.duplicates, tally.early, tally.foreign, tally.lost()],
    [13, 4, 200, 1, 2, 10],
  );
});
