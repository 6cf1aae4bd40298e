import assert from "node:assert/strict";
import { test } from "node:test";
import type { QueryEvent } from "../../engine/series/query-result.ts";
import { messageDefinition } from "./proto-file.ts";
import { eventMessage, eventOf, itemMessage, itemOf, queryMessage } from "./series-messages.ts";
import { queryOf } from "./series-messages.ts";
import type { QuerySeriesPart, QuerySeriesRequest, StreamSeriesPart } from "./series-messages.ts";

/** As it is after the wire. */
function sent<Message>(name: string, message: object): Message {
  const { serialize, deserialize } = messageDefinition(name);
  return deserialize(serialize(message)) as Message;
}

const chunk = {
  name: "m",
  tags: [["a", "1"], ["b", ""]],
  columns: ["time", "v", "s", "l"],
  types: ["time", "float", "string", "unknown"],
  rows: [
    [-(2n ** 63n), -0, "", ["x", "y"]],
    [2n ** 62n, null, "é", null],
    [0n, Number.NaN, true, []],
  ],
  isPartial: true,
} as const;

test("results of queries are the same on both ends", () => {
  const events: readonly QueryEvent[] = [
    { kind: "series", statementId: 3, series: chunk },
    { kind: "series", statementId: 0, series: { ...chunk, rows: [], tags: [], isPartial: false } },
    { kind: "end", statementId: 1, messages: [], error: undefined, code: undefined },
    { kind: "end", statementId: 1, messages: [], error: "no", code: "TIMEOUT" },
  ];
  for (const event of events) {
    const message = sent<QuerySeriesPart>("QuerySeriesPart", eventMessage(event));
    assert.deepEqual(eventOf(message), event);
  }
  for (const item of [{ kind: "rows", chunk, token: "7" }, { kind: "gap", token: "9" }] as const) {
    const message = sent<StreamSeriesPart>("StreamSeriesPart", itemMessage(item));
    assert.deepEqual(itemOf(message), item);
  }
});

test("parameters of queries are the same on both ends; others are refused", () => {
  const params = { a: "x", b: 0.5, c: 2n ** 62n, d: true, e: { regex: "^a" }, f: { integer: 1n } };
  const query = { database: "db", policy: "", text: "SELECT $a", params };
  const message = sent<QuerySeriesRequest>("QuerySeriesRequest", queryMessage(query));
  assert.deepEqual(queryOf(message), query);
  const inner = { fields: { values: { regex: {} } } };
  for (const bad of [{}, { bytes: Buffer.of(1) }, { list: { values: [] } }, inner]) {
    const parameters = { a: bad };
    assert.throws(() => queryOf({ ...message, parameters }), /Invalid parameter a: expected text/);
  }
});
