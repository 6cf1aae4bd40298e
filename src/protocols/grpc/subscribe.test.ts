import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { fakeDelivery } from "../../../test/support/fake-encoded-events.ts";
import { nextOf } from "../../../test/support/grpc-caller.ts";
import { serveFakeEvents } from "../../../test/support/grpc-fixture.ts";
import { must } from "../../base/assert.ts";

test("Subscribe goes on after the client closed its side, until it cancels", async (t) => {
  const { caller, events } = await serveFakeEvents(t);
  const stream = caller.stream("EventService", "Subscribe");
  stream.on("error", () => undefined);
  stream.write({ topic: "t", partition_id: -1, start_offset: -1, consumer_group: "g" });
  stream.end();
  while (events.encodedSubscriptions.length === 0) await new Promise(setImmediate);
  const held = must(events.encodedSubscriptions[0]);
  assert.deepEqual(held.options, {
    topic: "t",
    from: "latest",
    replay: false,
    batchSize: 500,
    group: "g",
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  const first = nextOf(stream);
  assert.equal(held.subscriber.deliver(fakeDelivery("d1", ["a"])), true);
  const single = await first;
  assert.equal(single["delivery_id"], "d1");
  assert.equal(Reflect.get(Object(single["event"]), "message_id"), "a");
  const second = nextOf(stream);
  held.subscriber.deliver(fakeDelivery("d2", ["a", "b"]));
  assert.equal(Reflect.get(Object((await second)["batch"]), "length"), 2);
  stream.cancel();
  while (!held.closed) await new Promise(setImmediate);
});

test("Subscribe hands the engine's refusal and its end on as statuses", async (t) => {
  const { caller, events } = await serveFakeEvents(t);
  const refused = caller.stream("EventService", "Subscribe");
  refused.write({});
  const [refusal] = await once(refused, "error");
  assert.equal(refusal.code, status.INVALID_ARGUMENT);
  assert.equal(refusal.details, "topic is required");

  const replaced = caller.stream("EventService", "Subscribe");
  replaced.write({ topic: "t", start_offset: 7, max_buffer_size: 3, subscription_id: "me" });
  while (events.encodedSubscriptions.length === 0) await new Promise(setImmediate);
  assert.deepEqual(events.encodedSubscriptions[0]?.options, {
    topic: "t",
    from: 7,
    replay: false,
    batchSize: 500,
    partition: 0,
    credits: 3,
    subscriptionId: "me",
  });
  events.encodedSubscriptions[0]?.subscriber.ended("replaced by another");
  const [end] = await once(replaced, "error");
  assert.deepEqual([end.code, end.details], [status.ABORTED, "replaced by another"]);
});

test("Subscribe holds the engine back while the client does not read", async (t) => {
  const { caller, events } = await serveFakeEvents(t);
  const stream = caller.stream("EventService", "Subscribe");
  stream.on("error", () => undefined);
  stream.write({ topic: "t" });
  while (events.encodedSubscriptions.length === 0) await new Promise(setImmediate);
  const held = must(events.encodedSubscriptions[0]);
  const small = fakeDelivery("d", ["x"]);
  const [event] = small.events;
  const large = { ...small, events: [{ ...must(event), bytes: Buffer.alloc(1 << 20) }] };
  let taken = 0;
  while (held.subscriber.deliver(large)) assert.ok(++taken < 10);
  assert.equal(held.resumes, 0);
  stream.on("data", () => undefined);
  while (held.resumes === 0) await new Promise(setImmediate);
  assert.equal(held.subscriber.deliver(fakeDelivery("d2", ["x"])), true);
  stream.cancel();
});

test("Subscribe refuses a stream that ends without a request", async (t) => {
  const { caller } = await serveFakeEvents(t);
  const stream = caller.stream("EventService", "Subscribe");
  stream.resume();
  stream.end();
  const [error] = await once(stream, "error");
  assert.equal(error.code, status.INVALID_ARGUMENT);
});
