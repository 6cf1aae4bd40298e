/** CSV: headers that change, quotes, errors. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { QueryEvent, ResultSeries } from "../../../engine/series/query-result.ts";
import { csvText } from "./encode-csv.ts";

const series: ResultSeries = {
  name: "m n",
  tags: [["a b", "c,d"]],
  columns: ["time", "v"],
  types: ["time", "float"],
  rows: [[5n, 'say "x"'], [6n, 1e21], [7n, null]],
  isPartial: false,
};
const end = { kind: "end", statementId: 0, messages: [], error: undefined } as const;

async function* events(): AsyncGenerator<QueryEvent> {
  yield { kind: "series", statementId: 0, series };
  yield { kind: "series", statementId: 0, series: { ...series, columns: ["time", "w"], rows: [] } };
  yield { ...end, error: "a, b" };
}

test("csvText() writes a header for columns that differ, and errors", async () => {
  let text = "";
  for await (const piece of csvText(events(), undefined)) text += piece;
  assert.deepEqual(text.split("\n"), [
    "name,tags,time,v",
    'm n,"a\\ b=c\\,d",5,"say ""x"""',
    'm n,"a\\ b=c\\,d",6,1000000000000000000000',
    'm n,"a\\ b=c\\,d",7,',
    "",
    "name,tags,time,w",
    "",
    "error",
    '"a, b"',
    "",
  ]);
});
