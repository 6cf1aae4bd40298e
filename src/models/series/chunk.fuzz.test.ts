/** Chunks: what is read is what was written; damaged bytes are CORRUPTION and nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seriesBatch } from "../../../test/support/series-batch.ts";
import type { TestPoint } from "../../../test/support/series-batch.ts";
import { testPoints } from "../../../test/support/series-values.ts";
import { isCronosError } from "../../base/errors.ts";
import { decodeChunk, encodeChunk } from "./chunk.ts";
import { SeriesWriter } from "./series-bytes.ts";
import { ShapeTable } from "./shape.ts";

const far: fc.Arbitrary<TestPoint> = fc.record({
  seriesId: fc.integer({ min: 0, max: 0xffffffff }),
  measurementId: fc.integer({ min: 0, max: 0xffffffff }),
  time: fc.bigInt({ min: -(2n ** 63n) + 2n, max: 2n ** 63n - 2n }),
  fields: fc.constant({ 65535: true }),
});

function encode(points: readonly TestPoint[]): Buffer {
  const batch = seriesBatch(points, { policyId: 4_000_000_000, windowHours: 24 });
  const shapes = new ShapeTable();
  const ofRows = points.map((_point, row) => shapes.of(batch, row));
  return Buffer.from(encodeChunk(new SeriesWriter(), batch, ofRows));
}

test("decodeChunk() gives the batch that encodeChunk() took", () => {
  const points = fc.array(fc.oneof(testPoints, far), { maxLength: 30 });
  fc.assert(
    fc.property(points, (all) => {
      const batch = seriesBatch(all, { policyId: 4_000_000_000, windowHours: 24 });
      assert.deepEqual({ ...decodeChunk(encode(all)) }, batch);
    }),
    { numRuns: 300 },
  );
});

test("decodeChunk() of damaged bytes throws CORRUPTION or gives a batch", () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
  const points = fc.array(testPoints, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(points, damage, fc.nat(), (all, bytes, cut) => {
      const chunk = encode(all);
      for (const [at, byte] of bytes) chunk[at % chunk.length] = byte;
      const part = cut % 3 === 0 ? chunk.subarray(0, cut % chunk.length) : chunk;
      try {
        decodeChunk(part);
      } catch (error) {
        assert.ok(isCronosError(error, "CORRUPTION"), String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
