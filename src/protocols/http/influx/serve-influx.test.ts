import assert from "node:assert/strict";
import { test } from "node:test";
import { influxServer as serve } from "../../../../test/support/influx-server.ts";

test("answers have the headers of 1.x, other methods its 405", async () => {
  const { server } = await serve();
  const ask = (method: "GET" | "HEAD" | "OPTIONS" | "POST", url: string) => {
    return server.inject({ method, url, headers: { "x-request-id": "r1", origin: "http://x" } });
  };
  const ping = await ask("GET", "/ping");
  assert.equal(ping.statusCode, 204);
  assert.equal(ping.headers["x-influxdb-version"], "1.8.10");
  assert.equal(ping.headers["request-id"], "r1");
  assert.equal(ping.headers["access-control-allow-origin"], "http://x");
  assert.equal((await ask("HEAD", "/ping")).statusCode, 204);
  assert.equal((await ask("GET", "/ping?verbose=true")).body, '{"version":"1.8.10"}\n');
  const get = await ask("GET", "/write?db=db");
  assert.deepEqual([get.statusCode, get.headers.allow], [405, "OPTIONS, POST"]);
  assert.equal(get.body, "Method Not Allowed\n");
  assert.equal((await ask("OPTIONS", "/write")).statusCode, 200);
  const failed = await ask("POST", "/write?db=%C3%A9");
  assert.equal(failed.headers["x-influxdb-error"], 'database not found: " "');
  await server.close();
});
