import assert from "node:assert/strict";
import { test } from "node:test";
import { serveDatabase } from "../../../test/support/grpc-database.ts";

const names = { isCommand: () => true, isCategory: () => true };

test("DataService holds its operations to the rules of their commands", async (t) => {
  const { database, remote } = await serveDatabase(t);
  await database.users.change("default", ["resetkeys", "~a*", "-namespace"], names);
  await database.users.change("default", ["resetnamespaces", "ns:global"], names);
  const denied = { code: "PERMISSION_DENIED" };
  await remote.keys.set("a", "1");
  await assert.rejects(remote.keys.set("b", "1"), denied);
  await assert.rejects(remote.keys.delete("a", "b"), denied);
  await assert.rejects(remote.zmap().i64.increment("b", 1n), denied);
  await assert.rejects(remote.zmap().watch("b"), denied);
  await assert.rejects(remote.namespace("shop").keys.get("a"), denied);
  await assert.rejects(remote.namespaces.list(), denied);
});
