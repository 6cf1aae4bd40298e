/** Streaming queries over a real connection: rows, windows, tokens, beats, and how they end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fastify from "fastify";
import { openSeriesEngine } from "../../../../test/support/series-engine.ts";
import type { SeriesEngine } from "../../../../test/support/series-engine.ts";
import { influxQueryRoutes } from "./query-routes.ts";
import { serveInflux } from "./serve-influx.ts";

interface Fixture extends SeriesEngine {
  /** Opens /query with these parameters. */
  get(parameters: Record<string, string>, headers?: Record<string, string>): Promise<Response>;
  /** As the server does when it closes. */
  drain(): void;
  close(): Promise<void>;
}

async function openFixture(): Promise<Fixture> {
  const db = await openSeriesEngine();
  const { engine } = db;
  const { seriesWrites: writes, queries, seriesAccess: access, seriesWork, clock } = engine;
  const open = seriesWork.streams.open.bind(seriesWork.streams);
  const server = fastify();
  const endless = new Set<() => void>();
  serveInflux(server, {
    routes: influxQueryRoutes,
    backend: { writes, queries, access, streams: { open, clock } },
    endless,
    onFault: (fault) => assert.fail(fault),
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return {
    ...db,
    get: (parameters, headers = {}) => {
      const query = new URLSearchParams({ db: "db", epoch: "ns", ...parameters });
      return fetch(`${url}/query?${query}`, { headers });
    },
    drain: () => {
      for (const finish of endless) finish();
    },
    close: async () => {
      await engine.close();
      server.server.closeAllConnections();
      await server.close();
    },
  };
}

/** Reads a body until it has this. */
function reader({ body }: Response): (until: string) => Promise<string> {
  assert.ok(body);
  const source = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return async (until) => {
    while (!text.includes(until)) {
      const { done, value } = await source.read();
      if (done) break;
      text += value;
    }
    const end = text.indexOf(until) + until.length;
    const found = text.slice(0, end);
    text = text.slice(end);
    return found;
  };
}

test("stream=sse sends each row with its token, and goes on from it", async () => {
  const db = await openFixture();
  const q = "SELECT v FROM cpu WHERE host = 'a'";
  const answer = await db.get({ q, stream: "sse" });
  assert.equal(answer.headers.get("content-type"), "text/event-stream");
  const next = reader(answer);
  assert.equal(await next("\n\n"), ": open\n\n");
  await db.write("cpu,host=a v=1 1", "cpu,host=b v=2 1");
  const series = (second: number, value: number): string => {
    const values = `[[${db.at(second)},${value}]]`;
    return `{"series":[{"name":"cpu","columns":["time","v"],"values":${values}}]}`;
  };
  const [, token, data] = /^id: (\d+)\ndata: (.*)\n\n$/.exec(await next("}]}\n\n")) ?? [];
  assert.equal(data, series(1, 1));
  await db.write("cpu,host=a v=3 2");
  const again = reader(await db.get({ q, stream: "sse" }, { "last-event-id": token ?? "" }));
  assert.match(await again("}]}\n\n"), new RegExp(`${db.at(2)},3`));
  await db.pass(15_000);
  await next("}]}\n\n");
  assert.match(await next("here\n\n"), /^: still here/);
  db.drain();
  assert.equal(await next("event: end\ndata: {}\n\n"), "event: end\ndata: {}\n\n");
  await db.close();
});

test("stream=ndjson sends windows as they close, and again when points come late", async () => {
  const db = await openFixture();
  const q = "SELECT sum(v) FROM cpu GROUP BY time(1m)";
  const next = reader(await db.get({ q, stream: "ndjson" }));
  await db.write("cpu,host=a v=1 1", "cpu,host=b v=2 1");
  await db.pass(61_000);
  assert.match(await next("}\n"), new RegExp(`"values":\\[\\[${db.at(0)},3\\]\\]`));
  await db.write("cpu,host=a v=4 2");
  await db.pass(100);
  assert.match(await next("}\n"), new RegExp(`"values":\\[\\[${db.at(0)},7\\]\\].*"token":"\\d+"`));
  await db.close();
});

test("a stream ends when its client goes", async () => {
  const db = await openFixture();
  const { streams } = db.engine.seriesWork;
  const answer = await db.get({ q: "SELECT v FROM cpu", stream: "ndjson" });
  assert.equal(streams.count, 1);
  await answer.body?.cancel();
  while (streams.count > 0) await db.pass(1);
  await db.close();
});

test("a stream that cannot be is refused like a query", async () => {
  const db = await openFixture();
  const ask = async (parameters: Record<string, string>): Promise<string> => {
    const answer = await db.get(parameters);
    return `${answer.status} ${await answer.text()}`;
  };
  assert.match(await ask({ q: "SELECT v FROM cpu", stream: "x" }), /^400 .*expected sse or ndjson/);
  assert.match(await ask({ q: "SELECT mean(v) FROM cpu", stream: "sse" }), /^400 .*GROUP BY time/);
  assert.match(await ask({ q: "SELECT v FROM no..cpu", stream: "sse" }), /^404 .*not found: no/);
  await db.close();
});

test("a stream ends when the right to read it is taken back", async () => {
  const { engine, get, close } = await openFixture();
  const { seriesUsers: users, seriesAccess, seriesWrites } = engine;
  await users.create({ name: "ad", password: "x", isAdmin: true });
  await users.create({ name: "rd", password: "x", isAdmin: false });
  const grant = { user: "rd", database: "db", privilege: "READ" } as const;
  await users.grant(grant);
  seriesAccess.requireCredentials();
  const asked = { q: "SELECT v FROM m", stream: "ndjson" };
  assert.equal((await get(asked)).status, 401);
  const read = reader(await get(asked, { authorization: "Token rd:x" }));
  await seriesWrites.write({ database: "db", lines: Buffer.from("m v=1 1") });
  await read('"values":[[1,1]]');
  await users.revoke(grant);
  await seriesWrites.write({ database: "db", lines: Buffer.from("m v=2 2") });
  const rest = await read("requires READ on db");
  assert.ok(!rest.includes("[2,2]"));
  await close();
});
