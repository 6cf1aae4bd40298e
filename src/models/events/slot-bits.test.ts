import assert from "node:assert/strict";
import { test } from "node:test";
import { SlotBits } from "./slot-bits.ts";

test("SlotBits.first() finds the first set slot of the range", () => {
  const bits = new SlotBits(100);
  for (const slot of [0, 31, 32, 63, 99]) bits.set(slot);
  const cases: readonly (readonly [from: number, to: number, first: number])[] = [
    [0, 100, 0],
    [1, 100, 31],
    [1, 31, -1],
    [32, 33, 32],
    [33, 63, -1],
    [33, 64, 63],
    [64, 99, -1],
    [64, 100, 99],
    [100, 100, -1],
    [50, 40, -1],
  ];
  for (const [from, to, first] of cases) assert.equal(bits.first(from, to), first, `${from}-${to}`);
});

test("SlotBits.clear() clears that slot only", () => {
  const bits = new SlotBits(64);
  for (let slot = 0; slot < 64; slot++) bits.set(slot);
  for (let slot = 0; slot < 63; slot++) bits.clear(slot);
  assert.equal(bits.first(0, 64), 63);
  bits.clear(63);
  assert.equal(bits.first(0, 64), -1);
});
