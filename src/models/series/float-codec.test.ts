import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFloats, encodeFloats } from "./float-codec.ts";
import { SeriesReader, SeriesWriter } from "./series-bytes.ts";

/** Bytes that the doubles take, after they were read back. */
function bytesOf(values: readonly number[]): number {
  const writer = new SeriesWriter();
  encodeFloats(writer, Float64Array.from(values), values.length);
  const reader = new SeriesReader(writer.written());
  assert.deepEqual([...decodeFloats(reader, values.length)], values);
  assert.equal(reader.left, 0);
  return writer.at;
}

test("encodeFloats() makes integers of decimals", () => {
  const cents = Array.from({ length: 1000 }, (_, i) => (2000 + ((i * 7919) % 64)) / 100);
  assert.ok(bytesOf(cents) <= 1000);
});

test("encodeFloats() leaves out the zeros that doubles end with", () => {
  const halves = Array.from({ length: 1000 }, (_, i) => 2 ** 60 * (1 + ((i * 7919) % 64) / 64));
  assert.ok(bytesOf(halves) <= 2000);
});

test("encodeFloats() gives every double back, -0 and the smallest too", () => {
  bytesOf([0, -0, 0.1, -0]);
  bytesOf([5e-324, Number.MAX_VALUE, -1 / 3, 1e22, 123.456]);
  bytesOf(Array.from({ length: 300 }, (_, i) => Math.sin(i) * 10 ** (i % 40)));
});
