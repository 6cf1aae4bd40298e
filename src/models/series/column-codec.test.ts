import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode } from "../../../test/support/test-shard.ts";
import type { Column } from "./column.ts";
import { decodeColumn, encodeColumn } from "./column-codec.ts";
import { SeriesReader, SeriesWriter } from "./series-bytes.ts";

const present = Uint8Array.of(1, 0, 1, 1, 0);
const columns: readonly Column[] = [
  { type: 1, values: Float64Array.of(1.5, 0, -0, 3, 0), present },
  { type: 2, values: Float64Array.of(1, 0, 9, 3, 0), present },
  { type: 2, values: BigInt64Array.of(1n, 0n, 2n ** 62n, -3n, 0n), present },
  { type: 3, values: ["a", "", "ü", "a", ""], present },
  { type: 4, values: Uint8Array.of(1, 0, 0, 1, 0), present },
];

test("decodeColumn() gives a column of each type back, with the points that lack it", () => {
  for (const column of columns) {
    const writer = new SeriesWriter();
    const { kind, count } = encodeColumn(writer, column, { start: 0, end: 5 });
    assert.equal(count, 3);
    const reader = new SeriesReader(writer.written());
    const stored = { type: column.type, kind, count, points: 5 };
    assert.deepEqual(decodeColumn(reader, stored), column);
    const wrong = new SeriesReader(writer.written());
    assert.throws(() => decodeColumn(wrong, { ...stored, count: 2 }), hasCode("CORRUPTION"));
  }
});

test("encodeColumn() of rows that all have a value needs no flags", () => {
  for (const column of columns) {
    const writer = new SeriesWriter();
    const { kind, count } = encodeColumn(writer, column, { start: 2, end: 4 });
    const reader = new SeriesReader(writer.written());
    const decoded = decodeColumn(reader, { type: column.type, kind, count, points: 2 });
    assert.deepEqual(decoded.values, column.values.slice(2, 4));
    assert.equal(decoded.present, undefined);
  }
});
