import assert from "node:assert/strict";
import { test } from "node:test";
import { respDatabase } from "../../../test/support/resp-database.ts";

test("ListeningServer.watchUsers: other users' connections stay", async (t) => {
  const database = await respDatabase();
  t.after(() => database.close());
  const [admin, bob, eve] = await Promise.all([0, 1, 2].map(() => database.connect()));
  assert.ok(admin !== undefined && bob !== undefined && eve !== undefined);
  for (const [name, client] of [["bob", bob], ["eve", eve]] as const) {
    await admin.check(`ACL SETUSER ${name} on nopass +@all`, "+OK\r\n");
    await client.check(`AUTH ${name} any`, "+OK\r\n");
  }
  await admin.check("ACL DELUSER bob", ":1\r\n");
  await bob.expectEnd();
  await eve.check("PING", "+PONG\r\n");
  await admin.check("PING", "+PONG\r\n");
});
