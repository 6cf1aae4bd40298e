/** Blocks: what is read is what was written; damaged bytes are CORRUPTION and nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { typeOfValue, valueAt } from "../../../test/support/series-batch.ts";
import type { TestValue } from "../../../test/support/series-batch.ts";
import { isCronosError } from "../../base/errors.ts";
import { BLOCK_POINTS_MAX, BlockSource, encodeBlock } from "./block.ts";
import type { Column } from "./column.ts";
import { MutableColumn } from "./mutable-column.ts";

type Values = readonly (TestValue | undefined)[];

const safe = fc.maxSafeInteger().map(BigInt);
const walk = fc
  .array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 400 })
  .map((steps) => steps.map(((sum) => (step: number) => BigInt((sum += step)))(0)));
const cents = fc.integer({ min: -100_000, max: 100_000 }).map((each) => each / 100);
const doubles = fc.double({ noNaN: true, noDefaultInfinity: true });
const kinds: readonly fc.Arbitrary<TestValue>[] = [
  safe,
  fc.integer({ min: -5, max: 5 }).map(BigInt),
  fc.integer().map(BigInt),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constant(7n),
  cents,
  doubles,
  fc.constantFrom(0, -0, 5e-324, -5e-324, Number.MAX_VALUE, 0.1, 1e22),
  fc.integer({ min: 0, max: 9 }).map((each) => each * 2 ** 40 + 0.5),
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.constantFrom("on", "off"),
  fc.boolean(),
];
const size = { minLength: 1, maxLength: 300 };
const columns: fc.Arbitrary<Values> = fc.oneof(
  ...kinds.map((kind) => fc.array(kind, size)),
  ...kinds.map((kind) => fc.array(fc.option(kind, { nil: undefined, freq: 3 }), size)),
  walk,
);
const times = fc.oneof(
  fc.record({ step: fc.constantFrom(1, 1000, 1e10), jitter: fc.constant(0) }),
  fc.record({ step: fc.constantFrom(1e6, 1e9), jitter: fc.constantFrom(1, 1000, 1e5) }),
);

function columnOf(values: Values): Column | undefined {
  const typed = values.find((value) => value !== undefined);
  if (typed === undefined) return undefined;
  const column = new MutableColumn(typeOfValue(typed), values.length);
  for (const [i, value] of values.entries()) {
    if (typeof value === "string") column.setText(i, value);
    else if (typeof value !== "bigint") {
      if (value !== undefined) column.setNumber(i, Number(value));
    } else if (Number.isSafeInteger(Number(value))) column.setNumber(i, Number(value));
    else column.setBig(i, value);
  }
  return column.finish();
}

function offsetsOf(count: number, time: { step: number; jitter: number }): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    return 5000 + i * time.step + ((i * 7919) % 10) * time.jitter;
  });
}

function blockOf(fields: readonly Values[], time: { step: number; jitter: number }) {
  const count = Math.min(...fields.map(({ length }) => length));
  const all = fields.map((values) => columnOf(values.slice(0, count)));
  const coded = all.flatMap((column, id) => {
    return column === undefined ? [] : [[id * 3, column] as const];
  });
  const offsets = offsetsOf(count, time);
  const bytes = Buffer.from(encodeBlock({ offsets, columns: coded, start: 0, end: count }));
  return { bytes, offsets, count, all };
}

test("BlockSource gives what encodeBlock() took, to the last bit", () => {
  fc.assert(
    fc.property(fc.array(columns, { minLength: 1, maxLength: 4 }), times, (fields, time) => {
      const { bytes, offsets, count, all } = blockOf(fields, time);
      const block = new BlockSource(bytes, { sequence: 1, first: 5000 });
      assert.deepEqual(block.offsets(), offsets);
      assert.equal(block.lastOffset, offsets.at(-1));
      for (const [id, column] of all.entries()) {
        assert.deepEqual(block.column(id * 3), column);
        for (let row = 0; row < count; row++) {
          assert.equal(valueAt(column, row), fields[id]?.[row]);
        }
        checkSummary(block, id * 3, fields[id]?.slice(0, count) ?? []);
      }
    }),
    { numRuns: 600 },
  );
});

function checkSummary(block: BlockSource, id: number, values: Values): void {
  const summary = block.summary(id);
  const there = values.filter((value) => value !== undefined);
  if (there.length === 0) return assert.equal(summary, "absent");
  if (summary === undefined || summary === "absent") return assert.equal(summary, undefined);
  assert.equal(summary.count, there.length);
  if (typeof there[0] === "string" || typeof there[0] === "boolean") return;
  const numbers = there.map(Number);
  assert.ok(Math.min(...numbers) === summary.min && Math.max(...numbers) === summary.max);
  if (summary.sum === undefined) return;
  assert.equal(
    BigInt(summary.sum),
    numbers.reduce((sum, value) => sum + BigInt(value), 0n),
  );
}

test("BlockSource of damaged bytes throws CORRUPTION or gives points", () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(columns, { minLength: 1, maxLength: 3 }), damage, (fields, bytes) => {
      const { bytes: block } = blockOf(fields, { step: 1e6, jitter: 10 });
      for (const [at, byte] of bytes) {
        // Most of what can go wrong stands in front.
        const place = at % 2 === 0 ? at % Math.min(block.length, 60) : at % block.length;
        block[place] = byte;
      }
      try {
        const source = new BlockSource(block, { sequence: 1, first: 5000 });
        assert.ok(source.count <= BLOCK_POINTS_MAX);
        source.offsets();
        for (const id of source.fieldIds()) source.column(id);
      } catch (error) {
        assert.ok(isCronosError(error, "CORRUPTION"), String((error as Error).stack));
      }
    }),
    { numRuns: 3000 },
  );
});
