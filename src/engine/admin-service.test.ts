import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./open.ts";

const event = { topic: "t", id: "a", at: 1, payload: "x" };

test("AdminService.logStatus tells where the log begins and ends", async () => {
  const database = await open(":memory:", { settings: { nodeId: "me", tickMs: 2, wheelSize: 64 } });
  const { admin, clock } = database;
  assert.deepEqual([admin.nodeId, admin.wheel], ["me", { tickMs: 2, slots: 64 }]);
  const empty = await admin.logStatus();
  assert.deepEqual([empty.firstIndex, empty.lastIndex, empty.oldestAt], [0, 0, 0]);
  const start = clock.now();
  await database.events.publish(event);
  await clock.advance(1000);
  await database.events.publish({ ...event, id: "b" });
  const status = await admin.logStatus();
  assert.equal(status.firstIndex, 1);
  assert.ok(status.lastIndex >= 2);
  assert.ok(status.oldestAt >= start && status.newestAt >= status.oldestAt + 1000);
  assert.ok(status.bytes > 0);
  await database.close();
});

test("AdminService.compact leaves nothing that recovery must read", async () => {
  const database = await open(":memory:");
  await database.events.publish(event);
  const before = await database.admin.logStatus();
  const result = await database.admin.compact();
  const after = await database.admin.logStatus();
  assert.equal(result.bytesFreed, before.bytes - after.bytes);
  assert.equal(after.lastIndex, before.lastIndex);
  assert.equal(after.firstIndex, 0);
  await database.close();
});
