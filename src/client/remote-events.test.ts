import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { serveFakeEvents } from "../../test/support/grpc-fixture.ts";
import { CronosError, isCronosError } from "../base/errors.ts";
import type { EventsApi } from "../engine/events-api.ts";
import { connect } from "./connect.ts";

async function remote(t: TestContext) {
  const { events, listener } = await serveFakeEvents(t);
  const database = await connect(listener.address);
  t.after(() => database.close());
  return { fake: events, events: database.events };
}

const hello = { topic: "t", id: "a", at: 5, payload: "Hello", meta: { k: "v" } };

test("RemoteEvents.publish answers as the engine does", async (t) => {
  const { events, fake } = await remote(t);
  const receipt = { partition: 0, offset: 0, at: 5 };
  assert.deepEqual(await events.publish(hello), { ...receipt, duplicate: false });
  assert.deepEqual(await events.publish({ ...hello, at: 9 }), { ...receipt, duplicate: true });
  const stored = { ...hello, payload: Buffer.from("Hello"), createdAt: 1, partition: 0, offset: 0 };
  assert.deepEqual(fake.stored.get("t/a"), stored);
});

test("RemoteEvents.publish throws the engine's errors", async (t) => {
  const { events, fake } = await remote(t);
  await assert.rejects(events.publish({ ...hello, id: "" }), (error) => {
    assert.ok(isCronosError(error, "INVALID_ARGUMENT"));
    assert.equal(error.message, "message_id is required");
    return true;
  });
  for (const code of ["DISK_FULL", "TOO_LARGE", "OVERLOADED", "CORRUPTION"] as const) {
    fake.failure = new CronosError(code, "the engine's words: größer");
    await assert.rejects(events.publish(hello), (error) => {
      assert.ok(isCronosError(error, code));
      assert.equal(error.message, "the engine's words: größer");
      return true;
    });
  }
});

test("RemoteEvents.publishBatch counts, and throws only when nothing was looked at", async (t) => {
  const { events, fake } = await remote(t);
  const receipt = await events.publishBatch([hello, hello, { ...hello, id: "" }]);
  assert.deepEqual(receipt, {
    published: 1,
    duplicates: 1,
    errors: [{ index: 2, message: "message_id is required" }],
    firstOffset: 0,
    lastOffset: 0,
  });
  fake.failure = new CronosError("INVALID_ARGUMENT", "too many events");
  await assert.rejects(events.publishBatch([hello]), /too many events/);
});

/** Calls whose answers over the network must be those of the engine itself. */
const calls: Readonly<Record<string, (events: EventsApi) => Promise<unknown>>> = {
  cancel: (events) => events.cancel({ topic: "t", ids: ["a"] }),
  reschedule: (events) => events.reschedule({ topic: "t", prefix: "" }, 9),
  listPending: (events) => events.listPending({ topic: "t", from: 1, to: 9, limit: 5, after: "x" }),
  get: (events) => events.get("t", "a"),
  "get of nothing": (events) => events.get("t", "none"),
  schedule: (events) => events.schedule({ topic: "t", name: "n", cron: "* * * * *", payload: "x" }),
  listSchedules: (events) => events.listSchedules("t"),
  pauseSchedule: async (events) => {
    await events.schedule({ topic: "t", name: "n", cron: "* * * * *", payload: "x" });
    return events.pauseSchedule("t", "n", true);
  },
  deleteSchedule: (events) => events.deleteSchedule("t", "n"),
  previewSchedule: (events) => events.previewSchedule({ cron: "* * * * *" }, { count: 2, from: 1 }),
  listDeadLetters: (events) => events.listDeadLetters({ topic: "t" }),
  redriveDeadLetters: (events) => events.redriveDeadLetters({ topic: "t", group: "g" }),
  purgeDeadLetters: (events) => events.purgeDeadLetters({ topic: "t", ids: ["a"] }),
  configureTopic: (events) => events.configureTopic("t", { retentionMs: 0, maxAttempts: 3 }),
  listTopics: (events) => events.listTopics(),
  deleteTopic: (events) => events.deleteTopic("t"),
  createGroup: (events) => events.createGroup("g", "orders"),
  getGroup: (events) => events.getGroup("g"),
  "getGroup of nothing": (events) => events.getGroup("unknown"),
  listGroups: (events) => events.listGroups("orders"),
  deleteGroup: (events) => events.deleteGroup("g", "orders"),
  seekGroup: (events) => events.seekGroup("g", "orders", { partition: 0, position: { time: 5 } }),
  "seekGroup to the end": (events) => events.seekGroup("g", "orders", { position: "latest" }),
  listPartitions: (events) => events.listPartitions("orders"),
  runRetention: (events) => events.runRetention({ topic: "t", maxAgeMs: 5 }),
};

for (const [name, call] of Object.entries(calls)) {
  test(`RemoteEvents answers as the engine does: ${name}`, async (t) => {
    const { events, fake } = await remote(t);
    await fake.publish({ ...hello, payload: Buffer.from("Hello") });
    const { asked } = fake;
    const overTheNetwork = await call(events);
    const askedOverTheNetwork = { ...asked };
    await fake.publish({ ...hello, payload: Buffer.from("Hello") });
    const directly = await call(fake);
    assert.deepEqual(overTheNetwork, directly);
    if (!name.endsWith("chedule")) assert.deepEqual(askedOverTheNetwork, asked);
  });
}

test("RemoteEvents.schedulerStatus asks for all partitions unless told", async (t) => {
  const { events } = await remote(t);
  const status = await events.schedulerStatus();
  assert.deepEqual(status, { pending: 1, ready: 2, delayMsAverage: 1, delayMsMax: 3 });
});

test("RemoteEvents.replay gives events, may be left early, passes errors on", async (t) => {
  const { events, fake } = await remote(t);
  for (let id = 0; id < 500; id++) await fake.publish({ ...hello, id: `${id}` });
  const offsets: number[] = [];
  for await (const event of events.replay({ topic: "t", speed: 2 })) offsets.push(event.offset);
  assert.deepEqual(offsets, [...Array(500).keys()]);
  assert.deepEqual(fake.asked["replay"], { topic: "t", speed: 2 });
  for await (const event of events.replay({ topic: "t", partition: 0 })) {
    assert.equal(event.id, "0");
    break;
  }
  assert.deepEqual(fake.asked["replay"], { topic: "t", partition: 0 });
  fake.replay = () => {
    throw new CronosError("CORRUPTION", "Read block 7: wrong checksum");
  };
  const broken = async (): Promise<void> => {
    for await (const _ of events.replay({ topic: "t" }));
  };
  await assert.rejects(broken(), (error) => isCronosError(error, "CORRUPTION"));
});
