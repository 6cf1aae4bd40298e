import assert from "node:assert/strict";
import { test } from "node:test";
import { epoch, logIndex } from "../../base/ids.ts";
import { decodeFence, encodeFence, fenceBytes } from "./fence.ts";
import type { Fence } from "./fence.ts";

const fence: Fence = {
  sequence: 1234,
  previous: 77,
  nextIndex: logIndex(2 ** 40 + 5),
  headSequence: 1233,
  headCrc: 0xfedcba98,
  epoch: epoch(0xffffffff),
  writer: Buffer.from("sixteen bytes id"),
};

test("decodeFence() gives back what encodeFence() was given", () => {
  assert.deepEqual(decodeFence(encodeFence(fence)), fence);
});

test("decodeFence() refuses a fence with any bit changed, and other lengths", () => {
  const bytes = encodeFence(fence);
  for (let bit = 0; bit < fenceBytes * 8; bit++) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    assert.equal(decodeFence(changed), undefined, `bit ${bit}`);
  }
  assert.equal(decodeFence(bytes.subarray(1)), undefined);
  assert.equal(decodeFence(Buffer.alloc(0)), undefined);
});
