import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { serveFakeEvents } from "../../../test/support/grpc-fixture.ts";

const service = "ConsumerGroupService";
const stored = {
  group_id: "g",
  topic: "orders",
  partitions: [0],
  committed_offsets: { 0: 5 },
  member_offsets: { m: 7 },
  last_rebalance_ts: 1,
};

test("GetConsumerGroup gives the group, NOT_FOUND when there is none in that topic", async (t) => {
  const { caller } = await serveFakeEvents(t);
  assert.deepEqual(await caller.call(service, "GetConsumerGroup", { group_id: "g" }), stored);
  for (const request of [{ group_id: "unknown" }, { group_id: "g", topic: "other" }]) {
    const missing = caller.call(service, "GetConsumerGroup", request);
    await assert.rejects(missing, { code: status.NOT_FOUND });
  }
});

test("CreateConsumerGroup and ListConsumerGroups answer", async (t) => {
  const { caller } = await serveFakeEvents(t);
  const created = await caller.call(service, "CreateConsumerGroup", { group_id: "g", topic: "o" });
  assert.deepEqual(created, { success: true, error: "", error_code: "" });
  assert.deepEqual(await caller.call(service, "ListConsumerGroups"), { groups: [stored] });
  const other = { topic: "other", group_id: "g" };
  assert.deepEqual(await caller.call(service, "ListConsumerGroups", other), { groups: [] });
});

test("RebalanceConsumerGroup gives every member all partitions", async (t) => {
  const { caller } = await serveFakeEvents(t);
  const request = { group_id: "g", member_ids: ["a", "b"] };
  const answer = await caller.call(service, "RebalanceConsumerGroup", request);
  assert.deepEqual([answer["success"], answer["partition_assignments"]], [true, { a: -1, b: -1 }]);
  const unknown = await caller.call(service, "RebalanceConsumerGroup", { group_id: "unknown" });
  assert.deepEqual([unknown["success"], unknown["error_code"]], [false, "NOT_FOUND"]);
});

test("CommitOffset and SeekGroup move the group to what was asked for", async (t) => {
  const { caller, events } = await serveFakeEvents(t);
  const group = { group_id: "g", topic: "orders" };
  await caller.call(service, "CommitOffset", { ...group, partition_id: 2, offset: 9 });
  assert.deepEqual(events.asked["seekGroup"], { partition: 2, position: { offset: 9 } });
  const seeks: readonly (readonly [object, object])[] = [
    [{ offset: -1 }, { position: "latest" }],
    [{ offset: 0 }, { position: { offset: 0 } }],
    [{ due_ts: 5, partition_id: 0 }, { position: { time: 5 }, partition: 0 }],
    [{ due_ts: 5, partition_id: -1 }, { position: { time: 5 } }],
  ];
  for (const [request, asked] of seeks) {
    await caller.call(service, "SeekGroup", { ...group, ...request });
    assert.deepEqual(events.asked["seekGroup"], asked);
  }
  for (const position of [{}, { offset: 1, due_ts: 1 }]) {
    const wrong = caller.call(service, "SeekGroup", { ...group, ...position });
    await assert.rejects(wrong, { code: status.INVALID_ARGUMENT });
  }
});

test("DeleteGroup tells whether there was one", async (t) => {
  const { caller } = await serveFakeEvents(t);
  assert.deepEqual(await caller.call(service, "DeleteGroup", { group_id: "g" }), { deleted: true });
});
