import assert from "node:assert/strict";
import { test } from "node:test";
import { pointsOf, seriesBatch } from "../../../test/support/series-batch.ts";
import { openSeriesFixture } from "../../../test/support/series-fixture.ts";
import { BatchSelectData } from "./batch-select-data.ts";

test("BatchSelectData reads the points of batches alone, with stored tags", async () => {
  const { a, b, write, data } = await openSeriesFixture();
  await write(a, 1n);
  await write(b, 1n);
  const stored = data();
  const { policyId } = b;
  const written = seriesBatch([{ ...b, time: 7n, fields: { 0: 3 } }], { policyId });
  const batch = new BatchSelectData(stored, [written]);
  assert.equal(batch.policyId("db", ""), policyId);
  assert.deepEqual([...batch.measurementNames(policyId)], ["cpu"]);
  const cpu = batch.measurement(policyId, "cpu");
  assert.ok(cpu);
  assert.deepEqual([...batch.allSeries(cpu)], [b.seriesId]);
  assert.deepEqual([...batch.seriesWithTag(cpu, "host", "a")], []);
  assert.deepEqual([...batch.seriesWithTag(cpu, "host", "b")], [b.seriesId]);
  assert.deepEqual([...batch.tagValues(cpu, "host")], ["b"]);
  assert.deepEqual(batch.tagsOf(cpu, b.seriesId), [["host", "b"]]);
  const points = pointsOf(batch.scan(b, [0], { from: 0n, to: 9n }), [0]);
  assert.deepEqual(points, [{ time: 7n, fields: { 0: 3 } }]);
  stored.release();
});
