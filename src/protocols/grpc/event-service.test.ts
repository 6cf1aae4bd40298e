import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import { serveFakeEvents } from "../../../test/support/grpc-fixture.ts";
import { CronosError } from "../../base/errors.ts";

const hello = { message_id: "a", schedule_ts: 5, payload: Buffer.from("Hello"), topic: "t" };

test("Publish stores, and reports duplicates and wrong events in its answer", async (t) => {
  const { caller } = await serveFakeEvents(t);
  const publish = (event: object) => caller.call("EventService", "Publish", { event });
  const stored = await publish(hello);
  assert.deepEqual([stored["success"], stored["offset"], stored["schedule_ts"]], [true, 0, 5]);
  await publish({ ...hello, message_id: "b" });
  const again = await publish({ ...hello, schedule_ts: 9 });
  assert.deepEqual(again, {
    success: false,
    error: "duplicate message_id",
    error_code: "ALREADY_EXISTS",
    offset: 0,
    partition_id: 0,
    schedule_ts: 5,
  });
  const wrong = await publish({ topic: "t" });
  assert.deepEqual([wrong["success"], wrong["error"]], [false, "message_id is required"]);
  const empty = await caller.call("EventService", "Publish");
  assert.deepEqual([empty["success"], empty["error"]], [false, "message_id is required"]);
});

test("Publish fails with a status when the request is not to blame", async (t) => {
  const { caller, events } = await serveFakeEvents(t);
  for (const name of ["Publish", "PublishBatch"]) {
    events.failure = new CronosError("DISK_FULL", "Disk is full: 0 bytes left");
    await assert.rejects(caller.call("EventService", name), (error: ServiceError) => {
      assert.equal(error.code, status.RESOURCE_EXHAUSTED);
      assert.equal(error.details, "Disk is full: 0 bytes left");
      assert.deepEqual(error.metadata.get("cronos-code"), ["DISK_FULL"]);
      return true;
    });
  }
});

test("PublishBatch counts and tells which events were refused", async (t) => {
  const { caller } = await serveFakeEvents(t);
  const events = [hello, hello, { topic: "t" }, { ...hello, message_id: "b" }];
  const answer = await caller.call("EventService", "PublishBatch", { events });
  assert.deepEqual(answer, {
    success: false,
    error: "message_id is required",
    error_code: "INVALID_ARGUMENT",
    published_count: 2,
    duplicate_count: 1,
    error_count: 1,
    first_offset: 0,
    last_offset: 1,
    errors: [{ index: 2, message: "message_id is required" }],
  });
});

test("PublishStream answers in order, and ends when the client has closed its side", async (t) => {
  const { caller, events } = await serveFakeEvents(t);
  const stream = caller.stream("EventService", "PublishStream");
  const answers: (readonly [number, boolean])[] = [];
  stream.on("data", (message: { receipts: { request_id: number; success: boolean }[] }) => {
    answers.push(...message.receipts.map((each) => [each.request_id, each.success] as const));
  });
  for (let id = 1; id <= 3000; id++) {
    if (id === 5) events.failure = new CronosError("DISK_FULL", "Disk is full");
    stream.write({ events: [{ ...hello, message_id: `m${id}` }], request_id: id });
  }
  stream.end();
  await once(stream, "end");
  assert.equal(answers.length, 3000);
  assert.ok(answers.every(([id], index) => id === index + 1));
  assert.equal(answers.filter(([, success]) => !success).length, 1);
});

test("Ack answers each request in order, unknown deliveries with success = false", async (t) => {
  const { caller } = await serveFakeEvents(t);
  const stream = caller.stream("EventService", "Ack");
  const answers: object[] = [];
  stream.on("data", (answer: object) => answers.push({ ...answer }));
  stream.write({ delivery_id: "d1", success: true });
  stream.write({ delivery_id: "gone", success: false, error: "boom" });
  stream.write({ delivery_id: "d2", success: true });
  stream.end();
  await once(stream, "end");
  const taken = { success: true, error: "", error_code: "" };
  assert.deepEqual(answers, [
    { ...taken, committed_offset: 1 },
    {
      success: false,
      error: "No delivery gone",
      error_code: "NOT_FOUND",
      committed_offset: 0,
    },
    { ...taken, committed_offset: 2 },
  ]);
});

test("Replay streams events; an absent partition is all of them, 0 is partition 0", async (t) => {
  const { caller, events } = await serveFakeEvents(t);
  for (let id = 0; id < 100; id++) {
    await events.publish({ topic: "t", id: `${id}`, at: 5, payload: "x" });
  }
  const all = caller.read("EventService", "Replay", { topic: "t", count: 50, speed: 2 });
  const offsets: number[] = [];
  all.on("data", (message: { replay_offset: number }) => offsets.push(message.replay_offset));
  await once(all, "end");
  assert.deepEqual(offsets, [...Array(100).keys()]);
  assert.deepEqual(events.asked["replay"], { topic: "t", count: 50, speed: 2 });
  const one = caller.read("EventService", "Replay", { topic: "u", partition_id: 0, start_ts: 3 });
  one.resume();
  await once(one, "end");
  assert.deepEqual(events.asked["replay"], { topic: "u", partition: 0, from: 3 });
});

test("Cancel and Reschedule choose by exactly what was sent", async (t) => {
  const { caller, events } = await serveFakeEvents(t);
  await events.publish({ topic: "t", id: "a", at: 5, payload: "x" });
  const request = { topic: "t", message_ids: ["a", "b"] };
  assert.deepEqual(await caller.call("EventService", "Cancel", request), { cancelled_count: 1 });
  const byPrefix = { topic: "t", prefix: "", schedule_ts: 9 };
  await caller.call("EventService", "Reschedule", byPrefix);
  assert.deepEqual(events.asked["reschedule"], { selector: { topic: "t", prefix: "" }, at: 9 });
  const byMeta = { topic: "t", meta: { a: "b" }, schedule_ts: 9 };
  assert.deepEqual(await caller.call("EventService", "Reschedule", byMeta), {
    rescheduled_count: 1,
  });
  const selector = { topic: "t", meta: { a: "b" } };
  assert.deepEqual(events.asked["reschedule"], { selector, at: 9 });
});

test("ListPending passes the page on, GetEvent finds one or is NOT_FOUND", async (t) => {
  const { caller, events } = await serveFakeEvents(t);
  await events.publish({ topic: "t", id: "a", at: 5, payload: "x", meta: { k: "v" } });
  const query = { topic: "t", from_ts: 1, to_ts: 9, limit: 7, page_token: "more" };
  const page = await caller.call("EventService", "ListPending", query);
  assert.equal(page["next_page_token"], "more");
  assert.deepEqual(events.asked["listPending"], {
    topic: "t",
    from: 1,
    to: 9,
    limit: 7,
    after: "more",
  });
  const event = await caller.call("EventService", "GetEvent", { topic: "t", message_id: "a" });
  assert.deepEqual([event["schedule_ts"], event["meta"]], [5, { k: "v" }]);
  const missing = caller.call("EventService", "GetEvent", { topic: "t", message_id: "z" });
  await assert.rejects(missing, { code: status.NOT_FOUND });
});

test("ListDeadLetters, RedriveDeadLetters and PurgeDeadLetters reach the engine", async (t) => {
  const { caller, events } = await serveFakeEvents(t);
  await events.publish({ topic: "t", id: "a", at: 5, payload: "x" });
  const page = await caller.call("EventService", "ListDeadLetters", { topic: "t" });
  const [letter] = page["dead_letters"] as readonly object[];
  assert.equal(Reflect.get(letter ?? {}, "last_error"), "failed");
  assert.deepEqual(await caller.call("EventService", "RedriveDeadLetters", { topic: "t" }), {
    redriven_count: 1,
  });
  assert.deepEqual(await caller.call("EventService", "PurgeDeadLetters", { topic: "t" }), {
    purged_count: 2,
  });
});
