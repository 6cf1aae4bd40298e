import assert from "node:assert/strict";
import { test } from "node:test";
import { finish, sortInSteps } from "./steps.ts";

test("sortInSteps() sorts any number of strings, pausing", () => {
  for (const count of [0, 1, 255, 256, 257, 1000, 5000]) {
    const texts = Array.from({ length: count }, (_, i) => `k${(i * 7919) % 1009}`);
    assert.deepEqual(finish(sortInSteps([...texts])), texts.toSorted());
  }
  const steps = sortInSteps(Array.from({ length: 1000 }, (_, i) => `${i}`));
  assert.ok([...steps].length > 4);
});
