/** Times as windows and offsets: exact on both sides of 1970. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { offsetIn, offsetOf, TIME_MAX, TIME_MIN, timeAt, windowStartOf } from "./series-time.ts";

test("timeAt gives back the time whose window and offset were taken", () => {
  const times = fc.bigInt({ min: TIME_MIN, max: TIME_MAX });
  fc.assert(
    fc.property(times, fc.constantFrom(1, 24, 168), (time, hours) => {
      const start = windowStartOf(time, hours);
      const offset = offsetOf(start, time);
      assert.ok(offset >= 0 && offset < hours * 3.6e12);
      assert.equal(timeAt(start, offset), time);
      const nanos = ((time % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
      const seconds = Number((time - nanos) / 1_000_000_000n);
      assert.equal(offsetIn(start, seconds, Number(nanos)), offset);
    }),
  );
});
