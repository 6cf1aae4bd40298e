/** Which lines go the fast way; that it reads them right is the fuzz test's of line-writer. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchBuilder } from "./batch-builder.ts";
import { FastLines } from "./fast-lines.ts";
import { fieldType } from "./field-type.ts";
import { hashKey, KeyCache } from "./key-cache.ts";
import { Measurement } from "./measurement.ts";
import { MeasurementShape } from "./measurement-shape.ts";
import { nanosecondPrecision } from "./precision.ts";
import { WriteReport } from "./write-report.ts";

const database = { id: 1, name: "db", defaultPolicy: "", policies: [] };
const lengths = { duration: 0n, shardDuration: 0n, windowHours: 1 };
const policy = { id: 1, name: "p", replication: 1, ...lengths };

function readFast(text: string): number {
  const keys = new KeyCache<MeasurementShape>();
  const shape = new MeasurementShape(new Measurement({ id: 1, databaseId: 1, name: "m" }, {}));
  shape.remember("f", { id: 0, type: fieldType.float });
  shape.remember("i", { id: 1, type: fieldType.integer });
  shape.remember("s", { id: 2, type: fieldType.string });
  shape.remember("b", { id: 3, type: fieldType.boolean });
  const key = Buffer.from("m,t=1");
  const hash = hashKey(key, 0, { end: key.length, seed: database.id });
  const hashed = { bytes: key, start: 0, end: key.length, hash };
  keys.add(hashed, { measurement: shape, seriesId: 9 });
  const lines = new FastLines(keys, { shapeOf: () => undefined, seriesOf: () => -1 });
  const batch = new BatchBuilder();
  batch.begin(policy);
  const source = {
    bytes: Buffer.from(text),
    database,
    policy,
    precision: nanosecondPrecision,
    now: { seconds: 0, nanos: 0 },
    oldest: undefined,
    report: new WriteReport(),
  };
  lines.begin(source, batch);
  const next = lines.read(0);
  assert.equal(batch.rows, next < 0 ? 0 : 1, text);
  assert.equal(lines.takeRead(), batch.rows);
  if (next < 0) assert.equal(batch.fields, 0, text);
  return next;
}

test("FastLines reads usual lines of known series and fields", () => {
  const lines = [
    "m,t=1 f=1 1",
    "m,t=1 f=-0.5,i=7i,s=\"a b\",b=t 1500000000000000000",
    "m,t=1 b=true,f=12.345678901234567890",
    "m,t=1 b=false,i=-1i",
  ];
  for (const line of lines) {
    assert.equal(readFast(line), line.length + 1);
    assert.equal(readFast(`${line}\nnext`), line.length + 1);
  }
});

test("FastLines gives up the rest, without a trace", () => {
  const lines = [
    "",
    " m,t=1 f=1",
    "m,t=2 f=1",
    "m,t=1",
    "m,t=1 x=1",
    "m,t=1 f=1,x=1",
    "m,t=1 f=1i",
    "m,t=1 i=1",
    "m,t=1 f=1e5",
    "m,t=1 f=.5",
    "m,t=1 i=1234567890123456i",
    "m,t=1 s=\"a\\\"b\"",
    "m,t=1 s=\"a",
    "m,t=1 b=True",
    "m,t=1 f=1 -1",
    "m,t=1 f=1  1",
    "m,t=1 f=1 1 ",
    "m,t=1 f=1 9223372036854775807",
    "m,t=1 f=1\r",
  ];
  for (const line of lines) assert.equal(readFast(line), -1, line);
});
