import assert from "node:assert/strict";
import { test } from "node:test";
import { parseQuery } from "../../influxql/parse.ts";
import type { SeriesChunk } from "../../influxql/result.ts";
import { linesOf, tagColumnsOf } from "./into.ts";

const target = { database: "", policy: "", name: "copy", isSameName: false };
const chunk: SeriesChunk = {
  name: "m",
  tags: [["zone", "x y"]],
  columns: ["time", "top", "host"],
  types: ["time", "integer", "tag"],
  rows: [
    [1n, 5, "a"],
    [2n, null, null],
  ],
  isPartial: false,
};

function written(tagColumns?: ReadonlySet<string>): string {
  return Buffer.from(linesOf(chunk, target, tagColumns).lines).toString();
}

test("linesOf() writes columns as fields and leaves out rows without values", () => {
  assert.equal(written(), 'copy,zone=x\\ y top=5i,host="a" 1');
});

test("linesOf() keeps tags that top() chose by", () => {
  const [statement] = parseQuery("SELECT top(v, host, 1) INTO copy FROM m");
  assert.ok(statement?.kind === "select");
  assert.equal(written(tagColumnsOf(statement)), "copy,zone=x\\ y,host=a top=5i 1");
});
