/** Branded numbers: which ones may have the name. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AssertionError } from "./assert.ts";
import { epoch, logIndex } from "./ids.ts";

type Door = (value: number) => number;

const cases: readonly (readonly [name: Door, good: number[], bad: number[]])[] = [
  [logIndex, [0, 1, Number.MAX_SAFE_INTEGER], [-1, 0.5, NaN, Infinity, 2 ** 53]],
  [epoch, [0, 1, 0xffffffff], [-1, 0.5, NaN, 0x100000000]],
];

for (const [name, good, bad] of cases) {
  test(`${name.name}() takes ${good.join(", ")} and refuses ${bad.join(", ")}`, () => {
    for (const value of good) assert.equal(name(value), value);
    for (const value of bad) assert.throws(() => name(value), AssertionError);
  });
}
