/** What random tests write: points of few series and times, so that much happens at the same. */
import fc from "fast-check";
import type { TestPoint, TestValue } from "./series-batch.ts";

const HOUR = 3_600_000_000_000n;
/** Field ids; each has one type. */
export const testFieldIds = [1, 2, 3, 4, 700] as const;

const floats: fc.Arbitrary<TestValue> = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -1000, max: 1000 }).map((each) => each / 100),
  fc.constantFrom(0, -0, 5e-324, Number.MAX_VALUE, -1e300, 2 ** 53),
);
const integers: fc.Arbitrary<TestValue> = fc.oneof(
  fc.integer({ min: -200, max: 200 }).map(BigInt),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(2n ** 53n - 1n, 2n ** 53n, -(2n ** 53n), 1n << 31n, -(1n << 30n)),
);
const texts: fc.Arbitrary<TestValue> = fc.oneof(
  fc.constantFrom("", "on", "off", "größer", "\0", "x".repeat(300)),
  fc.string({ unit: "grapheme", maxLength: 20 }),
);

export const valuesOfFields: Readonly<Record<number, fc.Arbitrary<TestValue>>> = {
  1: floats,
  2: integers,
  3: texts,
  4: fc.boolean(),
  700: fc.integer({ min: 0, max: 3 }).map(BigInt),
};

/** Around 1970 and the ends of windows of 24 and 168 hours, often the same. */
export const testTimes: fc.Arbitrary<bigint> = fc.oneof(
  fc.integer({ min: -30, max: 30 }).map((each) => BigInt(each) * 10_000_000_000n),
  fc.integer({ min: -400, max: 400 }).map((each) => BigInt(each) * HOUR),
  fc.integer({ min: -20, max: 20 }).map((each) => BigInt(each) * 24n * HOUR - 1n),
  fc.bigInt({ min: -400n * HOUR, max: 400n * HOUR }),
);

const fields = fc
  .subarray([...testFieldIds], { minLength: 1 })
  .chain((ids) => fc.record(Object.fromEntries(ids.map((id) => [id, valueOf(id)]))));

export const testPoints: fc.Arbitrary<TestPoint> = fc.record({
  seriesId: fc.integer({ min: 1, max: 3 }),
  time: testTimes,
  fields,
});

function valueOf(id: number): fc.Arbitrary<TestValue> {
  return valuesOfFields[id] as fc.Arbitrary<TestValue>;
}
