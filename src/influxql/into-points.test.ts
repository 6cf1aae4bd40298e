import assert from "node:assert/strict";
import { test } from "node:test";
import { pointsOfChunk } from "./into-points.ts";
import type { SeriesChunk } from "./result.ts";

const chunk: SeriesChunk = {
  name: "cpu",
  tags: [
    ["host", "a"],
    ["rack", ""],
  ],
  columns: ["time", "mean", "count", "region"],
  types: ["time", "float", "integer", "tag"],
  rows: [
    [1n, 2, 3, "eu"],
    [2n, null, null, null],
    [3n, null, 4, null],
  ],
  isPartial: false,
};

const target = { database: "", policy: "", name: "other", isSameName: false };

test("pointsOfChunk keeps tags grouped by, and makes fields of the other columns", () => {
  const tags = [["host", "a"]];
  assert.deepEqual(
    [...pointsOfChunk(chunk, target)],
    [
      {
        measurement: "other",
        tags,
        fields: [
          { name: "mean", type: "float", value: 2 },
          { name: "count", type: "integer", value: 3 },
          { name: "region", type: "string", value: "eu" },
        ],
        time: 1n,
      },
      {
        measurement: "other",
        tags,
        fields: [{ name: "count", type: "integer", value: 4 }],
        time: 3n,
      },
    ],
  );
});

test("pointsOfChunk keeps the name for INTO :MEASUREMENT", () => {
  const [first] = pointsOfChunk(chunk, { ...target, name: "", isSameName: true });
  assert.equal(first?.measurement, "cpu");
});
