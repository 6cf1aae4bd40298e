import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { FakeEvents } from "../../../test/support/fake-events.ts";
import { CronosError } from "../../base/errors.ts";
import { SimulatedClock } from "../../ports/simulated-clock.ts";
import type { HttpObservation, HttpOptions } from "./http-server.ts";
import { createServer, listenHttp } from "./http-server.ts";
import type { RouteMethod } from "./route.ts";
import { routes } from "./routes.ts";

function serve(events = new FakeEvents()) {
  const faults: CronosError[] = [];
  const observed: HttpObservation[] = [];
  const clock = new SimulatedClock(1_000_000);
  const options: HttpOptions = {
    host: "127.0.0.1",
    port: 0,
    routes,
    backend: {
      events,
      encoded: events,
      stats: events,
      clock,
      notReady: () => undefined,
      metrics: async () => ({ contentType: "text/plain", text: "up 1\n" }),
    },
    onFault: (fault) => faults.push(fault),
    onResponse: (observation) => observed.push(observation),
  };
  const server = createServer(options);
  const ask = async (method: RouteMethod, url: string, body?: object) => {
    const response = await server.inject({ method, url, ...(body === undefined ? {} : { body }) });
    return { status: response.statusCode, headers: response.headers, body: response.json() };
  };
  return { server, events, ask, faults, observed, options, clock };
}

test("publishEvent stores text and base64 payloads and tells a duplicate", async () => {
  const { ask, events } = serve();
  const url = "/api/v1/topics/orders/events";
  const first = await ask("POST", url, { id: "a", at: 5, payload: "hé" });
  assert.deepEqual(first.body, { partition: 0, offset: 0, at: 5, duplicate: false });
  assert.equal(first.status, 201);
  const again = await ask("POST", url, { id: "a", at: 5, payload: "x" });
  assert.equal(again.status, 200);
  assert.equal(again.body.duplicate, true);
  await ask("POST", url, { id: "b", payloadBase64: "/wA=", delayMs: 50 });
  assert.deepEqual([...(events.stored.get("orders/b")?.payload ?? [])], [255, 0]);
  assert.equal(events.stored.get("orders/b")?.at, 1_000_050);
  const text = await ask("GET", "/api/v1/topics/orders/events/a");
  assert.equal(text.body.payload, "hé");
  const binary = await ask("GET", "/api/v1/topics/orders/events/b");
  assert.equal(binary.body.payloadBase64, "/wA=");
  assert.equal(binary.body.payload, undefined);
});

test("publishEvent takes RFC 3339 times, and now when none is given", async () => {
  const { ask } = serve();
  const at = "2030-01-02T03:04:05.678+01:00";
  const fixed = await ask("POST", "/api/v1/topics/t/events", { id: "a", at, payload: "x" });
  assert.equal(fixed.body.at, Date.parse(at));
  const now = await ask("POST", "/api/v1/topics/t/events", { id: "b", payload: "x" });
  assert.equal(now.body.at, 1_000_000);
});

test("topics and ids may hold any character", async () => {
  const { ask } = serve();
  const topic = "a/b?ü ☂".repeat(30);
  const url = `/api/v1/topics/${encodeURIComponent(topic)}/events`;
  const id = "x/y%z".repeat(20);
  assert.equal((await ask("POST", url, { id, payload: "x" })).status, 201);
  const found = await ask("GET", `${url}/${encodeURIComponent(id)}`);
  assert.equal(found.body.topic, topic);
  assert.equal(found.body.id, id);
});

test("bodies that are too large, no JSON or of another type are refused", async () => {
  const { server } = serve();
  const post = async (type: string, body: string) => {
    const headers = { "content-type": type };
    const url = "/api/v1/topics/t/cancel";
    const response = await server.inject({ method: "POST", url, headers, body });
    return [response.statusCode, response.json().error.code];
  };
  const large = JSON.stringify({ prefix: "x".repeat(1024 * 1024) });
  assert.deepEqual(await post("application/json", large), [413, "TOO_LARGE"]);
  assert.deepEqual(await post("application/json", "{"), [400, "INVALID_ARGUMENT"]);
  assert.deepEqual(await post("application/json", '{"__proto__": 1}'), [400, "INVALID_ARGUMENT"]);
  assert.deepEqual(await post("text/plain", "prefix"), [415, "INVALID_ARGUMENT"]);
});

test("an error answer never carries a large value back", async () => {
  const { server } = serve();
  const body = { id: "x".repeat(1_000_000), payload: "x" };
  const response = await server.inject({ method: "POST", url: "/api/v1/topics/t/events", body });
  assert.equal(response.statusCode, 400);
  assert.ok(response.body.length < 2_000, `${response.body.length} characters`);
});

test("unknown paths are 404 in the same form", async () => {
  const { ask } = serve();
  const { status, body } = await ask("GET", "/nothing?x=1");
  assert.equal(status, 404);
  assert.equal(body.error.message, "No such path: GET /nothing; see /openapi.json");
});

test("a fault of the server is logged with its cause and told without it", async () => {
  const events = new FakeEvents();
  events.listTopics = async () => {
    throw new Error("secret path /x");
  };
  const { ask, faults } = serve(events);
  const { status, body } = await ask("GET", "/api/v1/topics");
  assert.equal(status, 500);
  assert.equal(body.error.code, "INTERNAL");
  assert.doesNotMatch(JSON.stringify(body), /secret/);
  assert.equal(faults.length, 1);
  assert.match(faults[0]?.message ?? "", /secret/);
});

test("an error that passes comes with Retry-After", async () => {
  const events = new FakeEvents();
  events.publish = async () => {
    throw new CronosError("DISK_FULL", "Disk is full");
  };
  const { ask } = serve(events);
  const answer = await ask("POST", "/api/v1/topics/t/events", { id: "a", payload: "x" });
  assert.equal(answer.status, 507);
  assert.equal(answer.headers["retry-after"], "1");
});

test("a route whose body may be absent takes none, an empty one and {}", async () => {
  const { server } = serve();
  const url = "/api/v1/deliveries/d/nack";
  const headers = { "content-type": "application/json" };
  for (const request of [{}, { headers }, { headers, body: "{}" }]) {
    const response = await server.inject({ method: "POST", url, ...request });
    assert.equal(response.statusCode, 200, response.body);
  }
});

test("acknowledgeDeliveries reports the deliveries that are gone", async () => {
  const { ask, events } = serve();
  const deliveryIds = ["d/1", "gone/2", "d/3"];
  const { body } = await ask("POST", "/api/v1/deliveries/ack", { deliveryIds });
  assert.deepEqual(body, {
    acknowledged: 2,
    errors: [{ deliveryId: "gone/2", message: "No delivery gone/2" }],
  });
  assert.deepEqual(events.settled, ["d/1", "d/3"]);
});

test("responses are observed under the route's path", async () => {
  const { ask, observed } = serve();
  await ask("GET", "/api/v1/topics/orders/events/x");
  await ask("GET", "/nothing");
  const seen = observed.map(({ method, path, status }) => [method, path, status]);
  assert.deepEqual(seen, [
    ["GET", "/api/v1/topics/{topic}/events/{id}", 404],
    ["GET", "other", 404],
  ]);
});

test("close() ends a subscription with its last message, and its connection", async () => {
  const { options } = serve();
  const listener = await listenHttp(options);
  const response = await fetch(`http://127.0.0.1:${listener.port}/api/v1/topics/t/subscribe`);
  const closed = listener.close();
  assert.match(await response.text(), /event: end\ndata: \{\}\n\n$/);
  await closed;
});

test("close() does not wait forever for a client that does not read", async () => {
  const { options, clock, events } = serve();
  const payload = "x".repeat(1_000_000);
  for (const id of "abcdefghijklmnop") await events.publish({ topic: "t", id, at: 1, payload });
  const listener = await listenHttp(options);
  const socket = connect(listener.port, "127.0.0.1");
  socket.write("GET /api/v1/topics/t/replay HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(socket, "readable");
  const closed = listener.close();
  await clock.advance(5_000);
  await closed;
  socket.destroy();
});

test("close() ends connections that are kept alive or never asked anything", async () => {
  const { options } = serve();
  const listener = await listenHttp(options);
  const silent = connect(listener.port, "127.0.0.1");
  const kept = connect(listener.port, "127.0.0.1");
  kept.write("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  await Promise.all([once(silent, "connect"), once(kept, "data")]);
  silent.resume();
  await Promise.all([listener.close(), once(silent, "close"), once(kept, "close")]);
});
