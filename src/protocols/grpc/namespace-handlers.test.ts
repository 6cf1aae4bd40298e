import assert from "node:assert/strict";
import { test } from "node:test";
import { serveDatabase } from "../../../test/support/grpc-database.ts";

const names = { isCommand: () => true, isCategory: () => true };

test("inCalledNamespace: rules count as they are at each call", async (t) => {
  const { database, remote, events, caller } = await serveDatabase(t);
  await database.namespaces.create("shop");
  const shop = remote.namespace("shop").events;
  const event = { topic: "t", id: "1", at: 1, payload: "x" };
  await shop.publish(event);
  const denied = { code: "PERMISSION_DENIED" };
  await database.users.change("default", ["-event.publish", "-@admin"], names);
  await assert.rejects(shop.publish(event), denied);
  await assert.rejects(events.publish(event), denied);
  const compact = caller.call("PartitionService", "Compact", { force: true });
  await assert.rejects(compact, /may not use command config/);
  assert.equal((await shop.listTopics()).length, 1);
  await database.users.change("default", ["resetnamespaces", "ns:global"], names);
  await assert.rejects(shop.listTopics(), denied);
  assert.deepEqual(await events.listTopics(), []);
  await database.users.change("default", ["allnamespaces", "+@all"], names);
  assert.equal((await shop.publish(event)).duplicate, true);
});
