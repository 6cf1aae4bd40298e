/** /query over HTTP: methods, forms of the answer, errors. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { decode } from "@msgpack/msgpack";
import { influxServer } from "../../../../test/support/influx-server.ts";

async function serve(): Promise<Awaited<ReturnType<typeof influxServer>>["server"]> {
  const { server, post } = await influxServer();
  await post("/write?db=db", 'm,h=a v=1.5,s="x,y" 1500000000\nm,h=b v=2 2000000000');
  return server;
}

const select = `/query?db=db&q=${encodeURIComponent("SELECT v, s FROM m GROUP BY h")}`;

test("/query answers JSON, pretty JSON, chunks, CSV and MessagePack", async () => {
  const server = await serve();
  const get = async (url: string, accept = ""): Promise<string> => {
    const { body } = await server.inject({ method: "GET", url, headers: { accept } });
    return body;
  };
  const table = (tag: string, row: string): string =>
    `{"name":"m","tags":{"h":"${tag}"},"columns":["time","v","s"],"values":[${row}]}`;
  const a = table("a", '["1970-01-01T00:00:01.5Z",1.5,"x,y"]');
  const b = table("b", '["1970-01-01T00:00:02Z",2,null]');
  assert.equal(await get(select), `{"results":[{"statement_id":0,"series":[${a},${b}]}]}\n`);
  assert.match(await get(`${select}&pretty=true`), /^\{\n {4}"results": \[\n {8}\{\n/);
  const chunks = (await get(`${select}&chunked=true`)).trim().split("\n");
  assert.deepEqual(chunks, [
    `{"results":[{"statement_id":0,"series":[${a}],"partial":true}]}`,
    `{"results":[{"statement_id":0,"series":[${b}]}]}`,
  ]);
  assert.equal(
    await get(select, "text/csv"),
    'name,tags,time,v,s\nm,h=a,1500000000,1.5,"x,y"\nm,h=b,2000000000,2,\n',
  );
  assert.match(await get(`${select}&epoch=ms`), /\[1500,1\.5,/);
  await server.close();
});

test("/query answers MessagePack and packs with gzip", async () => {
  const server = await serve();
  const url = `${select}&epoch=s`;
  const headers = { accept: "application/x-msgpack", "accept-encoding": "gzip" };
  const { rawPayload, headers: told } = await server.inject({ method: "GET", url, headers });
  assert.equal(told["content-encoding"], "gzip");
  assert.deepEqual(decode(gunzipSync(rawPayload)), {
    results: [
      {
        statement_id: 0,
        series: [
          { name: "m", tags: { h: "a" }, columns: ["time", "v", "s"], values: [[1, 1.5, "x,y"]] },
          { name: "m", tags: { h: "b" }, columns: ["time", "v", "s"], values: [[2, 2, null]] },
        ],
      },
    ],
  });
  await server.close();
});

test("/query refuses what is no query in the words of 1.x", async () => {
  const server = await serve();
  const cases: readonly (readonly [string, number, string])[] = [
    ["/query", 400, 'missing required parameter "q"'],
    ["/query?q=SHOW", 400, "error parsing query: found EOF, expected CONTINUOUS"],
    ["/query?q=SHOW%20USERS&params=x", 400, "error parsing query parameters: "],
  ];
  for (const [url, status, text] of cases) {
    const { statusCode, body, headers } = await server.inject({ method: "GET", url });
    assert.equal(statusCode, status);
    assert.ok((JSON.parse(body) as { error: string }).error.startsWith(text), body);
    assert.ok(String(headers["x-influxdb-error"]).startsWith(text));
  }
  assert.equal((await server.inject({ method: "HEAD", url: "/query" })).statusCode, 405);
  await server.close();
});

test("/debug/vars tells figures as one JSON object", async () => {
  const server = await serve();
  const { body } = await server.inject({ method: "GET", url: "/debug/vars" });
  const told = JSON.parse(body) as Record<string, { readonly values: object }>;
  assert.deepEqual(told["database:db"]?.values, { numMeasurements: 1, numSeries: 2 });
  await server.close();
});

test("/query runs a statement after it answered 204 when it is asked to", async () => {
  const { server, post } = await influxServer();
  assert.equal(await post("/query?async=true&q=CREATE%20DATABASE%20x", ""), "204 ");
  const names = async (): Promise<string> => (await post("/query?q=SHOW%20DATABASES", "")) ?? "";
  for (let tries = 0; tries < 100 && !(await names()).includes('["x"]'); tries++);
  assert.match(await names(), /\["x"\]/);
  await server.close();
});
