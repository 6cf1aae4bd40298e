/** What queries read: the names of now, the series and points of one state. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { pointsOf } from "../../../test/support/series-batch.ts";
import { openSeriesFixture } from "../../../test/support/series-fixture.ts";
import { hasCode } from "../../../test/support/test-shard.ts";

test("StoredSelectData gives names, tags and series, and the points of one moment", async () => {
  const { a, b, write, data: now } = await openSeriesFixture();
  await write(a, 1n);
  const data = now();
  await write(a, 2n);
  const policyId = data.policyId("db", "");
  assert.equal(policyId, a.policyId);
  assert.throws(() => data.policyId("none", ""), hasCode("NOT_FOUND"));
  assert.throws(() => data.policyId("db", "none"), hasCode("NOT_FOUND"));
  assert.deepEqual([...data.measurementNames(policyId)], ["cpu"]);
  const cpu = data.measurement(policyId, "cpu");
  assert.ok(cpu);
  assert.deepEqual(cpu.tagKeys, ["host"]);
  assert.deepEqual(cpu.fields.map(({ name }) => name), ["v"]);
  assert.deepEqual([...data.allSeries(cpu)], [a.seriesId, b.seriesId]);
  assert.deepEqual([...data.seriesWithTag(cpu, "host", "b")], [b.seriesId]);
  assert.deepEqual([...data.tagValues(cpu, "host")], ["a", "b"]);
  assert.deepEqual(data.tagsOf(cpu, b.seriesId), [["host", "b"]]);
  const points = pointsOf(data.scan(a, [0], { from: 0n, to: 9n }), [0]);
  assert.deepEqual(points.map(({ time }) => time), [1n]);
  data.release();
});
