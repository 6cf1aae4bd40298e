/**
 * Requests that programs of others send to InfluxDB 1.x, as they are on the wire, and the parts of
 * the answers that they look at: Telegraf's output, Grafana's data source, the loader of TSBS.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { influxServer } from "../support/influx-server.ts";

type Server = Awaited<ReturnType<typeof influxServer>>;

const form = { "content-type": "application/x-www-form-urlencoded" };

/** What Telegraf sends a batch with. */
function telegrafWrite(
  { post }: Server,
  lines: string,
  parameters = "consistency=any&db=telegraf",
): Promise<string> {
  return post(`/write?${parameters}`, gzipSync(lines), {
    "content-type": "text/plain; charset=utf-8",
    "content-encoding": "gzip",
    "user-agent": "Telegraf/1.28.5 Go/1.20.7",
  });
}

test("Telegraf makes its database again when the answer says that there is none", async () => {
  const server = await influxServer();
  const lines = "cpu,cpu=cpu0,host=web1 usage_idle=97.5,usage_user=1.25 1700000000000000000\n";
  assert.match(await telegrafWrite(server, lines), /^404 .*database not found: \\"telegraf\\"/);
  const created = await server.post("/query", "q=CREATE+DATABASE+%22telegraf%22", form);
  assert.equal(created, '200 {"results":[{"statement_id":0}]}\n');
  assert.equal(await telegrafWrite(server, lines), "204 ");
});

test("Telegraf finds the texts by which it drops or retries a batch", async () => {
  const server = await influxServer();
  const ask = (q: string) => server.post("/query", new URLSearchParams({ q }).toString(), form);
  await ask('CREATE DATABASE "telegraf"');
  await ask('CREATE RETENTION POLICY "hour" ON "telegraf" DURATION 1h REPLICATION 1');
  await telegrafWrite(server, "disk used=1i\n");
  const unreadable = await telegrafWrite(server, "disk used=1i\ndisk used=\n");
  assert.match(unreadable, /^400 .*unable to parse 'disk used='/);
  const conflict = await telegrafWrite(server, "disk used=0.5\n");
  assert.match(conflict, /^400 .*partial write: field type conflict: .* dropped=1/);
  const old = await telegrafWrite(server, "disk used=1i 1\n", "db=telegraf&rp=hour");
  assert.match(old, /^400 .*partial write: points beyond retention policy dropped=1/);
  const unknown = await telegrafWrite(server, "disk used=1i\n", "db=telegraf&rp=none");
  assert.match(unknown, /^500 .*retention policy not found: none/);
});

test("Grafana tests its data source, fills its menus and draws", async () => {
  const server = await influxServer();
  const lines = Array.from({ length: 4 }, (_, n) => {
    return `cpu,host=h${n % 2},os=Linux idle=${n},cores=8i ${1_700_000_000_000 + n * 30_000}`;
  });
  await server.post("/write?db=db&precision=ms", lines.join("\n"));
  const ask = async (q: string): Promise<string> => {
    const query = new URLSearchParams({ db: "db", q, epoch: "ms" });
    const url = `/query?${query.toString()}`;
    const { statusCode, body, headers } = await server.server.inject({ method: "GET", url });
    assert.equal(statusCode, 200);
    assert.equal(headers["x-influxdb-version"], "1.8.10");
    return body.trim().replace(/^\{"results":\[\{"statement_id":0,?(.*)\}\]\}$/, "$1");
  };
  const names = '"series":[{"name":"measurements","columns":["name"],"values":[["cpu"]]}]';
  assert.equal(await ask("SHOW measurements"), names);
  assert.equal(await ask("SHOW MEASUREMENTS WITH MEASUREMENT =~ /(?i)CP/ LIMIT 100"), names);
  const keys = '"series":[{"name":"cpu","columns":["tagKey"],"values":[["host"],["os"]]}]';
  assert.equal(await ask('SHOW TAG KEYS FROM "cpu"'), keys);
  assert.equal(
    await ask('SHOW TAG VALUES FROM "cpu" WITH KEY = "host" WHERE "os" = \'Linux\''),
    '"series":[{"name":"cpu","columns":["key","value"],"values":[["host","h0"],["host","h1"]]}]',
  );
  const fields = '["cores","integer"],["idle","float"]';
  assert.equal(
    await ask('SHOW FIELD KEYS FROM "cpu"'),
    `"series":[{"name":"cpu","columns":["fieldKey","fieldType"],"values":[${fields}]}]`,
  );
  const policies = await ask('SHOW RETENTION POLICIES ON "db"');
  assert.match(policies, /"columns":\["name","duration",.*\["autogen","0s",/);
  const range = "time >= 1699999980000ms and time <= 1700000100000ms";
  const drawn = await ask(
    `SELECT mean("idle") FROM "cpu" WHERE ("host"::tag = 'h1') AND ${range} ` +
      "GROUP BY time(1m), \"host\"::tag fill(null) ORDER BY time ASC tz('Europe/Paris')",
  );
  assert.equal(
    drawn,
    '"series":[{"name":"cpu","tags":{"host":"h1"},"columns":["time","mean"],"values":' +
      "[[1699999980000,1],[1700000040000,3],[1700000100000,null]]}]",
  );
});

test("TSBS's loader finds its database, makes it new and loads packed lines", async () => {
  const server = await influxServer();
  const listed = await server.server.inject("/query?q=show%20databases");
  const { results } = listed.json<{ results: { series: { values: string[][] }[] }[] }>();
  assert.deepEqual(results[0]?.series[0]?.values, [["db"]]);
  assert.match(await server.post("/query?q=drop%20database%20db", ""), /^200 /);
  const create = "CREATE%20DATABASE%20b%20WITH%20REPLICATION%201";
  const created = await server.server.inject(`/query?q=${create}`);
  assert.equal(created.statusCode, 200);
  const lines = gzipSync("cpu,hostname=host_0 usage_user=58i 1451606400000000000\n");
  const headers = { "content-encoding": "gzip", "content-type": "text/plain" };
  assert.equal(await server.post("/write?consistency=all&db=b", lines, headers), "204 ");
});
