/** Users and API keys of time series as people use them: over HTTP, with clients, over restarts. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { InfluxDB as ClientOfV2, setLogger } from "@influxdata/influxdb-client";
import { InfluxDB } from "influx";
import { ServerProcess } from "../support/server-process.ts";

const auth = ["--auth-enabled"];

function clientOf(server: ServerProcess, username: string): InfluxDB {
  const { hostname: host, port } = new URL(server.url("/"));
  return new InfluxDB({ host, port: Number(port), database: "shop", username, password: "pw" });
}

async function firstAdministrator(server: ServerProcess): Promise<void> {
  const q = "CREATE USER root WITH PASSWORD 'pw' WITH ALL PRIVILEGES";
  const ask = async (): Promise<number> => {
    const body = new URLSearchParams({ q });
    return (await fetch(server.url("/query"), { method: "POST", body })).status;
  };
  assert.equal((await fetch(server.url("/query?q=SHOW%20DATABASES"))).status, 403);
  assert.equal(await ask(), 200);
  assert.equal(await ask(), 401);
}

test("users and keys hold for the clients of InfluxDB, and over a restart", async (context) => {
  setLogger({ error: () => {}, warn: () => {} });
  const directory = mkdtempSync(join(tmpdir(), "cronosdb-series-auth-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  let server = await ServerProcess.start(directory, auth);
  await firstAdministrator(server);
  const root = clientOf(server, "root");
  await root.createDatabase("shop");
  await root.createDatabase("other");
  await root.createUser("ann", "pw");
  await root.grantPrivilege("ann", "READ", "shop");
  await root.writePoints([{ measurement: "m", fields: { v: 1 } }]);
  const ann = clientOf(server, "ann");
  assert.deepEqual(await ann.getDatabaseNames(), ["shop"]);
  assert.equal((await ann.query("SELECT v FROM m")).length, 1);
  await assert.rejects(ann.writePoints([{ measurement: "m", fields: { v: 2 } }]), /403|not auth/);
  await assert.rejects(ann.dropMeasurement("m"), /requires admin privilege/);
  const [{ key } = assert.fail()] = await root.query<{ key: string }>(
    "CREATE API KEY gauge ON shop FOR WRITE SERIES /^m$/",
  );
  await server.stop();

  server = await ServerProcess.start(directory, auth);
  const write = async (measurement: string): Promise<void> => {
    const client = new ClientOfV2({ url: server.url(""), token: key });
    const points = client.getWriteApi("", "shop/autogen", "ms", { maxRetries: 0 });
    points.writeRecord(`${measurement} v=3`);
    await points.close();
  };
  await write("m");
  await assert.rejects(write("n"), /not authorized to write to measurement/);
  assert.equal((await clientOf(server, "ann").query("SELECT v FROM m")).length, 2);
  const keys = server.url("/api/v1/series/databases/shop/keys");
  const headers = { authorization: `Basic ${Buffer.from("root:pw").toString("base64")}` };
  assert.equal((await fetch(keys)).status, 401);
  assert.match(await (await fetch(keys, { headers })).text(), /"name":"gauge"/);
  assert.equal((await fetch(`${keys}/gauge`, { method: "DELETE", headers })).status, 200);
  await assert.rejects(write("m"), /authorization failed/);
  await server.stop();
});
