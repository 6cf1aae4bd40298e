import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ERROR_BYTES_MAX, decodeFailed, encodeFailed, retryDelayMs } from "./retry.ts";

const u48 = fc.nat({ max: 2 ** 48 - 1 });
const failed = fc.record({
  due: u48,
  createdAt: u48,
  deadAt: u48,
  failures: fc.nat({ max: 2 ** 32 - 1 }),
  error: fc.string({ unit: "grapheme" }),
  event: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
}).map((each) => ({ ...each }));

test("decodeFailed() gives back what encodeFailed() wrote", () => {
  fc.assert(
    fc.property(failed, (each) => {
      assert.deepEqual(decodeFailed(encodeFailed(each)), each);
    }),
  );
});

test("encodeFailed() cuts a long error between two characters", () => {
  const event = Buffer.from("event");
  for (const character of ["x", "é", "€", "😀"]) {
    for (let shift = 0; shift < 4; shift++) {
      const error = "-".repeat(shift) + character.repeat(ERROR_BYTES_MAX);
      const row = { due: 1, createdAt: 1, deadAt: 0, failures: 1, error, event };
      const decoded = decodeFailed(encodeFailed(row));
      const bytes = Buffer.byteLength(decoded.error);
      assert.ok(bytes <= ERROR_BYTES_MAX && bytes > ERROR_BYTES_MAX - 4);
      assert.ok(error.startsWith(decoded.error), character);
      assert.deepEqual(decoded.event, event);
    }
  }
});

test("retryDelayMs() doubles up to an hour", () => {
  assert.deepEqual([1, 2, 3, 4].map((failures) => retryDelayMs(1000, failures)), [
    1000, 2000, 4000, 8000,
  ]);
  assert.equal(retryDelayMs(1000, 13), 3_600_000);
  assert.equal(retryDelayMs(1, 1_000_000), 3_600_000);
  assert.equal(retryDelayMs(0, 50), 0);
});
