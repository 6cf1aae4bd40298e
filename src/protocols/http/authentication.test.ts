import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "../../engine/open.ts";
import { parseQuery } from "../../influxql/parse.ts";
import { createServer } from "./http-server.ts";
import { routes } from "./routes.ts";

const names = { isCommand: () => true, isCategory: () => true };

test("HTTP asks for the credentials of a user, whose rules hold", async () => {
  const db = await open(":memory:");
  const server = createServer({
    host: "127.0.0.1",
    port: 0,
    routes,
    onFault: (fault) => assert.fail(fault),
    backend: {
      events: db.events,
      eventsOf: (namespace) => db.eventsOf(namespace),
      users: db.users,
      encoded: db.encoded,
      stats: db,
      clock: db.clock,
      notReady: () => undefined,
      metrics: async () => ({ contentType: "text/plain", text: "" }),
    },
  });
  const status = async (url: string, authorization?: string): Promise<number> => {
    const headers = authorization === undefined ? {} : { authorization };
    return (await server.inject({ url, headers })).statusCode;
  };
  await db.namespaces.create("shop");
  assert.equal(await status("/api/v1/topics?namespace=shop"), 200);
  assert.equal(await status("/api/v1/topics?namespace=missing"), 404);
  await db.users.change("ann", ["on", ">s", "~mail", "+@read"], names);
  db.users.requirePassword("root");
  const unknown = await server.inject({ url: "/api/v1/topics" });
  assert.equal(unknown.statusCode, 401);
  assert.match(String(unknown.headers["www-authenticate"]), /^Basic /);
  const ann = `Basic ${Buffer.from("ann:s").toString("base64")}`;
  assert.equal(await status("/api/v1/topics", ann), 200);
  assert.equal(await status("/api/v1/topics?namespace=shop", ann), 403);
  assert.equal(await status("/api/v1/topics/other/pending", ann), 403);
  assert.equal(await status("/api/v1/stats", ann), 403);
  const headers = { authorization: ann };
  const settled = { method: "POST", url: "/api/v1/deliveries/d/ack", headers } as const;
  assert.equal((await server.inject(settled)).statusCode, 403);
  assert.equal(await status("/health"), 200);
  assert.equal(await status("/openapi.json"), 200);
  const wrong = `Basic ${Buffer.from("ann:x").toString("base64")}`;
  assert.equal(await status("/api/v1/topics", wrong), 401);
  const denials = db.users.denials.entries.map(({ entry }) => `${entry.reason} ${entry.object}`);
  assert.deepEqual(denials.slice(0, 2), ["auth AUTH", "command event.ack"]);
  assert.ok(denials.includes("key other"));
  await server.close();
  await db.close();
});

test("API keys of time series are made by who may do everything with time series", async () => {
  const db = await open(":memory:");
  const { users, seriesKeys, seriesAccess } = db;
  const server = createServer({
    host: "127.0.0.1",
    port: 0,
    routes,
    onFault: (fault) => assert.fail(fault),
    backend: {
      events: db.events,
      users,
      seriesKeys,
      seriesAccess,
      encoded: db.encoded,
      stats: db,
      clock: db.clock,
      notReady: () => undefined,
      metrics: async () => ({ contentType: "text/plain", text: "" }),
    },
  });
  await db.seriesUsers.create({ name: "ad", password: "x", isAdmin: true });
  await db.seriesUsers.create({ name: "rd", password: "x", isAdmin: false });
  seriesAccess.requireCredentials();
  const url = "/api/v1/series/databases/db/keys";
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
  const ask = async (method: "GET" | "POST" | "DELETE", path: string, authorization = "") => {
    const headers = authorization === "" ? {} : { authorization };
    const payload = method === "POST" ? { body: { name: "k", access: "write" } } : {};
    const answer = await server.inject({ method, url: path, headers, ...payload });
    return { status: answer.statusCode, body: answer.json() };
  };
  assert.equal((await ask("GET", url)).status, 401);
  assert.equal((await ask("GET", url, basic("rd:x"))).status, 403);
  assert.equal((await ask("POST", url, basic("rd:x"))).status, 403);
  assert.equal((await ask("DELETE", `${url}/k`, "Token k")).status, 401);
  assert.equal((await ask("GET", url, basic("ad:x"))).status, 404);
  const statements = parseQuery("CREATE DATABASE db");
  const request = { text: "", database: "", policy: "", isReadOnly: false, chunkRows: 1 };
  for await (const event of db.queries.run({ ...request, statements })) {
    assert.ok(event.kind !== "end" || event.error === undefined);
  }
  const made = await ask("POST", url, basic("ad:x"));
  assert.equal(made.status, 201);
  assert.equal(seriesKeys.find(made.body.key)?.name, "k");
  const { body } = await ask("GET", url, basic("ad:x"));
  assert.deepEqual(body, { keys: [{ name: "k", access: "write", createdAt: db.clock.now() }] });
  assert.equal((await ask("POST", url, basic("ad:x"))).status, 409);
  assert.equal((await ask("DELETE", `${url}/k`, basic("ad:x"))).status, 200);
  assert.equal((await ask("DELETE", `${url}/k`, basic("ad:x"))).status, 404);
  await server.close();
  await db.close();
});
