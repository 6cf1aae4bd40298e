import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFooter, encodeFooter } from "./run-footer.ts";

const footer = {
  id: 2 ** 40 + 1,
  rows: { offset: 2 ** 47, pageBytes: 2 ** 32 - 1, depth: 3 },
  ranges: { offset: 5, pageBytes: 6, depth: 0 },
  puts: 2 ** 45,
  tombstones: 7,
  rangeCount: 8,
  filterOffset: 2 ** 46,
  filterBlocks: 9,
};

test("decodeFooter() gives back what was encoded", () => {
  assert.deepEqual(decodeFooter(encodeFooter(footer)), footer);
});

test("decodeFooter() says what is wrong with damaged bytes", () => {
  const bytes = encodeFooter(footer);
  assert.match(String(decodeFooter(bytes.subarray(1))), /end is missing/);
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 0x10, at);
    assert.equal(typeof decodeFooter(damaged), "string");
  }
});
