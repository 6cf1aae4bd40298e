/**
 * The OpenAPI document is true: every operation in it answers, every route served is in it, and
 * every answer has the shape it promises.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { FastifyInstance } from "fastify";
import type { ApiKeyInfo } from "../../engine/auth/series-keys.ts";
import { FakeEvents } from "../../../test/support/fake-events.ts";
import { OpenApiValidator } from "../../../test/support/openapi-validator.ts";
import { SimulatedClock } from "../../ports/simulated-clock.ts";
import { createServer } from "./http-server.ts";
import { routes } from "./routes.ts";

interface Sample {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: object;
  /** Default 200. */
  readonly status?: number;
}

const event = { id: "new", at: 5, payload: "x", meta: { a: "b" } };
const schedule = { cron: "* * * * *", payloadBase64: "AAE=", endAt: "2100-01-01T00:00:00Z" };

/** A request that succeeds for every operation. */
const samples: Readonly<Record<string, Sample>> = {
  publishEvent: { body: event, status: 201 },
  publishEvents: { body: { events: [event, { ...event, id: "b" }], allowDuplicate: false } },
  getEvent: { path: { id: "old" } },
  cancelEvent: { path: { id: "old" } },
  rescheduleEvent: { path: { id: "old" }, body: { at: "2100-01-01T00:00:00Z" } },
  cancelEvents: { body: { prefix: "o" } },
  rescheduleEvents: { body: { meta: { a: "b" }, at: 7 } },
  listPendingEvents: { query: "?from=1&to=2100-01-01T00:00:00Z&limit=5&after=x" },
  subscribe: { query: "?group=g&from=3&credits=5&replay=true" },
  acknowledgeDelivery: { path: { deliveryId: "d/1" } },
  rejectDelivery: { path: { deliveryId: "d/1" }, body: { error: "no" } },
  acknowledgeDeliveries: { body: { deliveryIds: ["d/1"] } },
  replayEvents: { query: "?partition=0&speed=0.5&count=10" },
  putSchedule: { path: { name: "s" }, body: schedule },
  listSchedules: { query: "?topic=orders" },
  previewSchedule: { query: "?cron=*%20*%20*%20*%20*&count=2&startAt=5" },
  pauseSchedule: { path: { name: "known" } },
  resumeSchedule: { path: { name: "known" } },
  deleteSchedule: { path: { name: "known" } },
  listDeadLetters: { query: "?group=g" },
  redriveDeadLetters: { body: { ids: ["old"] } },
  purgeDeadLetters: { body: {} },
  listTopics: {},
  getTopic: {},
  configureTopic: { body: { partitions: 4, maxAttempts: 2 } },
  deleteTopic: {},
  listPartitions: {},
  listGroups: {},
  getGroup: {},
  createGroup: {},
  getTopicGroup: {},
  deleteGroup: {},
  seekGroup: { body: { partition: 0, position: { time: "2100-01-01T00:00:00Z" } } },
  getHealth: {},
  getReadiness: {},
  getMetrics: {},
  getStats: {},
  getSchedulerStatus: { query: "?partition=0" },
  createSeriesKey: {
    path: { database: "db" },
    body: { name: "k", access: "read", pattern: "^cpu" },
    status: 201,
  },
  listSeriesKeys: { path: { database: "db" } },
  revokeSeriesKey: { path: { database: "db", name: "k" } },
  runRetention: { body: { topic: "orders", maxAgeMs: 0 } },
  getOpenApi: {},
};

async function backend() {
  const events = new FakeEvents();
  await events.publish({ topic: "orders", id: "old", at: 5, payload: new Uint8Array([255]) });
  await events.schedule({ topic: "orders", name: "known", cron: "* * * * *", payload: "x" });
  await events.configureTopic("orders", {});
  const metrics = async () => ({ contentType: "text/plain; version=0.0.4", text: "up 1\n" });
  const clock = new SimulatedClock(1_000);
  const key: ApiKeyInfo = { name: "k", access: "READ", pattern: "^cpu", created: 1 };
  const seriesKeys = { create: async () => "secret", list: () => [key], drop: async () => {} };
  const notReady = () => undefined;
  return { events, encoded: events, stats: events, clock, seriesKeys, notReady, metrics };
}

async function serve(): Promise<FastifyInstance> {
  return createServer({
    host: "127.0.0.1",
    port: 0,
    routes,
    backend: await backend(),
    onFault: (fault) => assert.fail(fault),
  });
}

test("every operation of the document answers as it says", async () => {
  const validator = await OpenApiValidator.of(await serve());
  const names = validator.operations.map(({ operation }) => operation.operationId);
  assert.deepEqual(names.toSorted(), Object.keys(samples).toSorted());
  for (const { path, method, operation } of validator.operations) {
    const server = await serve();
    const sample = samples[operation.operationId] ?? {};
    const values: Record<string, string> = { topic: "orders", group: "g", ...sample.path };
    const url = path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name] ?? ""));
    if (operation.operationId === "subscribe") setTimeout(() => void server.close(), 20);
    const response = await server.inject({
      method: method.toUpperCase() as "GET",
      url: `${url}${sample.query ?? ""}`,
      ...(sample.body === undefined ? {} : { body: sample.body }),
    });
    const label = `${operation.operationId}: ${response.body}`;
    assert.equal(response.statusCode, sample.status ?? 200, label);
    validator.check(operation, response);
  }
});

test("every operation that can be asked wrongly answers with the document's error", async () => {
  const server = await serve();
  const validator = await OpenApiValidator.of(server);
  for (const { path, method, operation } of validator.operations) {
    const response = await server.inject({
      method: method.toUpperCase() as "GET",
      url: `${path.replaceAll(/\{\w+\}/g, "x")}?wrong=1`,
    });
    assert.equal(response.statusCode, 400, operation.operationId);
    validator.check(operation, response);
    assert.match(response.json().error.message, /^Invalid (?:query|body)/);
  }
});

test("every route that is served is in the document", async () => {
  const server = await serve();
  const { operations } = await OpenApiValidator.of(server);
  const documented = operations.map(({ path, method }) => {
    return `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`;
  });
  assert.deepEqual(servedRoutes(server).toSorted(), documented.toSorted());
});

test("a document's references lead somewhere and its operation ids are unique", async () => {
  const { document, operations } = await OpenApiValidator.of(await serve());
  const names = operations.map(({ operation }) => operation.operationId);
  assert.equal(new Set(names).size, names.length);
  for (const [, name = ""] of JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)) {
    assert.ok(name in document.components.schemas, name);
  }
});

/** The router's own list of what it serves: it prints a tree, one path segment per level. */
function servedRoutes(server: FastifyInstance): string[] {
  const served: string[] = [];
  const parents: string[] = [];
  for (const line of server.printRoutes({ commonPrefix: false }).split("\n")) {
    const [, indent = "", segment = "", methods = ""] =
      /^(.*?)[├└]── (\S*)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
    if (segment === "") continue;
    const depth = indent.length / 4;
    parents.length = depth;
    parents[depth] = segment;
    if (methods === "") continue;
    for (const method of methods.split(", ")) served.push(`${method} ${parents.join("")}`);
  }
  return served;
}
