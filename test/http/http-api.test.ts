/**
 * The HTTP interface on a real engine in memory, with time that moves when it is told to. Every
 * answer is held to the OpenAPI document.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { open } from "../../src/engine/open.ts";
import type { MemoryDatabase } from "../../src/engine/open.ts";
import { createServer, listenHttp } from "../../src/protocols/http/http-server.ts";
import type { HttpOptions } from "../../src/protocols/http/http-server.ts";
import type { RouteMethod } from "../../src/protocols/http/route.ts";
import { routes } from "../../src/protocols/http/routes.ts";
import { OpenApiValidator } from "../support/openapi-validator.ts";

interface Delivery {
  readonly id: string;
  readonly deliveryId: string;
  readonly attempt: number;
  readonly payload: string;
}

class Fixture {
  readonly db: MemoryDatabase;
  readonly options: HttpOptions;
  readonly #server: ReturnType<typeof createServer>;
  #validator: OpenApiValidator | undefined;

  constructor(db: MemoryDatabase) {
    this.db = db;
    this.options = {
      host: "127.0.0.1",
      port: 0,
      routes,
      backend: {
        events: db.events,
        encoded: db.encoded,
        stats: db,
        clock: db.clock,
        notReady: () => db.notWritable(),
        metrics: async () => ({ contentType: "text/plain", text: "" }),
      },
      onFault: (fault) => assert.fail(fault),
    };
    this.#server = createServer(this.options);
  }

  async ask(method: RouteMethod, url: string, body?: object) {
    this.#validator ??= await OpenApiValidator.of(this.#server);
    const request = { method, url, ...(body === undefined ? {} : { body }) };
    const answer = await this.#server.inject(request);
    this.#validator.check(this.#validator.find(method, url), answer);
    return { status: answer.statusCode, body: answer.json() };
  }

  /** Asks what must succeed. */
  async do(method: RouteMethod, url: string, body?: object) {
    const answer = await this.ask(method, url, body);
    assert.ok(answer.status < 300, JSON.stringify(answer.body));
    return answer.body;
  }

  /** The text of an answer that is not JSON. */
  async text(url: string): Promise<string> {
    const answer = await this.#server.inject(url);
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.body;
  }

  publish(id: string, delayMs: number, more: object = {}) {
    const event = { id, delayMs, payload: `payload of ${id}`, ...more };
    return this.do("POST", "/api/v1/topics/orders/events", event);
  }
}

async function serve(context: TestContext): Promise<Fixture> {
  const db = await open(":memory:", { settings: { partitionCount: 2, maxRetries: 1 } });
  context.after(() => db.close());
  return new Fixture(db);
}

/** The deliveries of a subscription over a real connection. */
class Subscriber {
  readonly deliveries: Delivery[] = [];
  readonly #abort = new AbortController();

  async start(url: string): Promise<this> {
    const response = await fetch(url, { signal: this.#abort.signal });
    assert.equal(response.status, 200, await (response.ok ? "" : response.text()));
    assert.ok(response.body !== null);
    void this.#read(response.body).catch(() => {});
    return this;
  }

  /** Waits for the next delivery; moves the clock meanwhile so that what is due later comes. */
  async next(db: MemoryDatabase): Promise<Delivery> {
    for (let turns = 0; turns < 2_000; turns++) {
      const delivery = this.deliveries.shift();
      if (delivery !== undefined) return delivery;
      await db.clock.advance(10);
      await turn();
    }
    throw new Error("No delivery came");
  }

  stop(): void {
    this.#abort.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of body) {
      const messages = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
      rest = messages.pop() ?? "";
      for (const message of messages) {
        const data = /^event: delivery\n.*\ndata: (.*)$/.exec(message)?.[1];
        if (data !== undefined) this.deliveries.push(JSON.parse(data));
      }
    }
  }
}

test("publish, look up, list, reschedule and cancel", async (context) => {
  const api = await serve(context);
  const { at } = await api.publish("a", 60_000, { meta: { customer: "7" } });
  await api.publish("b", 120_000);
  assert.equal((await api.publish("a", 5)).duplicate, true);
  const event = await api.do("GET", "/api/v1/topics/orders/events/a");
  assert.deepEqual([event.payload, event.at, event.meta], ["payload of a", at, { customer: "7" }]);
  const page = await api.do("GET", "/api/v1/topics/orders/pending?limit=1");
  assert.deepEqual(page.items.map(({ id }: Delivery) => id), ["a"]);
  const next = encodeURIComponent(page.next);
  const rest = await api.do("GET", `/api/v1/topics/orders/pending?limit=10&after=${next}`);
  assert.deepEqual(rest.items.map(({ id }: Delivery) => id), ["b"]);
  assert.equal(rest.next, undefined);
  const moved = await api.do("PATCH", "/api/v1/topics/orders/events/a", { at: at + 600_000 });
  assert.equal(moved.rescheduled, 1);
  const selector = { meta: { customer: "7" }, at: at + 700_000 };
  const again = await api.do("POST", "/api/v1/topics/orders/reschedule", selector);
  assert.equal(again.rescheduled, 1);
  assert.equal((await api.do("GET", "/api/v1/topics/orders/events/a")).at, at + 700_000);
  assert.equal((await api.do("DELETE", "/api/v1/topics/orders/events/a")).cancelled, 1);
  assert.equal((await api.do("DELETE", "/api/v1/topics/orders/events/a")).cancelled, 0);
  const all = await api.do("POST", "/api/v1/topics/orders/cancel", { prefix: "b" });
  assert.equal(all.cancelled, 1);
  assert.equal((await api.do("GET", "/api/v1/topics/orders/pending")).items.length, 0);
});

test("a batch stores what is right and tells what is wrong", async (context) => {
  const api = await serve(context);
  const events = [
    { id: "a", at: 1, payload: "x" },
    { id: "a", at: 1, payload: "x" },
    { id: "b", at: 0, payload: "x" },
    { id: "c", at: "2100-01-01T00:00:00Z", payloadBase64: "/w==" },
  ];
  const receipt = await api.do("POST", "/api/v1/topics/orders/events/batch", { events });
  assert.deepEqual([receipt.published, receipt.duplicates], [2, 1]);
  assert.deepEqual(receipt.errors.map(({ index }: { index: number }) => index), [2]);
  const stored = await api.do("GET", "/api/v1/topics/orders/events/c");
  assert.equal(stored.payloadBase64, "/w==");
});

test("what is missing is NOT_FOUND, what the engine refuses says why", async (context) => {
  const api = await serve(context);
  for (const path of ["topics/none", "topics/none/events/a", "topics/none/groups/g"]) {
    const { status, body } = await api.ask("GET", `/api/v1/${path}`);
    assert.deepEqual([status, body.error.code], [404, "NOT_FOUND"], path);
  }
  const unknown = await api.ask("POST", "/api/v1/deliveries/none/ack");
  assert.equal(unknown.status, 404);
  const body = { id: "a", at: 0, payload: "x" };
  const early = await api.ask("POST", "/api/v1/topics/t/events", body);
  assert.deepEqual([early.status, early.body.error.code], [400, "INVALID_ARGUMENT"]);
  const cron = await api.ask("GET", "/api/v1/schedules/preview?cron=nonsense");
  assert.deepEqual([cron.status, cron.body.error.code], [400, "INVALID_ARGUMENT"]);
});

test("deliveries come on time; nacked ones again, then as dead letters", async (context) => {
  const api = await serve(context);
  const listener = await listenHttp(api.options);
  context.after(() => listener.close());
  const { at } = await api.publish("a", 5_000);
  const url = `http://127.0.0.1:${listener.port}/api/v1/topics/orders/subscribe?group=g`;
  const subscriber = await new Subscriber().start(url);
  const first = await subscriber.next(api.db);
  assert.ok(api.db.clock.now() >= at);
  assert.deepEqual([first.id, first.attempt], ["a", 1]);
  const path = (id: string, what: string) => `/api/v1/deliveries/${encodeURIComponent(id)}/${what}`;
  await api.do("POST", path(first.deliveryId, "nack"), { error: "no money" });
  const second = await subscriber.next(api.db);
  assert.deepEqual([second.id, second.attempt], ["a", 2]);
  await api.do("POST", path(second.deliveryId, "nack"), { error: "still no money" });
  const letters = await api.do("GET", "/api/v1/topics/orders/dead-letters?group=g");
  const { lastError, attempts, payload } = letters.items[0];
  assert.deepEqual([lastError, attempts, payload], ["still no money", 2, "payload of a"]);
  const redriven = await api.do("POST", "/api/v1/topics/orders/dead-letters/redrive", {});
  assert.equal(redriven.redriven, 1);
  const third = await subscriber.next(api.db);
  assert.deepEqual([third.id, third.attempt], ["a", 1]);
  await api.do("POST", "/api/v1/deliveries/ack", { deliveryIds: [third.deliveryId] });
  const purged = await api.do("POST", "/api/v1/topics/orders/dead-letters/purge", {});
  assert.equal(purged.purged, 0);
  subscriber.stop();
  await listener.close();
});

test("recurring schedules publish, pause, resume and end", async (context) => {
  const api = await serve(context);
  const path = "/api/v1/topics/orders/schedules/minutely";
  const body = { cron: "* * * * *", payload: "tick", timeZone: "Europe/Berlin" };
  const created = await api.do("PUT", path, body);
  const preview = await api.do("GET", "/api/v1/schedules/preview?cron=*%20*%20*%20*%20*&count=3");
  assert.equal(preview.instants.length, 3);
  assert.equal(preview.instants[0], created.nextAt);
  await api.db.clock.advance(125_000);
  const [schedule] = (await api.do("GET", "/api/v1/schedules?topic=orders")).schedules;
  assert.equal(schedule.runs, 2);
  assert.equal((await api.do("POST", `${path}/pause`)).paused, true);
  await api.db.clock.advance(125_000);
  assert.equal((await api.do("POST", `${path}/resume`)).runs, 2);
  assert.equal((await api.do("DELETE", path)).deleted, true);
  assert.equal((await api.do("DELETE", path)).deleted, false);
  assert.deepEqual((await api.do("GET", "/api/v1/schedules")).schedules, []);
});

test("topics, partitions and groups are managed", async (context) => {
  const api = await serve(context);
  const topic = "/api/v1/topics/orders";
  const settings = { partitions: 3, maxAttempts: 9, retentionMs: 1_000 };
  const configured = await api.do("PUT", topic, settings);
  assert.deepEqual([configured.partitions, configured.maxAttempts], [3, 9]);
  await api.publish("a", 0);
  await api.publish("b", 60_000);
  await api.db.clock.advance(100);
  assert.equal((await api.do("GET", topic)).pending, 1);
  assert.equal((await api.do("GET", "/api/v1/topics")).topics.length, 1);
  assert.equal((await api.do("GET", `${topic}/partitions`)).partitions.length, 3);
  const group = await api.do("PUT", `${topic}/groups/g`);
  assert.deepEqual(group.partitions, [0, 1, 2]);
  for (const position of ["latest", "earliest", { offset: 0 }, { time: 1 }]) {
    await api.do("POST", `${topic}/groups/g/seek`, { position });
  }
  assert.equal((await api.do("GET", "/api/v1/groups?topic=orders")).groups.length, 1);
  assert.equal((await api.do("GET", "/api/v1/groups/g")).groups.length, 1);
  assert.equal((await api.do("GET", `${topic}/groups/g`)).group, "g");
  assert.equal((await api.do("GET", "/api/v1/scheduler")).pending, 1);
  const stats = await api.do("GET", "/api/v1/stats");
  assert.deepEqual([stats.topics, stats.eventsPending], [1, 1]);
  await api.do("POST", "/api/v1/retention", { topic: "orders" });
  assert.equal((await api.do("DELETE", `${topic}/groups/g`)).deleted, true);
  assert.equal((await api.do("DELETE", topic)).deleted, true);
  assert.equal((await api.ask("GET", topic)).status, 404);
});

test("replay gives events in order of schedule time, as JSON and NDJSON", async (context) => {
  const api = await serve(context);
  const now = api.db.clock.now();
  const times = { d: 40, b: 20, a: 10, c: 30 };
  for (const [id, after] of Object.entries(times)) {
    await api.do("POST", "/api/v1/topics/orders/events", { id, at: now + after, payload: id });
  }
  const { events } = await api.do("GET", "/api/v1/topics/orders/replay");
  assert.deepEqual(events.map(({ id }: Delivery) => id), ["a", "b", "c", "d"]);
  const window = `from=${now + 20}&to=${now + 40}`;
  const some = await api.do("GET", `/api/v1/topics/orders/replay?${window}&count=5`);
  assert.deepEqual(some.events.map(({ id }: Delivery) => id), ["b", "c"]);
  const lines = await api.text("/api/v1/topics/orders/replay?format=ndjson");
  const ids = lines.trimEnd().split("\n").map((line) => JSON.parse(line).id);
  assert.deepEqual(ids, ["a", "b", "c", "d"]);
  const none = await api.ask("GET", "/api/v1/topics/none/replay?format=ndjson");
  assert.equal(none.status, 404);
});

test("a client that leaves a replay with a pace ends it", async (context) => {
  const api = await serve(context);
  const listener = await listenHttp(api.options);
  context.after(() => listener.close());
  for (const id of ["a", "b"]) await api.publish(id, id === "a" ? 0 : 86_400_000);
  const abort = new AbortController();
  const url = `http://127.0.0.1:${listener.port}/api/v1/topics/orders/replay?speed=1&format=ndjson`;
  const response = await fetch(url, { signal: abort.signal });
  const reader = response.body?.getReader();
  const first = await reader?.read();
  assert.match(new TextDecoder().decode(first?.value), /"id":"a"/);
  abort.abort();
  await listener.close();
});
