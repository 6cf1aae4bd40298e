import assert from "node:assert/strict";
import { test } from "node:test";
import { RealRandom } from "./real-random.ts";
import { SeededRandom } from "./seeded-random.ts";

test("SeededRandom repeats itself from the same seed and differs from another", () => {
  const draw = (seed: number) => {
    const random = new SeededRandom(seed);
    return [random.next(), random.below(1000), ...random.bytes(7)];
  };
  assert.deepEqual(draw(42), draw(42));
  assert.notDeepEqual(draw(42), draw(43));
});

for (const random of [new SeededRandom(7), new RealRandom()]) {
  const name = random.constructor.name;

  test(`${name} fills [0, bound) evenly`, () => {
    const counts = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 20_000; draw++) {
      const value = random.below(10);
      counts[value] = (counts[value] ?? 0) + 1;
    }
    assert.ok(counts.every((count) => count > 1700 && count < 2300), counts.join());
  });

  test(`${name} gives numbers in [0, 1) and the bytes asked for`, () => {
    for (let draw = 0; draw < 2000; draw++) {
      const value = random.next();
      assert.ok(value >= 0 && value < 1);
    }
    assert.equal(random.bytes(13).length, 13);
    assert.ok(new Set(random.bytes(4096)).size > 250);
  });
}
