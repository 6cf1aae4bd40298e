import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeEvents } from "../../../test/support/fake-events.ts";
import { SimulatedClock } from "../../ports/simulated-clock.ts";
import { abbreviate, invalid } from "./check-request.ts";
import { createServer } from "./http-server.ts";
import type { RouteMethod } from "./route.ts";
import { routes } from "./routes.ts";

const fake = new FakeEvents();
const server = createServer({
  host: "127.0.0.1",
  port: 0,
  routes,
  backend: {
    events: fake,
    encoded: fake,
    stats: fake,
    clock: new SimulatedClock(0),
    notReady: () => undefined,
    metrics: async () => ({ contentType: "text/plain", text: "" }),
  },
  onFault: (fault) => assert.fail(fault),
});

test("checkedRequest() refuses what is wrong, naming field, value and expectation", async () => {
  const events = "/api/v1/topics/t/events";
  const good = { id: "a", payload: "x" };
  const cases: readonly (readonly [RouteMethod, string, object | undefined, string])[] = [
    ["POST", events, { ...good, id: 7 }, "Invalid body.id 7: expected string"],
    ["POST", events, { ...good, id: "" },
      'Invalid body.id "": expected not fewer than 1 characters'],
    ["POST", events, { payload: "x" }, "Invalid body.id: expected a value, it is required"],
    ["POST", events, { ...good, pyload: "x" }, "Invalid body.pyload: expected field payload"],
    ["POST", events, { ...good, zzzzz: "x" }, "Invalid body.zzzzz: expected no such field"],
    ["POST", events, { id: "a" }, "Invalid body.payload: expected payload or payloadBase64"],
    ["POST", events, { id: "a", payloadBase64: "*" },
      'Invalid body.payloadBase64 "*": expected base64'],
    ["POST", events, { ...good, meta: { a: 1 } }, "Invalid body.meta.a 1: expected string"],
    ["POST", events, { ...good, at: 1, delayMs: 1 },
      "Invalid body.delayMs 1: expected at or delayMs, not both"],
    ["POST", events, { ...good, at: "soon" },
      'Invalid body.at "soon": expected Unix ms or an RFC 3339 time: when it is due; default now'],
    ["POST", `${events}/batch`, { events: [good, { ...good, id: 1 }] },
      "Invalid body.events.1.id 1: expected string"],
    ["GET", "/api/v1/topics/t/pending?limit=many", undefined,
      'Invalid query.limit "many": expected integer'],
    ["GET", "/api/v1/topics/t/pending?limit=0", undefined, "Invalid query.limit 0: expected >= 1"],
    ["GET", "/api/v1/topics/t/pending?limt=1", undefined,
      "Invalid query.limt: expected field limit"],
    ["PUT", "/api/v1/topics/t/schedules/s", { cron: "* * * * *", payload: "x", missed: "never" },
      'Invalid body.missed "never": expected one of skip, fire-once, fire-all'],
    ["POST", "/api/v1/topics/t/groups/g/seek", { position: "middle" },
      'Invalid body.position "middle": ' +
        'expected "earliest", "latest", {"offset": 0} or {"time": 0}'],
  ];
  for (const [method, url, body, message] of cases) {
    const response = await server.inject({ method, url, ...(body === undefined ? {} : { body }) });
    const { error } = response.json();
    assert.equal(error?.message, message);
    assert.equal(error.code, "INVALID_ARGUMENT");
    assert.equal(response.statusCode, 400);
  }
});

test("invalid() and abbreviate() keep long values short", () => {
  assert.equal(invalid("id", 7, "string").message, "Invalid id 7: expected string");
  assert.equal(invalid("id", undefined, "a value").message, "Invalid id: expected a value");
  assert.equal(abbreviate("x".repeat(5_000)).length, 201);
  assert.equal(abbreviate({ a: [1] }), '{"a":[1]}');
});
