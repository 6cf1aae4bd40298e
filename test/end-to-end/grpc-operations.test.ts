/**
 * The rpcs about what is stored, with the engine behind them: through connect(), and over the bare
 * wire where it says more.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { isCronosError } from "../../src/base/errors.ts";
import type { EventsApi, StoredEvent } from "../../src/engine/events-api.ts";
import { serveDatabase } from "../support/grpc-database.ts";

const minute = 60_000;

/** Publishes a, b, c, … one minute apart, beginning in a minute. */
async function publishSome(events: EventsApi, now: number, count: number): Promise<void> {
  const batch = Array.from({ length: count }, (_, index) => ({
    topic: "t",
    id: String.fromCharCode(97 + index),
    at: now + (index + 1) * minute,
    payload: `payload ${index}`,
    meta: { parity: index % 2 === 0 ? "even" : "odd" },
  }));
  assert.equal((await events.publishBatch(batch)).published, count);
}

async function idsOf(events: AsyncIterable<StoredEvent>): Promise<string> {
  let ids = "";
  for await (const event of events) ids += event.id;
  return ids;
}

test("pending events are listed in pages, found, moved and cancelled", async (t) => {
  const { caller, events, clock } = await serveDatabase(t);
  const now = clock.now();
  await publishSome(events, now, 6);
  const first = await events.listPending({ topic: "t", limit: 4 });
  assert.deepEqual(first.items.map(({ id }) => id), ["a", "b", "c", "d"]);
  const rest = await events.listPending({ topic: "t", after: first.next ?? "" });
  assert.deepEqual([rest.items.map(({ id }) => id), rest.next], [["e", "f"], undefined]);
  const window = { topic: "t", from: now + 2 * minute, to: now + 4 * minute };
  const inWindow = await events.listPending(window);
  assert.deepEqual(inWindow.items.map(({ id }) => id), ["b", "c"]);

  assert.equal(await events.cancel({ topic: "t", ids: ["b", "unknown"] }), 1);
  assert.equal(await events.reschedule({ topic: "t", ids: ["a"] }, now + 30 * minute), 1);
  const moved = await events.get("t", "a");
  assert.deepEqual([moved?.at, Buffer.from(moved?.payload ?? "").toString()], [
    now + 30 * minute,
    "payload 0",
  ]);
  assert.equal(await events.get("t", "unknown"), undefined);
  const odd = { topic: "t", meta: { parity: "odd" } };
  assert.deepEqual(await caller.call("EventService", "Cancel", odd), { cancelled_count: 2 });
  const after = await caller.call("EventService", "ListPending", { topic: "t" });
  const left = after["events"] as readonly { readonly message_id: string }[];
  assert.equal(left.map((event) => event.message_id).join(""), "cea");
  const neither = caller.call("EventService", "Cancel", { topic: "t" });
  await assert.rejects(neither, { code: status.INVALID_ARGUMENT });
});

test("replay gives stored events in order of schedule time", async (t) => {
  const { events, clock } = await serveDatabase(t);
  const now = clock.now();
  await publishSome(events, now, 6);
  await events.publish({ topic: "t", id: "z", at: now + minute + 1, payload: "late" });
  assert.equal(await idsOf(events.replay({ topic: "t" })), "azbcdef");
  const window = { topic: "t", from: now + 2 * minute, to: now + 5 * minute, count: 2 };
  assert.equal(await idsOf(events.replay(window)), "bc");
  for (const partition of [0, 1, 2]) {
    for await (const event of events.replay({ topic: "t", partition })) {
      assert.equal(event.partition, partition);
    }
  }
});

test("a topic is configured, listed and deleted", async (t) => {
  const { events } = await serveDatabase(t);
  const made = await events.configureTopic("orders", { partitions: 2, maxAttempts: 3 });
  assert.deepEqual([made.partitions, made.maxAttempts, made.pending], [2, 3, 0]);
  assert.equal((await events.configureTopic("orders", { retentionMs: 0 })).maxAttempts, 3);
  await assert.rejects(events.configureTopic("orders", { partitions: 5 }), (error) =>
    isCronosError(error),
  );
  await events.publish({ topic: "orders", id: "a", at: 2 ** 42, payload: "x" });
  const topics = await events.listTopics();
  assert.deepEqual(topics.map(({ topic, pending }) => [topic, pending]), [["orders", 1]]);
  assert.equal(await events.deleteTopic("orders"), true);
  assert.equal(await events.deleteTopic("orders"), false);
  assert.deepEqual(await events.listTopics(), []);
});

test("groups are created, moved and deleted", async (t) => {
  const { caller, events, clock } = await serveDatabase(t);
  await publishSome(events, clock.now(), 3);
  const group = await events.createGroup("g", "t");
  assert.deepEqual([group.group, group.topic, group.partitions.length], ["g", "t", 8]);
  assert.deepEqual((await events.getGroup("g")).map(({ topic }) => topic), ["t"]);
  assert.deepEqual((await events.listGroups("t")).map((each) => each.group), ["g"]);
  const at = await events.get("t", "a");
  const partition = at?.partition ?? 0;
  const moved = await caller.call("ConsumerGroupService", "CommitOffset", {
    group_id: "g",
    topic: "t",
    partition_id: partition,
    offset: 1,
  });
  assert.equal(Reflect.get(Object(moved["committed_offsets"]), partition), 1);
  const back = await events.seekGroup("g", "t", { position: "earliest" });
  assert.equal(back.committedOffsets.get(partition) ?? 0, 0);
  await events.seekGroup("g", "t", { position: { time: clock.now() } });
  await events.seekGroup("g", "t", { position: "latest" });
  assert.equal(await events.deleteGroup("g", "t"), true);
  assert.equal(await events.deleteGroup("g", "t"), false);
  assert.deepEqual(await events.getGroup("g"), []);
});

test("dead letters are listed, driven again and purged", async (t) => {
  const { events, clock } = await serveDatabase(t);
  await events.configureTopic("t", { maxAttempts: 1 });
  for (const id of ["a", "b"]) {
    await events.publish({ topic: "t", id, at: clock.now(), payload: id });
  }
  const advance = setInterval(() => void clock.advance(100), 2);
  t.after(() => clearInterval(advance));
  const subscription = events.subscribe({ topic: "t", group: "g" });
  const iterator = subscription[Symbol.asyncIterator]();
  for (let i = 0; i < 2; i++) await (await iterator.next()).value.nack("boom");
  const { items } = await events.listDeadLetters({ topic: "t" });
  assert.deepEqual(items.map(({ id }) => id).sort(), ["a", "b"]);
  assert.deepEqual(
    items.map(({ group, attempts, lastError }) => [group, attempts, lastError]),
    [["g", 1, "boom"], ["g", 1, "boom"]],
  );
  assert.equal(await events.redriveDeadLetters({ topic: "t", ids: ["a"] }), 1);
  const again = await iterator.next();
  assert.equal(again.value.id, "a");
  await again.value.ack();
  assert.equal(await events.purgeDeadLetters({ topic: "t", group: "g" }), 1);
  assert.deepEqual((await events.listDeadLetters({ topic: "t" })).items, []);
  await subscription.close();
});

test("a schedule is created, paused, previewed, run and deleted", async (t) => {
  const { events, clock } = await serveDatabase(t);
  const input = { topic: "t", name: "tick", cron: "*/10 * * * * *", payload: "x" };
  const schedule = await events.schedule(input);
  assert.deepEqual([schedule.timeZone, schedule.paused, schedule.runs], ["UTC", false, 0]);
  const next = await events.previewSchedule(input, { count: 3, from: clock.now() });
  assert.equal(next[0], schedule.nextAt);
  assert.deepEqual(next.slice(1).map((at, index) => at - (next[index] ?? 0)), [10_000, 10_000]);
  const iterator = events.subscribe({ topic: "t", group: "g" })[Symbol.asyncIterator]();
  await clock.advance(11_000);
  const run = await iterator.next();
  assert.ok(run.value.id.startsWith("tick@"));
  assert.ok((await events.pauseSchedule("t", "tick", true)).paused);
  assert.ok(!(await events.pauseSchedule("t", "tick", false)).paused);
  await assert.rejects(events.pauseSchedule("t", "none", true), (error) =>
    isCronosError(error, "NOT_FOUND"),
  );
  await assert.rejects(events.schedule({ ...input, cron: "61 * * * *" }), (error) =>
    isCronosError(error, "INVALID_ARGUMENT"),
  );
  assert.deepEqual((await events.listSchedules("t")).map(({ name }) => name), ["tick"]);
  assert.equal(await events.deleteSchedule("t", "tick"), true);
  assert.equal(await events.deleteSchedule("t", "tick"), false);
});

test("partitions, log and scheduler say how they are", async (t) => {
  const { caller, events, clock } = await serveDatabase(t);
  await publishSome(events, clock.now(), 20);
  const partitions = await events.listPartitions("t");
  assert.equal(partitions.length, 8);
  assert.equal(partitions.reduce((sum, each) => sum + each.lastOffset + 1, 0), 20);
  const largest = Math.max(...partitions.map(({ bytes }) => bytes));
  assert.ok(largest > 0);
  const scheduler = await events.schedulerStatus();
  assert.deepEqual([scheduler.pending, scheduler.ready], [20, 0]);
  const one = await caller.call("PartitionService", "GetPartition", { topic: "t" });
  assert.deepEqual([one["leader_id"], one["topic"]], ["node-1", "t"]);
  const log = await caller.call("PartitionService", "GetWALStatus");
  assert.ok(Number(log["total_size_bytes"]) > 0 && Number(log["last_offset"]) > 0);
  const compacted = await caller.call("PartitionService", "Compact", { force: true });
  assert.ok(compacted["success"] && Number(compacted["bytes_reclaimed"]) > 0);
  const kept = await events.runRetention({ topic: "t", maxAgeMs: 1 });
  assert.deepEqual(kept.eventsRemoved, 0);
});
