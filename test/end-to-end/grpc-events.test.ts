/** Publishing and delivery over gRPC with the engine behind it, on simulated time. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import type { ClientReadableStream } from "@grpc/grpc-js";
import { must } from "../../src/base/assert.ts";
import { isCronosError } from "../../src/base/errors.ts";
import type { EventMessage } from "../../src/protocols/grpc/messages.ts";
import { serveDatabase } from "../support/grpc-database.ts";

interface Delivery {
  readonly event: EventMessage | null;
  readonly batch: readonly EventMessage[];
  readonly delivery_id: string;
  readonly attempt: number;
}

/** Deliveries as they come. */
function collect(stream: ClientReadableStream<object>): Delivery[] {
  const deliveries: Delivery[] = [];
  stream.on("data", (delivery: Delivery) => deliveries.push(delivery));
  stream.on("error", () => undefined);
  return deliveries;
}

function idsOf(deliveries: readonly Delivery[]): string[] {
  return deliveries
    .flatMap(({ event: single, batch }) => (single === null ? batch : [single]))
    .map((each) => each.message_id);
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !condition(); i++) await new Promise((go) => setTimeout(go, 1));
  assert.ok(condition(), "it did not happen within 2 s");
}

function event(id: string, at: number, more: object = {}) {
  return { message_id: id, schedule_ts: at, payload: Buffer.from(id), topic: "t", ...more };
}

test("an event is delivered when it is due, never before, and acknowledged", async (t) => {
  const { caller, clock } = await serveDatabase(t);
  const due = clock.now() + 60_000;
  const published = event("a", due, { meta: { k: "v" }, offset: 99, partition_id: 77 });
  const answer = await caller.call("EventService", "Publish", { event: published });
  assert.equal(answer["success"], true);
  const stream = caller.stream("EventService", "Subscribe");
  const deliveries = collect(stream);
  stream.write({ consumer_group: "g", topic: "t", partition_id: -1 });
  stream.end();
  await once(stream, "metadata");
  await clock.advance(59_999);
  await new Promise((go) => setTimeout(go, 20));
  assert.equal(deliveries.length, 0);
  await clock.advance(10);
  await until(() => deliveries.length === 1);
  const delivery = must(deliveries.at(0));
  const received = must(delivery.event);
  assert.deepEqual(
    [received.message_id, received.schedule_ts, received.meta],
    ["a", due, { k: "v" }],
  );
  assert.deepEqual(
    [received.offset, received.partition_id],
    [answer["offset"], answer["partition_id"]],
  );
  const acks = caller.stream("EventService", "Ack");
  const answers: object[] = [];
  acks.on("data", (each: object) => answers.push({ ...each }));
  acks.write({ delivery_id: delivery.delivery_id, success: true });
  acks.write({ delivery_id: delivery.delivery_id, success: true });
  acks.end();
  await once(acks, "end");
  assert.deepEqual(Reflect.get(answers[0] ?? {}, "committed_offset"), 1);
  assert.equal(Reflect.get(answers[1] ?? {}, "error_code"), "NOT_FOUND");
  stream.cancel();
});

test("Publish answers wrong events and duplicates with the words clients know", async (t) => {
  const { caller, clock } = await serveDatabase(t);
  const right = event("a", clock.now());
  const publish = async (changes: object) => {
    const request = { event: { ...right, ...changes } };
    const answer = await caller.call("EventService", "Publish", request);
    return answer["error"];
  };
  assert.equal(await publish({}), "");
  assert.equal(await publish({}), "duplicate message_id");
  assert.equal(await publish({ message_id: "" }), "message_id is required");
  assert.equal(await publish({ schedule_ts: 0 }), "schedule_ts is required");
  assert.equal(await publish({ schedule_ts: -5 }), "schedule_ts is required");
  assert.equal(await publish({ payload: Buffer.alloc(0) }), "payload is required");
  const large = Buffer.alloc(4 * 1024 * 1024 + 1);
  assert.equal(await publish({ message_id: "b", payload: large }), "payload exceeds 4MB limit");
  assert.equal(await publish({ message_id: "b", payload: large.subarray(1) }), "");
  const empty = await caller.call("EventService", "Publish", { event: {} });
  assert.equal(empty["success"], false);
});

test("PublishBatch and PublishStream store what is right", async (t) => {
  const { caller, clock, database } = await serveDatabase(t);
  const now = clock.now();
  const batch = [event("a", now), event("a", now), event("", now), event("b", now)];
  const answer = await caller.call("EventService", "PublishBatch", { events: batch });
  assert.deepEqual(
    [answer["published_count"], answer["duplicate_count"], answer["error_count"]],
    [2, 1, 1],
  );
  const stream = caller.stream("EventService", "PublishStream");
  const receipts: object[] = [];
  stream.on("data", (each: { receipts: object[] }) => receipts.push(...each.receipts));
  for (let id = 1; id <= 500; id++) {
    stream.write({ events: [event(`s${id % 400}`, now)], request_id: id });
  }
  stream.end();
  await once(stream, "end");
  const sum = (name: string): number =>
    receipts.reduce((total, each) => total + Number(Reflect.get(each, name)), 0);
  assert.equal(receipts.length, 500);
  assert.deepEqual([sum("published_count"), sum("duplicate_count")], [400, 100]);
  assert.equal((await database.stats()).eventsPending, 0);
});

test("a subscription gets its topic and partition, and shares with its group", async (t) => {
  const { caller, clock } = await serveDatabase(t);
  const now = clock.now();
  const events = Array.from({ length: 400 }, (_, index) => event(`e${index}`, now));
  const foreign = events.map((each) => ({ ...each, topic: "other" }));
  await caller.call("EventService", "PublishBatch", { events: [...events, ...foreign] });
  const subscribe = (request: object): Delivery[] => {
    const stream = caller.stream("EventService", "Subscribe");
    t.after(() => stream.cancel());
    stream.write({ topic: "t", ...request });
    return collect(stream);
  };
  const whole = subscribe({ partition_id: -1 });
  const partitions = Array.from({ length: 8 }, (_, index) => subscribe({ partition_id: index }));
  const members = [1, 2].map(() => subscribe({ partition_id: -1, consumer_group: "g" }));
  await clock.advance(10);
  const all = events.map((each) => each.message_id).sort();
  await until(() => idsOf(whole).length === 400);
  assert.deepEqual(idsOf(whole).sort(), all);
  await until(() => idsOf(partitions.flat()).length === 400);
  assert.deepEqual(idsOf(partitions.flat()).sort(), all);
  assert.ok(partitions.every((each) => idsOf(each).length > 0));
  await until(() => idsOf(members.flat()).length === 400);
  assert.deepEqual(idsOf(members.flat()).sort(), all);
});

test("connect() delivers again what was given back, until it is acknowledged", async (t) => {
  const { events, clock } = await serveDatabase(t);
  const receipt = await events.publish({ topic: "t", id: "a", at: clock.now(), payload: "x" });
  assert.equal(receipt.duplicate, false);
  const subscription = events.subscribe({ topic: "t", group: "g" });
  const iterator = subscription[Symbol.asyncIterator]();
  const advance = setInterval(() => void clock.advance(100), 2);
  t.after(() => clearInterval(advance));
  const first = await iterator.next();
  assert.equal(first.value.attempt, 1);
  await first.value.nack("not now");
  const second = await iterator.next();
  assert.deepEqual([second.value.id, second.value.attempt], ["a", 2]);
  await second.value.ack();
  await assert.rejects(second.value.ack(), (error) => isCronosError(error, "NOT_FOUND"));
  await subscription.close();
});

test("connect() publishes batches of any size and refuses what is too large", async (t) => {
  const { events, clock } = await serveDatabase(t);
  const batch = Array.from({ length: 5000 }, (_, index) => {
    return { topic: "t", id: `${index}`, at: clock.now() + 1000, payload: Buffer.alloc(1000) };
  });
  assert.equal((await events.publishBatch(batch)).published, 5000);
  assert.equal((await events.publishBatch(batch)).duplicates, 5000);
  await assert.rejects(
    events.publish({ topic: "t", id: "", at: 1, payload: "x" }),
    (error) => isCronosError(error, "INVALID_ARGUMENT"),
  );
});
