import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { blockKeyIn, blocksBetween, blockWindowPrefix, readBlockKey, spanOf } from "./rows.ts";

const window = 168 * 3.6e12;
const offsets = fc.integer({ min: 0, max: window / 1000 }).map((each) => each * 1000);

test("readBlockKey() reads what blockKeyIn() made, before 1970 too", () => {
  const places = fc.record({
    policyId: fc.nat(0xffffffff),
    startHour: fc.integer({ min: -2_562_048, max: 2_562_047 }),
    seriesId: fc.nat(0xffffffff),
    span: fc.integer({ min: 0, max: 4 }),
    first: offsets,
    sequence: fc.nat(0xffffffff),
  });
  fc.assert(
    fc.property(places, (place) => {
      assert.deepEqual(readBlockKey(blockKeyIn(blockWindowPrefix(place), place)), { ...place });
    }),
  );
});

test("blocksBetween() has every block that has points in the range", () => {
  const spread = fc.tuple(offsets, offsets).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
  fc.assert(
    fc.property(spread, spread, (block, range) => {
      const [first, last] = block as [number, number];
      const [from, to] = range as [number, number];
      const at = { policyId: 1, startHour: -24, seriesId: 5 };
      const span = spanOf(last - first);
      const key = blockKeyIn(blockWindowPrefix(at), { seriesId: 5, span, first, sequence: 9 });
      const ranges = blocksBetween(at, { from, to, spans: 1 << span });
      const isFound = ranges.some(({ start, end }) => {
        return key >= start && (end === undefined || key < end);
      });
      if (first <= to && last >= from) assert.ok(isFound);
      if (first > to) assert.ok(!isFound);
    }),
  );
});
