import assert from "node:assert/strict";
import { test } from "node:test";
import { measurementsOfLines } from "./line-measurements.ts";

test("measurementsOfLines tells each measurement once, of lines that are well-formed", () => {
  const lines = [
    "cpu,host=a v=1",
    " cpu v=2 5",
    "# disk v=1",
    "",
    "fault",
    String.raw`a\,b\ c v="x`,
    'mem v=1"',
    "é v=1",
  ];
  const names = measurementsOfLines(Buffer.from(lines.join("\n")));
  assert.deepEqual([...names], ["cpu", "a,b c", "é"]);
});
