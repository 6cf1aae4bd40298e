/** @influxdata/influxdb-client, unchanged: its write side, which speaks /api/v2/write. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HttpError, InfluxDB, Point } from "@influxdata/influxdb-client";
import type { WritePrecisionType } from "@influxdata/influxdb-client";
import { influxServer } from "../support/influx-server.ts";

const precisions: readonly (readonly [WritePrecisionType, string])[] = [
  ["ns", "1700000000123456789"],
  ["us", "1700000000123456"],
  ["ms", "1700000000123"],
  ["s", "1700000000"],
];

test("influxdb-client writes times of each precision, flushed when it says so", async () => {
  const { server, post } = await influxServer();
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  try {
    for (const [precision, time] of precisions) {
      const writer = new InfluxDB({ url, token: "ann:secret" }).getWriteApi("", "db/", precision);
      writer.useDefaultTags({ site: "north, 1" });
      const value = BigInt(Number.MAX_SAFE_INTEGER);
      writer.writePoint(
        new Point(precision).intField("i", `${value}`).floatField("f", 1e21).timestamp(time),
      );
      await writer.flush();
      const q = encodeURIComponent(`SELECT * FROM ${precision}`);
      const found = await post(`/query?db=db&epoch=ns&q=${q}`, "");
      const row = `[${time.padEnd(19, "0")},1e+21,9007199254740991,"north, 1"]`;
      assert.ok(found.includes(row), found);
      await writer.close();
    }
  } finally {
    await server.close();
  }
});

test("influxdb-client packs what is large, and is told of what is refused", async () => {
  const { server, post } = await influxServer();
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const packed: (string | undefined)[] = [];
  server.server.on("request", ({ headers }) => packed.push(headers["content-encoding"]));
  const failures: Error[] = [];
  try {
    const writer = new InfluxDB({ url, token: "t" }).getWriteApi("o", "db", "ms", {
      gzipThreshold: 200,
      batchSize: 100,
      maxRetries: 0,
      writeFailed: (error) => void failures.push(error),
    });
    for (let n = 0; n < 250; n++) writer.writePoint(new Point("m").intField("n", n).timestamp(n));
    writer.writeRecord("m n=1.5 7");
    await writer.flush().catch(() => undefined);
    await writer.close();
    const found = await post("/query?db=db&q=SELECT+count(n)+FROM+m", "");
    assert.match(found, /"values":\[\["1970-01-01T00:00:00Z",250\]\]/);
    assert.deepEqual(packed.slice(0, 3), ["gzip", "gzip", "gzip"]);
    const [failure] = failures;
    assert.ok(failure instanceof HttpError);
    assert.equal(failure.statusCode, 400);
    assert.match(failure.body ?? "", /field type conflict/);
  } finally {
    await server.close();
  }
});
