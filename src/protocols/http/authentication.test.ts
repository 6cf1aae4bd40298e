import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "../../engine/open.ts";
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
  await server.close();
  await db.close();
});
