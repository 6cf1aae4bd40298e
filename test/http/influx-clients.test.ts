/** The clients that people have, unchanged, on the real listener. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { InfluxDB as ClientV2, Point } from "@influxdata/influxdb-client";
import { InfluxDB } from "influx";
import { influxServer } from "../support/influx-server.ts";

test("npm influx creates a database, writes points and reads them; errors reach it", async () => {
  const { server } = await influxServer();
  const { hostname: host, port } = new URL(await server.listen({ host: "127.0.0.1", port: 0 }));
  const client = new InfluxDB({ host, port: Number(port), database: "app" });
  const [ping] = await client.ping(5000);
  assert.deepEqual([ping?.online, ping?.version], [true, "1.8.10"]);
  await client.createDatabase("app");
  const fields = { duration: 5, path: '/x "y"' };
  const timestamp = new Date(1000);
  await client.writePoints([{ measurement: "r", tags: { host: "a b,=" }, fields, timestamp }]);
  const rows = await client.query<{ readonly host: string; readonly path: string }>(
    "SELECT * FROM r",
  );
  assert.deepEqual(rows.map((row) => [row.host, row.path]), [["a b,=", '/x "y"']]);
  const conflict = client.writePoints([{ measurement: "r", fields: { duration: "x" } }]);
  await assert.rejects(conflict, /field type conflict/);
  await assert.rejects(client.writePoints([{ measurement: "r", fields }], { database: "none" }));
  await server.close();
});

test("@influxdata/influxdb-client writes to a bucket, packed when it is large", async () => {
  const { server, post } = await influxServer();
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const options = { gzipThreshold: 100, maxRetries: 0 };
  const client = new ClientV2({ url, token: "u:p", writeOptions: options });
  const writer = client.getWriteApi("any", "db/autogen", "ms", options);
  for (let i = 1; i <= 50; i++) {
    writer.writePoint(new Point("m").tag("host", `h${i % 3}`).intField("n", i).timestamp(i));
  }
  await writer.close();
  const found = await post("/query?db=db&epoch=ms&q=SELECT+count(n),last(n)+FROM+m", "");
  assert.match(found, /"values":\[\[0,50,50\]\]/);
  await server.close();
});
