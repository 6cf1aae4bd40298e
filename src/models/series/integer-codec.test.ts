import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeIntegers, encodeIntegers } from "./integer-codec.ts";
import { SeriesReader, SeriesWriter } from "./series-bytes.ts";

/** Bytes that the integers take, after they were read back. */
function bytesOf(values: readonly number[]): number {
  const writer = new SeriesWriter();
  encodeIntegers(writer, Float64Array.from(values), values.length);
  const reader = new SeriesReader(writer.written());
  assert.deepEqual([...decodeIntegers(reader, values.length)], values);
  assert.equal(reader.left, 0);
  return writer.at;
}

function list(count: number, value: (i: number) => number): number[] {
  return Array.from({ length: count }, (_, i) => value(i));
}

test("encodeIntegers() takes a few bytes for what is the same or even", () => {
  assert.equal(bytesOf(list(1000, () => 7)), 2);
  assert.equal(bytesOf(list(1000, (i) => i * 3 - 50)), 3);
  assert.equal(bytesOf([5]), 2);
});

test("encodeIntegers() takes three bits for each small step, whatever the values are", () => {
  const walk = list(1024, (i) => 1e12 + ((i * 7919) % 8) - 4);
  assert.ok(bytesOf(walk) <= (1024 * 4) / 8 + 10 * 8);
  let sum = 0;
  const steps = list(1024, (i) => (sum += ((i * 7919) % 8) - 3));
  assert.ok(bytesOf(steps) <= (1024 * 3) / 8 + 3 * 8 + 10);
});

test("encodeIntegers() gives every safe integer back", () => {
  const max = Number.MAX_SAFE_INTEGER;
  bytesOf(list(300, (i) => (i % 2 === 0 ? max : -max)));
  bytesOf(list(300, (i) => max - i * i));
  bytesOf(list(129, (i) => 2 ** (i % 53)));
  bytesOf(list(257, (i) => -(2 ** (i % 53))));
  bytesOf([-max, 0, max]);
});
