import assert from "node:assert/strict";
import { test } from "node:test";
import { seriesBatch } from "../../../test/support/series-batch.ts";
import { ShapeTable } from "./shape.ts";

test("ShapeTable.of() tells rows apart by measurement, fields and types", () => {
  const batch = seriesBatch([
    { seriesId: 1, time: 0n, fields: { 1: 1, 2: "x" } },
    { seriesId: 1, time: 0n, fields: { 1: 2, 2: "y" } },
    { seriesId: 1, time: 0n, fields: { 1: 1n, 2: "x" } },
    { seriesId: 1, time: 0n, fields: { 1: 1 } },
    { seriesId: 2, time: 0n, fields: { 1: 1 } },
    { seriesId: 1, time: 0n, fields: { 1: 3, 2: "x" } },
  ]);
  const shapes = new ShapeTable();
  const numbers = Array.from({ length: batch.rows }, (_, row) => shapes.of(batch, row).number);
  assert.deepEqual(numbers, [0, 0, 1, 2, 3, 0]);
});

test("Shape.placeOf() is where the field's value is, or -1", () => {
  const batch = seriesBatch([{ seriesId: 1, time: 0n, fields: { 3: 1, 9: true } }]);
  const shape = new ShapeTable().of(batch, 0);
  assert.deepEqual(
    [3, 9, 4].map((id) => shape.placeOf(id)),
    [0, 1, -1],
  );
});
