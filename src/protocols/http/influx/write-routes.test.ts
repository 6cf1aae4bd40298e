import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { influxServer as serve } from "../../../../test/support/influx-server.ts";

function error(status: number, text: string): string {
  return `${status} ${JSON.stringify({ error: text })}\n`;
}

test("POST /write answers as 1.x", async () => {
  const { server, post } = await serve();
  const long = Buffer.alloc(25_000_001);
  const cases: readonly (readonly [string, string | Buffer, string])[] = [
    ["/write?db=db", "m v=1 1", "204 "],
    ["/write?db=db&precision=s&consistency=all&rp=autogen", "m v=1 1\n", "204 "],
    ["/write?db=db", "", "204 "],
    ["/write", "m v=1", error(400, "database is required")],
    ["/write?db=x", "m v=1", error(404, 'database not found: "x"')],
    ["/write?db=db&rp=x", "m v=1", error(500, "retention policy not found: x")],
    ["/write?db=db&consistency=x", "m v=1", error(400, "invalid consistency level")],
    ["/write?db=db", "m v=<1", `400 {"error":"unable to parse 'm v=\\u003c1': invalid boolean"}\n`],
    ["/write?db=db", long, error(413, "Request Entity Too Large")],
    ["/api/v2/write?bucket=db/autogen&precision=ms", "m v=1 1", "204 "],
    ["/api/v2/write?bucket=db", "m v=1 1", "204 "],
    [
      "/api/v2/write?bucket=",
      "m v=1",
      error(404, 'bucket name "" is missing a slash; not in "database/retention-policy" format'),
    ],
    [
      "/api/v2/write?bucket=db&precision=h",
      "m v=1",
      error(400, 'invalid precision "h" (use ns, us, ms or s)'),
    ],
  ];
  for (const [url, body, expected] of cases) assert.equal(await post(url, body), expected);
  await server.close();
});

test("POST /db/{db}/series takes JSON as 0.8 did", async () => {
  const { server, post } = await serve();
  const body = '[{"name":"old","columns":["time","v"],"points":[[1,2.5]]}]';
  assert.equal(await post("/db/db/series?time_precision=s", body), "200 ");
  assert.equal(await post("/db/db/series", "x"), error(400, "Body is not JSON"));
  assert.equal(await post("/db/x/series", body), error(404, 'database not found: "x"'));
  const found = await post("/query?db=db&epoch=s&q=SELECT+*+FROM+old", "");
  assert.match(found, /"values":\[\[1,2\.5\]\]/);
  await server.close();
});

test("POST /write takes bodies of any content type, and packed ones", async () => {
  const { server, post } = await serve();
  const url = "/write?db=db";
  const gzip = { "content-encoding": "gzip" };
  for (const type of ["text/plain; charset=utf-8", "application/octet-stream", "a/b"]) {
    assert.equal(await post(url, "m v=1 1", { "content-type": type }), "204 ");
  }
  assert.equal(await post(url, gzipSync("m v=1 1"), gzip), "204 ");
  const fault = error(400, "unable to parse 'm v=x': invalid boolean");
  assert.equal(await post(url, gzipSync("m v=x"), gzip), fault);
  assert.equal(await post(url, "no gzip at all", gzip), error(400, "gzip: invalid header"));
  const torn = gzipSync("m v=1").subarray(0, 15);
  assert.equal(await post(url, torn, gzip), error(400, "unexpected EOF"));
  await server.close();
});
