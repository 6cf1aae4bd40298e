import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { serveFakeEvents } from "../../../test/support/grpc-fixture.ts";
import type { AdminApi } from "../../engine/admin-api.ts";

const service = "PartitionService";

class FakeAdmin implements AdminApi {
  readonly nodeId = "node-1";
  readonly wheel = { tickMs: 1, slots: 512 };
  compactions = 0;

  async logStatus() {
    return {
      segmentFiles: ["a", "b"],
      firstIndex: 1,
      lastIndex: 9,
      indexEntries: 3,
      oldestAt: 100,
      newestAt: 200,
      bytes: 1000,
      freeBytes: 5000,
    };
  }

  async compact() {
    this.compactions++;
    return { segmentsRemoved: 2, bytesFreed: 700 };
  }
}

const partition = {
  partition_id: 0,
  topic: "orders",
  leader_id: "node-1",
  replica_ids: ["node-1"],
  high_watermark: 1,
  last_offset: 0,
  segment_count: 2,
  disk_usage_bytes: 10,
  first_offset: 0,
};

test("GetPartition and ListPartitions add what is the node's", async (t) => {
  const { caller } = await serveFakeEvents(t, new FakeAdmin());
  const request = { topic: "orders" };
  assert.deepEqual(await caller.call(service, "GetPartition", request), partition);
  assert.deepEqual(await caller.call(service, "ListPartitions"), { partitions: [partition] });
  const missing = caller.call(service, "GetPartition", { partition_id: 7 });
  await assert.rejects(missing, { code: status.NOT_FOUND });
});

test("GetPartition without a topic is the partition of all topics together", async (t) => {
  const { caller, events } = await serveFakeEvents(t, new FakeAdmin());
  const info = { partition: 0, highWatermark: 5, firstOffset: 3, lastOffset: 4, bytes: 100 };
  events.listPartitions = async () => [
    { ...info, topic: "a" },
    { ...info, topic: "b", firstOffset: 2, lastOffset: 9, highWatermark: 10 },
  ];
  assert.deepEqual(await caller.call(service, "GetPartition"), {
    ...partition,
    topic: "",
    high_watermark: 10,
    last_offset: 9,
    disk_usage_bytes: 200,
    first_offset: 2,
  });
});

test("GetWALStatus and GetSchedulerStatus tell the node's state for any partition", async (t) => {
  const { caller } = await serveFakeEvents(t, new FakeAdmin());
  assert.deepEqual(await caller.call(service, "GetWALStatus", { partition_id: 3 }), {
    partition_id: 3,
    segment_files: ["a", "b"],
    first_offset: 1,
    last_offset: 9,
    index_entries: 3,
    oldest_segment_ts: 100,
    newest_segment_ts: 200,
    total_size_bytes: 1000,
    available_space_bytes: 5000,
  });
  assert.deepEqual(await caller.call(service, "GetSchedulerStatus", { partition_id: -1 }), {
    partition_id: -1,
    active_timers: 1,
    ready_events: 2,
    avg_delay_ms: 1,
    max_delay_ms: 3,
    tick_ms: 1,
    wheel_size: 512,
  });
});

test("Compact and RunRetention answer what went", async (t) => {
  const admin = new FakeAdmin();
  const { caller } = await serveFakeEvents(t, admin);
  const fine = { success: true, error: "", error_code: "" };
  assert.deepEqual(await caller.call(service, "Compact"), {
    ...fine,
    segments_compacted: 0,
    bytes_reclaimed: 0,
  });
  assert.equal(admin.compactions, 0);
  assert.deepEqual(await caller.call(service, "Compact", { force: true }), {
    ...fine,
    segments_compacted: 2,
    bytes_reclaimed: 700,
  });
  assert.deepEqual(await caller.call(service, "RunRetention", { partition_id: -1 }), {
    ...fine,
    segments_deleted: 0,
    bytes_freed: 2,
    events_removed: 1,
  });
});

test("GetWALStatus is unimplemented on a database without a log of its own", async (t) => {
  const { caller } = await serveFakeEvents(t);
  await assert.rejects(caller.call(service, "GetWALStatus"), { code: status.UNIMPLEMENTED });
});
