/** The JSON of results, byte by byte. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { QueryEvent, ResultSeries } from "../../../engine/series/query-result.ts";
import { cellText, indentedJson, jsonChunks, jsonDocument, jsonText } from "./encode-json.ts";

const series: ResultSeries = {
  name: "m",
  tags: [["h", "a"]],
  columns: ["time", "v"],
  types: ["time", "float"],
  rows: [[1_500_000_000n, 1.5]],
  isPartial: false,
};
const end = { kind: "end", statementId: 0, messages: [], error: undefined } as const;
const head = '{"name":"m","tags":{"h":"a"},"columns":["time","v"],';

async function* events(...all: readonly QueryEvent[]): AsyncGenerator<QueryEvent> {
  yield* all;
}

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}

test("jsonDocument() joins the pieces of a series and divides statements", async () => {
  const text = await textOf(
    jsonDocument(
      events(
        { kind: "series", statementId: 0, series: { ...series, isPartial: true } },
        { kind: "series", statementId: 0, series },
        end,
        { ...end, statementId: 1, error: "a < b" },
      ),
      undefined,
    ),
  );
  const row = '["1970-01-01T00:00:01.5Z",1.5]';
  const first = `{"statement_id":0,"series":[${head}"values":[${row},${row}]}]}`;
  assert.equal(
    text,
    `{"results":[${first},{"statement_id":1,"error":"a \\u003c b"}]}\n`,
  );
  assert.equal(await textOf(jsonDocument(events(), 1n)), "{}\n");
});

test("jsonChunks() says what more follows", async () => {
  const text = await textOf(
    jsonChunks(
      events(
        { kind: "series", statementId: 0, series: { ...series, isPartial: true } },
        { kind: "series", statementId: 0, series },
        { ...end, messages: [{ level: "info", text: "x" }] },
      ),
      1_000_000_000n,
    ),
  );
  const values = '"values":[[1,1.5]]';
  const last = '"messages":[{"level":"info","text":"x"}]';
  assert.deepEqual(text.trim().split("\n"), [
    `{"results":[{"statement_id":0,"series":[${head}${values},"partial":true}],"partial":true}]}`,
    `{"results":[{"statement_id":0,"series":[${head}${values}}],${last}}]}`,
  ]);
});

test("cellText() and jsonText() write what Go writes", () => {
  const cells = [1e21, 1e-7, 100000000000000000000, -0, Number.NaN, 2n ** 62n, null, true];
  assert.deepEqual(cells.map(cellText), [
    "1e+21",
    "1e-7",
    "100000000000000000000",
    "-0",
    "null",
    "4611686018427387904",
    "null",
    "true",
  ]);
  assert.equal(jsonText("<a&\b\n\u2028\\b"), '"\\u003ca\\u0026\\u0008\\n\\u2028\\\\b"');
});

test("indentedJson() keeps strings and empty lists as they are", () => {
  const text = indentedJson('{"a":[1,{"b":"{,}"}],"c":[],"d":{}}');
  const expected = [
    "{",
    '    "a": [',
    "        1,",
    "        {",
    '            "b": "{,}"',
    "        }",
    "    ],",
    '    "c": [],',
    '    "d": {}',
    "}",
  ];
  assert.equal(text, `${expected.join("\n")}\n`);
});
