/** MessagePack: times as an extension, pieces joined. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, ExtData } from "@msgpack/msgpack";
import type { QueryEvent, ResultSeries } from "../../../engine/series/query-result.ts";
import { msgpackBytes } from "./encode-msgpack.ts";

const series: ResultSeries = {
  name: "",
  tags: [],
  columns: ["time", "v"],
  types: ["time", "integer"],
  rows: [[-1n, 2n ** 62n]],
  isPartial: true,
};

async function* events(): AsyncGenerator<QueryEvent> {
  yield { kind: "series", statementId: 0, series };
  yield { kind: "series", statementId: 0, series: { ...series, isPartial: false } };
  const messages = [{ level: "info", text: "x" }] as const;
  yield { kind: "end", statementId: 0, messages, error: undefined };
}

test("msgpackBytes() keeps times and large integers whole", async () => {
  const time = Buffer.alloc(12);
  time.writeBigInt64BE(-1n);
  time.writeInt32BE(999_999_999, 8);
  const row = [new ExtData(5, new Uint8Array(time)), 2n ** 62n];
  const packed = new Uint8Array(await msgpackBytes(events(), undefined));
  const decoded = decode(packed, { useBigInt64: true });
  assert.deepEqual(decoded, {
    results: [
      {
        statement_id: 0,
        series: [{ columns: ["time", "v"], values: [row, row] }],
        messages: [{ level: "info", text: "x" }],
      },
    ],
  });
});
