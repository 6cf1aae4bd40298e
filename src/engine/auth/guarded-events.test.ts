import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesField, varintField } from "../../base/protobuf.ts";
import { open } from "../open.ts";
import { authenticateHeader } from "./gate.ts";
import { guardedEvents } from "./guarded-events.ts";

const names = { isCommand: () => true, isCategory: () => true };
const denied = { code: "PERMISSION_DENIED" };

function basic(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
}

test("authenticateHeader: nobody is the default user, who needs no password at first", async () => {
  const db = await open(":memory:");
  const { users } = db;
  assert.equal(authenticateHeader(users, undefined), users.default);
  await users.change("ann", ["on", ">secret"], names);
  assert.equal(authenticateHeader(users, basic("ann", "secret")).name, "ann");
  const refused = { code: "UNAUTHENTICATED" };
  assert.throws(() => authenticateHeader(users, basic("ann", "other")), refused);
  assert.throws(() => authenticateHeader(users, basic("nobody", "secret")), refused);
  assert.throws(() => authenticateHeader(users, "Bearer abc"), refused);
  users.requirePassword("p:w");
  assert.throws(() => authenticateHeader(users, undefined), refused);
  assert.equal(authenticateHeader(users, basic("default", "p:w")), users.default);
  await db.close();
});

/** An Event message. */
function encoded(topic: string): Buffer {
  const [id, at] = [bytesField(1, "2"), varintField(2, 1)];
  return Buffer.concat([id, at, bytesField(3, "x"), bytesField(4, topic)]);
}

test("guardedEvents: topics are keys, operations are commands, at each call", async () => {
  const db = await open(":memory:");
  await db.users.change("ann", ["on", "nopass", "~mail*", "+event.publish", "+@read"], names);
  const account = db.users.find("ann");
  assert.ok(account !== undefined);
  const events = guardedEvents(db.events, { account, namespace: "global" });
  const event = { topic: "mail", id: "1", at: 1, payload: "x" };
  await events.publish(event);
  await assert.rejects(events.publish({ ...event, topic: "other" }), denied);
  await assert.rejects(events.publishBatch([event, { ...event, topic: "other" }]), denied);
  const batch = Buffer.concat(["mail", "other"].map((topic) => bytesField(1, encoded(topic))));
  await assert.rejects(events.publishBatchEncoded(batch), denied);
  assert.equal((await events.get("mail", "1"))?.id, "1");
  await assert.rejects(events.get("other", "1"), denied);
  await assert.rejects(events.cancel({ topic: "mail", ids: ["1"] }), denied);
  assert.throws(() => events.subscribe({ topic: "mail" }), denied);
  await assert.rejects(events.deleteTopic("mail"), denied);
  await assert.rejects(events.settleEncoded("d", { ok: true }), denied);
  const elsewhere = guardedEvents(db.events, { account, namespace: "shop" });
  await assert.rejects(elsewhere.publish(event), denied);
  await db.users.change("ann", ["+@all"], names);
  assert.equal(await events.deleteTopic("mail"), true);
  await db.close();
});
