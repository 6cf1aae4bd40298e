import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchBuilder } from "./batch-builder.ts";
import { fieldType } from "./field-type.ts";

const place = { measurementId: 1, seriesId: 2, seconds: 3, nanos: 4 };

test("BatchBuilder keeps the last of several values of a field, and its integer", () => {
  const batch = new BatchBuilder();
  batch.begin({ id: 1, windowHours: 24 });
  batch.addInteger(5, 2n ** 60n);
  batch.addNumber(3, fieldType.float, 1);
  batch.addInteger(5, 2n ** 61n);
  batch.addNumber(3, fieldType.float, 2);
  batch.endRow(place);
  assert.deepEqual([...batch.fieldIds.subarray(0, batch.fields)], [5, 3]);
  assert.deepEqual([...batch.bigs], [[0, 2n ** 61n]]);
  assert.equal(batch.values[1], 2);
});

test("BatchBuilder.dropRow forgets the fields since the last row", () => {
  const batch = new BatchBuilder();
  batch.begin({ id: 1, windowHours: 24 });
  batch.addNumber(1, fieldType.float, 1);
  batch.endRow(place);
  batch.addInteger(1, 2n ** 60n);
  batch.dropRow();
  assert.deepEqual([batch.rows, batch.fields, batch.bigs.size], [1, 1, 0]);
});

test("BatchBuilder grows, and is empty when it begins again", () => {
  const batch = new BatchBuilder();
  batch.begin({ id: 1, windowHours: 24 });
  for (let row = 0; row < 3000; row++) {
    for (let id = 0; id < 5; id++) batch.addNumber(id, fieldType.float, row);
    batch.endRow({ ...place, seconds: row });
  }
  assert.equal(batch.fieldStart[3000], 15_000);
  assert.equal(batch.values[14_999], 2999);
  assert.equal(batch.seconds[2999], 2999);
  batch.begin({ id: 2, windowHours: 1 });
  assert.deepEqual([batch.rows, batch.fields, batch.policyId], [0, 0, 2]);
});
