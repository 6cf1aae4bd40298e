import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode } from "../../../test/support/test-shard.ts";
import { SeriesReader, SeriesWriter } from "./series-bytes.ts";

const sizes: readonly (readonly [value: number, bytes: number])[] = [
  [0, 1],
  [119, 1],
  [-120, 1],
  [120, 2],
  [-1024, 2],
  [1024, 3],
  [32_767, 3],
  [32_768, 5],
  [2 ** 30 - 1, 5],
  [-(2 ** 30), 5],
  [2 ** 30, 9],
  [Number.MAX_SAFE_INTEGER, 9],
  [Number.MIN_SAFE_INTEGER, 9],
];

test("SeriesWriter.integer() takes as few bytes as the integer needs", () => {
  for (const [value, bytes] of sizes) {
    const writer = new SeriesWriter();
    writer.integer(value);
    assert.equal(writer.written().length, bytes, `${value}`);
    assert.equal(new SeriesReader(writer.written()).integer(), value);
  }
});

test("SeriesReader.integer() is NaN for an integer that is not safe, and big has it", () => {
  const writer = new SeriesWriter();
  writer.bigInteger(-(2n ** 63n));
  const reader = new SeriesReader(writer.written());
  assert.ok(Number.isNaN(reader.integer()));
  assert.equal(reader.big, -(2n ** 63n));
});

test("SeriesReader.double() gives every double back", () => {
  for (const value of [0, -0, 0.1, -1, 5e-324, Number.MAX_VALUE, 2 ** 31]) {
    const writer = new SeriesWriter();
    writer.double(value);
    assert.ok(Object.is(new SeriesReader(writer.written()).double(), value), `${value}`);
  }
});

test("SeriesReader throws CORRUPTION at the end and for what no number begins with", () => {
  for (const bytes of [[], [0xf0], [0xf8, 1], [0xfa, 1, 2], [0xff], [0xfc, 0]]) {
    const read = (): number => new SeriesReader(Uint8Array.from(bytes)).integer();
    assert.throws(read, hasCode("CORRUPTION"), `${bytes}`);
  }
  const nan = Uint8Array.from([0xfb, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f]);
  assert.throws(() => new SeriesReader(nan).double(), hasCode("CORRUPTION"));
});
